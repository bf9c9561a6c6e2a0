"""The links by which a reader comes in without a login: each says who may do which one thing.

Every link is a page of the public site behind one letter, and a token made for that page alone
(`text.tokens`). Asking for the page changes nothing; its button does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from vesicle.text import tokens

CONFIRM_FOR = timedelta(hours=72)
"""How long the link of a confirmation mail works."""

DATA_FOR = timedelta(hours=24)
"""How long the link to one's own data works."""


class Door(StrEnum):
    """What a link lets its holder do; the value is what its token is sealed for."""

    LEAVE = "unsubscribe"
    CONFIRM = "confirm"
    CHOOSE = "choose"
    DATA = "data"

    @property
    def path(self) -> str:
        """Give the first part of the page's path."""
        return _PATHS[self]


_PATHS = {Door.LEAVE: "u", Door.CONFIRM: "c", Door.CHOOSE: "p", Door.DATA: "d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who holds a token: the person's id, what it is about (a newsletter, a number), and when it was made."""

    person_id: str
    about: str = ""
    made: datetime | None = None


def url(site_url: str, key: bytes, door: Door, visitor: Visitor) -> str:
    """Give the link for *visitor*; *site_url* has no final slash."""
    made = str(int(visitor.made.timestamp())) if visitor.made else ""
    subject = ".".join(part for part in (visitor.person_id, visitor.about, made) if part)
    return f"{site_url}/{door.path}/{tokens.make(key, door, subject)}"


def visitor(key: bytes, door: Door, token: str, *, now: datetime) -> Visitor | None:
    """Give who holds *token*; None where it was not made for *door* with *key*, or is too old for it."""
    subject = tokens.read(key, door, token)
    if subject is None:
        return None
    if door not in _LIFE:
        person_id, _, about = subject.partition(".")
        return Visitor(person_id=person_id, about=about)
    parts = subject.split(".")
    if len(parts) != 3 or not parts[2].isdecimal():
        return None
    made = datetime.fromtimestamp(int(parts[2]), UTC)
    is_fresh = now - made < _LIFE[door]
    return Visitor(person_id=parts[0], about=parts[1], made=made) if is_fresh else None


_LIFE = {Door.CONFIRM: CONFIRM_FOR, Door.DATA: DATA_FOR}
