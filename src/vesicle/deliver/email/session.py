"""The dialogue of one connection: envelopes, bodies, final dots, and whose turn it is to speak."""

from contextlib import suppress
from dataclasses import dataclass

from vesicle.deliver.email.letter import Letter
from vesicle.deliver.email.line import Line
from vesicle.deliver.email.options import Pipelining
from vesicle.deliver.email.replies import NotSmtp, Reply, Step

FINAL_REPLY_SECONDS = 600.0
"""How long to wait for the answer to the final dot (RFC 5321, section 4.5.3.2.6)."""

_QUIT_SECONDS = 2.0
_STEPS = (Step.MAIL, Step.RCPT, Step.DATA)

Refusal = tuple[Step, Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to speak on a connection: what the server offers, what to pipeline, how long to wait (seconds)."""

    pipelining: Pipelining
    offers_utf8: bool = False
    offers_dsn: bool = False
    timeout: float = 60.0
    final_timeout: float = FINAL_REPLY_SECONDS


class Session:
    """An open connection, encrypted and logged in. What fails raises OSError and closes it.

    A mail goes: `ask`, `answer`, `body`, `ready`, `finish`. Only after `finish` has been called may the
    server have it; `finish` can ask for the next one in the same breath (RFC 2920, section 3.1).
    """

    def __init__(self, line: Line, terms: Terms) -> None:
        self.terms = terms
        self.mails = 0
        self.is_open = True
        self.is_suspect = False
        """Whether it failed in a way that pipelining would explain: silence, or replies that do not fit."""
        self._line = line
        self.was_used = False
        """Whether it answered for a mail, so that a loss of it says nothing of the next one."""
        self._asked: Letter | None = None
        self._needs_reset = False
        self._is_idle = True

    @property
    def is_idle(self) -> bool:
        """Tell whether the session is between two mails."""
        return self._asked is None and self._is_idle

    @property
    def certificate_end(self) -> float | None:
        """Give when the server's certificate ends, in seconds since 1970; None where nothing is encrypted."""
        return self._line.certificate_end

    def ask(self, letter: Letter) -> None:
        """Ask the server to take *letter*; its answer is still to be read."""
        self._asked = letter
        if self.terms.pipelining != "off":
            self._send(self._group(letter))

    def has_asked(self, letter: Letter) -> bool:
        """Tell whether *letter* was asked for, and the answer is to be read."""
        return self._asked is letter

    def answer(self) -> Refusal | None:
        """Read the answer to the last `ask`: None where the server waits for the mail, else what it refused.

        After a refusal, the server has no part of that mail and the next can be asked for, unless the
        session is closed.
        """
        letter, self._asked = self._asked, None
        if letter is None:
            raise ValueError("nothing was asked")
        try:
            refusal = self._one_by_one(letter) if self.terms.pipelining == "off" else self._in_order()
            if self._line.has_more:
                raise NotSmtp("the server sent more replies than it was asked for")
        except OSError as error:
            self._suspect(error)
            self.drop()
            raise
        self.was_used = self.was_used or self.is_open
        self._is_idle = refusal is not None
        return refusal

    def body(self, mail: bytes) -> None:
        """Send all of a mail but its final dot: until then the server has to forget it."""
        self._send(mail)

    def ready(self) -> None:
        """Raise where the final dot would be sent to nobody, or its answer be mistaken for another."""
        try:
            self._line.quiet()
        except OSError:
            self.drop()
            raise

    def finish(self, following: Letter | None = None) -> Reply:
        """Send the final dot, which makes the mail the server's, and wait for the answer.

        *following* is asked for in the same write.
        """
        self.mails += 1
        behind = following if self.terms.pipelining == "full" else None
        group = self._group(behind) if behind else b""
        self._asked = behind
        try:
            self._line.send(b".\r\n" + group, within=self.terms.timeout)
            reply = self._line.reply(within=self.terms.final_timeout)
        except OSError:
            self.drop()
            raise
        self._is_idle = True
        if reply.is_last or (self._line.has_more and not behind):
            self.drop()
        return reply

    def quit(self) -> None:
        """Take leave of the server, between two mails only, and close."""
        with suppress(OSError):
            self._line.send(b"QUIT\r\n", within=_QUIT_SECONDS)
            self._line.reply(within=_QUIT_SECONDS)
        self.drop()

    def drop(self) -> None:
        """Close the connection as it is: a mail without its final dot is none."""
        self.is_open = False
        self._asked = None
        self._line.close()

    def cut(self) -> None:
        """End whatever the session waits for, from another thread."""
        self._line.cut()

    def _send(self, data: bytes) -> None:
        try:
            self._line.send(data, within=self.terms.timeout)
        except OSError:
            self.drop()
            raise

    def _group(self, letter: Letter) -> bytes:
        """Give the commands that ask for *letter*, as one write."""
        reset = b"RSET\r\n" if self._needs_reset else b""
        return b"%b%b%bDATA\r\n" % (reset, self._mail(letter), _rcpt(letter))

    def _mail(self, letter: Letter) -> bytes:
        utf8 = b" SMTPUTF8" if letter.needs_utf8 else b""
        envelope_id = b" ENVID=" + letter.envelope_id.encode() if self._marks(letter) else b""
        return b"MAIL FROM:<%b>%b%b\r\n" % (letter.sender.encode(), utf8, envelope_id)

    def _marks(self, letter: Letter) -> bool:
        return self.terms.offers_dsn and bool(letter.envelope_id)

    def _reply(self) -> Reply:
        return self._line.reply(within=self.terms.timeout)

    def _reset(self, reply: Reply) -> None:
        if not reply.accepts(Step.MAIL):
            raise NotSmtp(f"the server refused RSET: {reply}")
        self._needs_reset = False

    def _one_by_one(self, letter: Letter) -> Refusal | None:
        """Speak one command at a time, as every server understands."""
        if self._needs_reset:
            self._reset(self._command(b"RSET\r\n"))
        for step, command in zip(_STEPS, (self._mail(letter), _rcpt(letter), b"DATA\r\n"), strict=True):
            reply = self._command(command)
            if not _judged(step, reply):
                self._refused(reply)
                return step, reply
        return None

    def _command(self, command: bytes) -> Reply:
        self._line.send(command, within=self.terms.timeout)
        return self._reply()

    def _refused(self, reply: Reply) -> None:
        self._needs_reset = True
        if reply.is_last:
            self.drop()

    def _in_order(self) -> Refusal | None:
        """Read the replies to a group of commands, each of which may be refused."""
        if self._needs_reset:
            self._reset(self._reply())
        for place, step in enumerate(_STEPS):
            reply = self._reply()
            if not _judged(step, reply):
                self._refused(reply)
                if not reply.is_last and step is not Step.DATA:
                    self._clear(_STEPS[place + 1 :])
                return step, reply
        return None

    def _clear(self, outstanding: tuple[Step, ...]) -> None:
        """Read what else was asked in the same breath as a refused command, and end what it began.

        What fails here closes the session, and the refusal still stands.
        """
        try:
            replies = {step: self._reply() for step in outstanding}
            if not replies[Step.DATA].accepts(Step.DATA):
                return
            if Step.RCPT in replies and replies[Step.RCPT].accepts(Step.RCPT):
                # It would send an empty mail to somebody.
                raise NotSmtp("the server took a recipient of a mail that it refused")
            # RFC 2920, section 3.1: a mail without recipients, ended at once.
            self._command(b".\r\n")
            self._needs_reset = False
        except OSError as error:
            self._suspect(error)
            self.drop()

    def _suspect(self, error: OSError) -> None:
        is_odd = isinstance(error, TimeoutError | NotSmtp)
        self.is_suspect = self.is_suspect or (is_odd and self.terms.pipelining != "off")


def _rcpt(letter: Letter) -> bytes:
    return b"RCPT TO:<%b>\r\n" % letter.to.encode()


def _judged(step: Step, reply: Reply) -> bool:
    """Tell whether the step is done; NotSmtp for a reply that fits no such command."""
    if reply.accepts(step):
        return True
    if not (reply.is_temporary or reply.is_permanent):
        raise NotSmtp(f"the server answered {step} with {reply}")
    return False
