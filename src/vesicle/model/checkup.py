"""What `vesicle doctor` has to say: one line for each thing it looked at."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How something stands. A fault keeps something from working; a warning will, or may."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"
    UNSEEN = "not looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at: *what* it is, how it stands, and what was seen (*text*).

    *code* is stable and names the rule; *why* says what it matters for and *mend* what to do, both empty
    for what is good. *is_outside* tells that somebody else's machine failed, which may pass by itself.
    """

    code: str
    what: str
    health: Health
    text: str
    why: str = ""
    mend: str = ""
    is_outside: bool = False


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """What `vesicle doctor` needs beside the rest of the settings; nothing of it is required.

    *nameserver* is the DNS server that is asked, as `9.9.9.9` or `127.0.0.1:5353`; this machine's own where
    it is empty. *clock* is an https address whose server's clock is compared with this machine's.
    `--send-test` sends a mail to *test_address* and waits for it in *mailbox*, the name of one below
    `returns: mailboxes`; with `enabled: false` there, `vesicle run` leaves that one alone. *wait_seconds* is
    how long it waits.
    """

    nameserver: str = ""
    clock: str = ""
    test_address: str = ""
    mailbox: str = ""
    wait_seconds: int = 120

    def __post_init__(self) -> None:
        if bool(self.test_address) != bool(self.mailbox):
            raise ValueError("has only one of test_address and mailbox | write both, or neither")
        host, port = self.server
        if self.nameserver and not (_is_address(host) and port):
            raise ValueError(
                f"cannot ask `{self.nameserver}` | write an address, as 9.9.9.9 or 127.0.0.1:5353"
            )

    @property
    def server(self) -> tuple[str, int]:
        """Give address and port of *nameserver*; the port is 0 where it is none."""
        host, colon, port = self.nameserver.rpartition(":")
        if not colon or (":" in host and not host.endswith("]")):
            return self.nameserver, 53
        return host.strip("[]"), int(port) if port.isdecimal() and int(port) < 65536 else 0


def good(code: str, what: str, text: str) -> Line:
    """Give the line of something that is as it should be."""
    return Line(code=code, what=what, health=Health.GOOD, text=text)


def warning(code: str, what: str, text: str, *, why: str, mend: str) -> Line:
    """Give the line of something that works, and should be looked at."""
    return Line(code=code, what=what, health=Health.WARNING, text=text, why=why, mend=mend)


def fault(code: str, what: str, text: str, *, why: str, mend: str) -> Line:
    """Give the line of something that keeps something else from working."""
    return Line(code=code, what=what, health=Health.FAULT, text=text, why=why, mend=mend)


def away(code: str, what: str, text: str, *, why: str, mend: str) -> Line:
    """Give the line of something of somebody else's that does not answer as it should."""
    return Line(code=code, what=what, health=Health.FAULT, text=text, why=why, mend=mend, is_outside=True)


def unseen(code: str, what: str, text: str, *, mend: str = "") -> Line:
    """Give the line of something that could not be looked at, and why not."""
    return Line(code=code, what=what, health=Health.UNSEEN, text=text, mend=mend)
