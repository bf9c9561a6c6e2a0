"""How to reach the mail server."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem

Security = Literal["none", "starttls", "tls"]
_SECURITIES = ("none", "starttls", "tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The mail server, how to encrypt, and the account.

    *security* is `starttls` (usually port 587), `tls` (usually 465) or, to this machine alone, `none`.
    Certificates are verified and nothing falls back to plain text. *timeout* is in seconds, for every
    step but the last; *ehlo* is the name this machine gives itself, its own where empty.

    Raises UserError, with every mistake, for options that cannot work or would not be safe.
    """

    host: str = "localhost"
    port: int = 587
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False, metadata={"secret": True})
    timeout: float = 60.0
    ehlo: str = ""

    def __post_init__(self) -> None:
        wrong = [_problem(text, mend) for is_right, text, mend in _checks(self) if not is_right]
        if wrong:
            raise UserError(wrong)


def _checks(options: Options) -> tuple[tuple[bool, str, str], ...]:
    """Give each rule: whether it is kept, what is wrong where it is not, and the mend."""
    return (
        (
            options.security in _SECURITIES,
            f"security '{options.security}' is not known",
            "write starttls or tls",
        ),
        (
            options.security != "none" or _is_loopback(options.host),
            f"security 'none' would send every mail and the password in plain text to {options.host}",
            "write starttls or tls; 'none' is for a mail server on this machine",
        ),
        (
            _is_word(options.host),
            "host is not the name of a mail server",
            "write one name, such as smtp.example.org",
        ),
        (
            _is_word(options.ehlo or "-"),
            "ehlo is not the name of a machine",
            "leave it out, or write one name",
        ),
        (
            0 < options.port < 65536,
            f"port {options.port} is not a port",
            "write 587 for starttls, 465 for tls",
        ),
        (options.timeout > 0, f"timeout {options.timeout} is not a time", "write seconds, such as 60"),
        (
            bool(options.username) == bool(options.password),
            "username and password are not both there",
            "write both, or neither for a server that asks for none",
        ),
        (
            options.username.isascii() and options.password.isascii(),
            "username or password has a letter outside ASCII, which mail servers read differently",
            "set a password of ASCII letters, digits and signs",
        ),
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_word(name: str) -> bool:
    return name.isascii() and name.isprintable() and bool(name) and " " not in name


def _problem(text: str, mend: str) -> Problem:
    return Problem(code="email.options", text=f"email: {text}", where=Place(file="config.yaml"), mend=mend)
