"""How to reach a mailbox on another machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*host*, how to encrypt, the account, and the *folder* that mails come into.

    *security* is `tls` (usually port 993), `starttls` (usually 143) or, to this machine alone, `none`.
    Certificates are verified and nothing falls back to plain text. *timeout* is in seconds, for every step.
    Mails are put aside into the folders `understood` and `unmatched` below *folder*.
    """

    host: str
    username: str
    password: str = field(repr=False, metadata={"secret": True})
    port: int = 993
    security: Security = "tls"
    folder: str = "INBOX"
    timeout: float = 60.0

    def __post_init__(self) -> None:
        for is_right, text, mend in _rules(self):
            if not is_right:
                raise ValueError(f"{text} | {mend}")


def _rules(options: Options) -> Iterator[tuple[bool, str, str]]:
    yield _is_word(options.host), "has no name of a mail server", "write host: imap.example.org"
    yield 0 < options.port < 65536, f"has no port {options.port}", "write 993 for tls, 143 for starttls"
    yield (
        options.security != "none" or _is_loopback(options.host),
        f"would send the password in plain text to {options.host}",
        "write security: tls; none is for a mail server on this machine",
    )
    yield (
        _is_word(options.username) and _is_word(options.password),
        "has no username or password of ASCII letters, digits and signs",
        "write username: and password: env:NAME",
    )
    yield (
        bool(options.folder) and options.folder.isprintable(),
        "has no folder to read",
        "write folder: INBOX, or the folder's name as your mail program shows it",
    )
    yield options.timeout > 0, f"has no time of {options.timeout}", "write seconds, as timeout: 60"


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
