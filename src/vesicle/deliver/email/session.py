"""One connection to the mail server, encrypted and logged in."""

import contextlib
import smtplib
import ssl

from vesicle.deliver.email.letter import Letter
from vesicle.deliver.email.options import Options
from vesicle.deliver.email.replies import Reply, Step
from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure

FINAL_REPLY_SECONDS = 600.0
"""How long to wait for the answer to the final dot (RFC 5321, section 4.5.3.2.6)."""


class Session:
    """An open connection. Handing over and finishing raise OSError when it is lost, which also closes it."""

    def __init__(self, options: Options, *, final_timeout: float = FINAL_REPLY_SECONDS) -> None:
        """Connect, encrypt and log in; raise TemporaryFailure or PermanentFailure where that fails."""
        self._smtp = _opened(options)
        self._timeout = options.timeout
        self._final_timeout = final_timeout

    @property
    def is_open(self) -> bool:
        """Tell whether another mail can be tried on this connection."""
        return self._smtp.sock is not None

    @property
    def offers_utf8(self) -> bool:
        """Tell whether the server takes addresses that are not ASCII (RFC 6531)."""
        return self._smtp.has_extn("smtputf8")

    def hand_over(self, letter: Letter) -> tuple[Step, Reply] | None:
        """Hand *letter* over but for its final dot; None, or the step that was refused and how.

        Until the final dot the server has to forget all of it when the connection ends.
        """
        for step, argument in (
            (Step.MAIL, f"FROM:<{letter.sender}>{' SMTPUTF8' if letter.needs_utf8 else ''}"),
            (Step.RCPT, f"TO:<{letter.to}>"),
            (Step.DATA, ""),
        ):
            reply = _reply(*self._smtp.docmd(step, argument))
            if not reply.accepts(step):
                self._forget(reply)
                return step, reply
        self._smtp.send(letter.mail)
        return None

    def finish(self) -> Reply:
        """Send the final dot, which makes the mail the server's, and wait for the answer."""
        self._limit(self._final_timeout)
        self._smtp.send(b".\r\n")
        reply = _reply(*self._smtp.getreply())
        self._limit(self._timeout)
        if reply.is_last:
            self.drop()
        return reply

    def quit(self) -> None:
        """Take leave of the server, between two mails only, and close."""
        with contextlib.suppress(OSError):
            self._smtp.docmd("QUIT")
        self.drop()

    def drop(self) -> None:
        """Close the connection as it is: a mail without its final dot is none."""
        self._smtp.close()

    def _forget(self, reply: Reply) -> None:
        """Clear a refused mail away, and close where nothing sensible can follow."""
        with contextlib.suppress(OSError):
            # Not SMTP.rset(), which also forgets the encoding of commands.
            if not reply.is_last and _reply(*self._smtp.docmd("RSET")).accepts(Step.MAIL):
                return
        self.drop()

    def _limit(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


def _reply(code: int, text: bytes) -> Reply:
    return Reply(code=code, text=" ".join(text.decode(errors="replace").split())[:500])


def _opened(options: Options) -> smtplib.SMTP:
    try:
        smtp = _connected(options)
    except OSError as error:
        raise _failure(options, error) from error
    try:
        _prepare(smtp, options)
    except OSError as error:
        smtp.close()
        raise _failure(options, error) from error
    return smtp


def _connected(options: Options) -> smtplib.SMTP:
    name = options.ehlo or None
    if options.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(options.host, options.port, name, timeout=options.timeout, context=context)
    return smtplib.SMTP(options.host, options.port, name, timeout=options.timeout)


def _prepare(smtp: smtplib.SMTP, options: Options) -> None:
    if options.security == "starttls":
        smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo_or_helo_if_needed()
    if options.username:
        smtp.login(options.username, options.password)
    # Every address was read before; one that is not ASCII goes only to a server that offers SMTPUTF8.
    smtp.command_encoding = "utf-8"


def _failure(options: Options, error: OSError) -> OutsideError:
    """Translate an error of opening: whatever happened, no mail was begun."""
    server = f"the mail server {options.host}:{options.port}"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        reply = _reply(error.smtp_code, said if isinstance(said, bytes) else str(said).encode())
        kind = PermanentFailure if reply.is_permanent else TemporaryFailure
        return kind(f"{server} refused us: {reply}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return PermanentFailure(f"{server} has a certificate that is not trusted: {error.verify_message}")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return PermanentFailure(f"{server} lacks what we ask for: {error}")
    return TemporaryFailure(f"{server} could not be reached: {error}")
