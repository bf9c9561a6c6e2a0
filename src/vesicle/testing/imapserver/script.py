"""What a test tells the server to do."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What a script is told: the *command* (`UID FETCH`, `greeting`), its arguments, who says it.

    *connection* counts from 1, *number* the commands of this name over all connections.
    """

    command: str
    arguments: str
    connection: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do instead of answering well.

    *reply* is the tagged answer (`NO [LIMIT] later`), and nothing is done. *raw* is sent as it is and the
    connection ends. *cuts* ends the connection after so many bytes of the right answer, when the command
    was carried out. *drops* ends it before anything.
    """

    reply: str = ""
    raw: bytes | None = None
    cuts: int | None = None
    drops: bool = False


Script = Callable[[Now], Act | None]


def usual(now: Now) -> Act | None:
    """Do what a good server does."""
    return None
