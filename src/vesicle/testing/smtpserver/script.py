"""What a test tells the server to do, and what the server tells the test."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Event

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.IGNORECASE | re.MULTILINE)


class Moment(StrEnum):
    """When a script is asked what to do."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    DOT = "dot"
    RSET = "RSET"
    QUIT = "QUIT"


class Fault(StrEnum):
    """How a server that offers PIPELINING may break it."""

    DISCARDS = "discards what came behind a command"
    ANSWERS_ONCE = "answers the last of several commands alone"
    REVERSES = "answers several commands in the wrong order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What a script is told: the moment, whom it is about, and how much went before.

    *connection* counts from 1, *mails* those that this connection has handed over, *logins* the tries of
    all connections, this one included.
    """

    moment: Moment
    connection: int
    mails: int
    logins: int
    address: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do at a moment; every field that is left out is as a good server has it.

    *reply* is sent as it is (a str with CRLF behind it). *drops* ends the connection: in order behind
    the reply if there is one, else by a reset. *stalls* answers never. *waits_for* is waited for before
    anything, and *sets* is set once the connection was dropped. *gap* is the time in seconds between two
    bytes of the reply. *keeps* tells whether a mail counts as accepted, whatever the reply says.
    """

    reply: str | bytes = ""
    drops: bool = False
    stalls: bool = False
    waits_for: Event | None = None
    sets: Event | None = None
    gap: float | None = None
    keeps: bool | None = None


Script = Callable[[Now], Act | None]


def usual(now: Now) -> Act | None:
    """Do what a good server does."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail that was accepted, without its final dot."""

    sender: str
    recipient: str
    content: bytes
    connection: int

    @property
    def message_id(self) -> str:
        """Give its Message-ID, empty where it has none."""
        found = _MESSAGE_ID.search(self.content)
        return found[1].decode() if found else ""
