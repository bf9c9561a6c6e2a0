"""One connection to a mail server, logged in, with its folder open."""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from threading import Timer

from vesicle.mailbox.imap import answers
from vesicle.mailbox.imap.answers import Answer
from vesicle.mailbox.imap.options import Options
from vesicle.mailbox.maildir import MOST_BYTES
from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure

_MOST_ANSWERED = 3 * MOST_BYTES
_A_LINE = 200
_LONGEST = 600.0
_GOODBYE = 5.0
_AT_ONCE = 5_000
_MOST_LISTED = 100_000
# RFC 5530, section 3: those who come later are let in.
_GONE = "[EXPUNGEISSUED]"
_PASSING = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN")


class Lost(TemporaryFailure):
    """The connection is gone; another one may do."""


class Connection:
    """Asks a server (RFC 3501); every method raises Lost, TemporaryFailure or PermanentFailure.

    *validity* is what the UIDs of its mails hold for: with another one, they are those of other mails.
    """

    def __init__(self, options: Options) -> None:
        """Connect, encrypt, log in and open the folder.

        Raises PermanentFailure where the certificate, the account or the folder is refused.
        """
        self._options = options
        self._name = f"the mail server {options.host}:{options.port}"
        self._is_made = False
        with self._named():
            self._imap = (_Encrypted if options.security == "tls" else _Plain)(options)
        try:
            self._enter()
            self.validity, _ = self._select()
        except OutsideError:
            self.drop()
            raise

    def uids(self) -> list[int]:
        """Give the UIDs of the mails of the folder but those marked as deleted, in the order they came.

        Of more than 100,000 mails these are the first; the rest comes when they are gone.
        """
        self.validity, count = self._select()
        found: list[int] = []
        for first in range(1, min(count, _MOST_LISTED) + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, count)
            found += answers.numbers(self._uid("SEARCH", f"{first}:{last}", "UNDELETED"))
        return sorted(set(found))

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Give the sizes in bytes of those mails that are still there."""
        found = answers.fetched(self._uid("FETCH", _set(uids), "(UID RFC822.SIZE)"))
        return {one.uid: one.size for one in found if one.size is not None}

    def contents(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Give the first `MOST_BYTES` of those mails that are still there; they stay unread."""
        part = f"(UID BODY.PEEK[]<0.{MOST_BYTES}>)" if len(uids) == 1 else "(UID BODY.PEEK[])"
        found = answers.fetched(self._uid("FETCH", _set(uids), part))
        return {one.uid: one.content[:MOST_BYTES] for one in found if one.content is not None}

    def move(self, uid: int, folder: str, *, is_read: bool) -> None:
        """Move a mail into *folder* below this one, which is made where needed; nothing where it is gone."""
        flags = next((one.flags for one in self._flags(uid) if one.uid == uid), None)
        if flags is None or "\\deleted" in flags:
            return
        if is_read:
            self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        if not self._is_made:
            self._make("understood")
            self._make("unmatched")
            self._is_made = True
        self._transfer(uid, answers.written(self._below(folder)))

    def close(self) -> None:
        """Say goodbye where the server still listens, and let the socket go."""
        with suppress(OutsideError), self._named():
            self._imap.sock.settimeout(_GOODBYE)
            self._imap.logout()
        self.drop()

    def drop(self) -> None:
        """Let the socket go without a word."""
        with suppress(OSError):
            self._imap.shutdown()

    def _flags(self, uid: int) -> Iterator[answers.Fetched]:
        return answers.fetched(self._uid("FETCH", str(uid), "(UID FLAGS)"))

    def _transfer(self, uid: int, folder: str) -> None:
        """Move a mail in one step, or in those that the server has.

        A bare EXPUNGE would also remove what somebody else has marked as deleted. Without UID EXPUNGE
        (RFC 4315) ours stays marked, which is how `uids` knows that it is not new.
        """
        if "MOVE" in self._offered:
            self._uid("MOVE", str(uid), folder)
            return
        self._uid("COPY", str(uid), folder)
        self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._offered:
            self._uid("EXPUNGE", str(uid))

    def _below(self, folder: str) -> str:
        return f"{self._options.folder}{self._delimiter or '-'}{folder}"

    def _make(self, folder: str) -> None:
        name = answers.written(self._below(folder))
        with self._named():
            # A refusal says that it is there already; where it says something else, the move will tell.
            if self._imap.create(name)[0] == "OK":
                self._imap.subscribe(name)

    def _enter(self) -> None:
        """Encrypt and log in, with one try: a second one with the same words locks the account sooner."""
        if self._options.security == "starttls":
            self._encrypt()
        with self._named():
            self._log_in()
            offered = self._imap.capability()[1]
            self._offered = frozenset(str(offered[-1] or b"", "ascii", "replace").upper().split())
            self._delimiter = answers.delimiter(self._imap.list('""', '""')[1])

    def _encrypt(self) -> None:
        if "STARTTLS" not in self._imap.capabilities:
            raise PermanentFailure(f"{self._name} does not offer STARTTLS: try security: tls with port: 993")
        with self._named(refused=PermanentFailure):
            self._imap.starttls(ssl.create_default_context())

    def _log_in(self) -> None:
        options = self._options
        if self._imap.state != "NONAUTH":
            return
        try:
            if "AUTH=PLAIN" in self._imap.capabilities:
                words = f"\0{options.username}\0{options.password}".encode()
                self._imap.authenticate("PLAIN", lambda _: words)
            else:
                self._imap.login(_quoted(options.username), options.password)
        except (imaplib.IMAP4.abort, OSError):
            raise
        except imaplib.IMAP4.error as error:
            # A server may repeat what it was given, so that its own words are not told.
            code = re.match(r"\[([A-Z-]+)", _said(error.args))
            kind = TemporaryFailure if code and code[1] in _PASSING else PermanentFailure
            told = f" ({code[1]})" if code else ""
            raise kind(f"{self._name} refused the login of {options.username}{told}") from None

    def _select(self) -> tuple[int, int]:
        """Open the folder anew and give its UIDVALIDITY and how many mails it has."""
        self._imap.untagged_responses.clear()
        folder = self._options.folder
        with self._named(refused=PermanentFailure):
            kind, found = self._imap.select(answers.written(folder))
            told = self._imap.response("UIDVALIDITY")[1][0]
        if kind != "OK" or not found[0] or not told or not told.isdigit():
            text = _said(found) or "no UIDVALIDITY"
            raise PermanentFailure(f"{self._name} does not open the folder {folder}: {text}")
        return int(told), int(found[0])

    def _uid(self, command: str, *arguments: str) -> Sequence[Answer]:
        """Give the answers to a command about UIDs; TemporaryFailure where the server says NO.

        That somebody else has taken the mail away meanwhile is no failure.
        """
        self._imap.untagged_responses.clear()
        with self._named():
            kind, found = self._imap.uid(command, *arguments)
        if kind != "OK" and _GONE not in _said(found):
            raise TemporaryFailure(f"{self._name} said no to UID {command}: {_said(found)}")
        return found

    @contextmanager
    def _named(self, refused: type[OutsideError] = TemporaryFailure) -> Iterator[None]:
        try:
            with self._imap.watched() if hasattr(self, "_imap") else nullcontext():
                yield
        except ssl.SSLCertVerificationError as error:
            text = f"{self._name} has a certificate that is not trusted: {error.verify_message}"
            raise PermanentFailure(text) from error
        except (imaplib.IMAP4.abort, OSError) as error:
            raise Lost(f"{self._name} could not be reached: {_shown(str(error))}") from error
        except imaplib.IMAP4.error as error:
            raise refused(f"{self._name} does not do what was asked: {_shown(str(error))}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # What `imaplib` raises on answers that are none.
            raise Lost(f"{self._name} answers what is not IMAP") from error


class _Plain(imaplib.IMAP4):
    """The standard library's protocol, within bounds of size and time."""

    _left = _MOST_ANSWERED
    _timer: Timer | None = None

    def __init__(self, options: Options) -> None:
        try:
            super().__init__(options.host, options.port, timeout=options.timeout)
        finally:
            self._rest()

    def open(self, host: str = "", port: int | None = None, timeout: float | None = None) -> None:
        """Connect; the greeting is read after that."""
        super().open(host, port or 143, timeout)
        self._watch()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """End the connection where an answer is larger, or takes longer, than any that is meant well."""
        self._watch()
        try:
            yield
        finally:
            self._rest()

    def read(self, size: int) -> bytes:
        """Read a literal; abort where it is too large."""
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line."""
        line = super().readline()
        # The standard library takes its time for each, however short it is.
        self._count(len(line) + _A_LINE)
        return line

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("it answers more than was asked for")

    def _watch(self) -> None:
        self._left = _MOST_ANSWERED
        # A time for each step alone could be drawn out for ever, byte by byte.
        self._timer = Timer(_LONGEST, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _rest(self) -> None:
        if self._timer:
            self._timer.cancel()


class _Encrypted(_Plain, imaplib.IMAP4_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, options: Options) -> None:
        context = ssl.create_default_context()
        try:
            imaplib.IMAP4_SSL.__init__(
                self, options.host, options.port, ssl_context=context, timeout=options.timeout
            )
        finally:
            self._rest()


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _said(found: Sequence[object]) -> str:
    last = found[-1] if found else b""
    return _shown(last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last or ""))


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:300]
