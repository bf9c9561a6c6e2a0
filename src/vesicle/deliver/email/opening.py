"""Opens a connection to a mail server: connect, greet, encrypt, log in."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from vesicle.deliver.email.line import Line
from vesicle.deliver.email.options import Pipelining, Server
from vesicle.deliver.email.replies import NotSmtp, Reply
from vesicle.deliver.email.session import FINAL_REPLY_SECONDS, Session, Terms
from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure


def opened(
    server: Server,
    *,
    pipelining: Pipelining = "full",
    final_timeout: float = FINAL_REPLY_SECONDS,
    login: AbstractContextManager[object] | None = None,
) -> Session:
    """Give a session that is ready for a mail; *login* is held while the account is tried.

    Raises TemporaryFailure when the server is away, PermanentFailure when it refuses us.
    """
    smtp = (_Encrypted if server.security == "tls" else _Plain)(server)
    try:
        with _named_failures(server):
            smtp.greet(server)
            smtp.prepare(server)
        # Named within *login*, which must hear of a refusal before anybody else's turn.
        with login or nullcontext(), _named_failures(server):
            smtp.enter(server)
    except OutsideError:
        smtp.close()
        raise
    line = smtp.line
    smtp.sock = None
    terms = Terms(
        pipelining=pipelining if smtp.has_extn("pipelining") else "off",
        offers_utf8=smtp.has_extn("smtputf8"),
        offers_dsn=smtp.has_extn("dsn"),
        timeout=server.timeout,
        final_timeout=final_timeout,
    )
    return Session(line, terms)


class _Plain(smtplib.SMTP):
    """The standard library's opening, with replies that are bounded in time and in size."""

    def __init__(self, server: Server) -> None:
        # Without a host: connecting is a step of its own.
        super().__init__(local_hostname=server.ehlo or None, timeout=server.timeout)
        self._host = server.host
        self._line: Line | None = None

    @property
    def line(self) -> Line:
        """Give the line over the socket as it is now."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self._line is None:
            self._line = Line(self.sock)
        return self._line

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply within the time for one command; NotSmtp where there is more than that.

        Behind the answer to STARTTLS, somebody in the middle could have put what is then read as if it had
        been encrypted.
        """
        line = self.line
        code, lines = line.lines(within=self.timeout)
        if line.has_more:
            raise NotSmtp("the server sent more than it was asked for")
        line.limit(self.timeout)
        return code, b"\n".join(lines)

    def greet(self, server: Server) -> None:
        """Connect and wait for the server's greeting."""
        code, text = self.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        if self.sock:
            # The final dot is a write of its own, which would wait for the body's acknowledgement (Nagle).
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def prepare(self, server: Server) -> None:
        """Encrypt, and learn what the server offers."""
        if server.security == "starttls":
            self.starttls(context=ssl.create_default_context())
            self._line = None
        self.ehlo_or_helo_if_needed()

    def enter(self, server: Server) -> None:
        """Log in, with one try: a second one with the same words only locks the account sooner."""
        if not server.username:
            return
        self.user, self.password = server.username, server.password
        offered = self.esmtp_features.get("auth", "").upper().split()
        for mechanism, answer in (
            ("PLAIN", self.auth_plain),
            ("LOGIN", self.auth_login),
            ("CRAM-MD5", self.auth_cram_md5),
        ):
            if mechanism in offered:
                self.auth(mechanism, answer)
                return
        raise smtplib.SMTPNotSupportedError("no way to log in is offered that we know")


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, server: Server) -> None:
        smtplib.SMTP_SSL.__init__(
            self,
            local_hostname=server.ehlo or None,
            timeout=server.timeout,
            context=ssl.create_default_context(),
        )
        self._host = server.host
        self._line = None


@contextmanager
def _named_failures(server: Server) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failure(server, error) from error
    except UnicodeError as error:
        raise PermanentFailure(
            f"the mail server '{server.host}' has no name that can be looked up"
        ) from error


def _failure(server: Server, error: OSError) -> OutsideError:
    """Translate an error of opening: whatever happened, no mail was begun."""
    name = f"the mail server {server.host}:{server.port}"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        reply = Reply(code=error.smtp_code, text=" ".join(text.split())[:500])
        kind = PermanentFailure if reply.is_permanent else TemporaryFailure
        return kind(f"{name} refused us: {reply}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return PermanentFailure(f"{name} has a certificate that is not trusted: {error.verify_message}")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return PermanentFailure(f"{name} lacks what we ask for: {error}")
    return TemporaryFailure(f"{name} could not be reached: {error}")
