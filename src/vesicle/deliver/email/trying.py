"""Tries a mail server as far as a send would go before its first mail, and names the step that failed."""

import smtplib
import socket
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from vesicle.deliver.email.opening import opened
from vesicle.deliver.email.options import Server
from vesicle.model.errors import OutsideError, PermanentFailure

SECONDS = 10.0
"""How long each step may take: somebody waits for the answer."""


class Step(StrEnum):
    """Where a try ended."""

    NAME = "name"
    CONNECT = "connect"
    ENCRYPT = "encrypt"
    CERTIFICATE = "certificate"
    LOGIN = "login"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """How far it went; *said* is why no further, *ends* (UTC) the last moment of the certificate."""

    step: Step
    said: str = ""
    is_temporary: bool = False
    ends: datetime | None = None


def tried(server: Server) -> Try:
    """Connect to *server*, encrypt and log in as a send does, and leave."""
    try:
        session = opened(replace(server, timeout=min(server.timeout, SECONDS)))
    except OutsideError as error:
        is_temporary = not isinstance(error, PermanentFailure)
        return Try(step=failed_step(server, error.__cause__), said=str(error), is_temporary=is_temporary)
    end = session.certificate_end
    session.quit()
    return Try(step=Step.READY, ends=datetime.fromtimestamp(end, UTC) if end else None)


def failed_step(server: Server, cause: BaseException | None) -> Step:
    """Give the step at which opening *server* failed because of *cause*."""
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return Step.CONNECT  # nobody could be asked for the name
    if isinstance(cause, socket.gaierror | UnicodeError):
        return Step.NAME
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Step.CERTIFICATE
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        return Step.LOGIN
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return Step.LOGIN if "log in" in str(cause) else Step.ENCRYPT
    is_ours = isinstance(cause, ssl.SSLError) or (server.security == "starttls" and _refused_tls(cause))
    return Step.ENCRYPT if is_ours else Step.CONNECT


def _refused_tls(cause: BaseException | None) -> bool:
    is_reply = isinstance(cause, smtplib.SMTPResponseException)
    return is_reply and not isinstance(cause, smtplib.SMTPConnectError | smtplib.SMTPHeloError)
