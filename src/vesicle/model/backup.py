"""Copies of the database: what one holds, and what is known once it was put back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of a whole database: how large (bytes), of which version, made when (UTC; None: not by us).

    *rows* counts the rows of the main tables.
    """

    file: str
    size: int
    version: int
    made: datetime | None
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """That a database is a copy put back at *at* (UTC), made at *made* (None: not known).

    *is_complete* tells that the database it replaced was there to learn from, so that nothing went out that
    it does not know of.
    """

    at: datetime
    made: datetime | None
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits for a person after a restoration: how many deliveries are owed, how many are unknown."""

    slug: str
    owed: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of a restoration.

    *aside* is where the database before lies now, None where there was none. *carried* counts deliveries
    that it knew to have gone out, or perhaps, since the copy was made; *barred* the people who had left or
    were suppressed or erased since.
    """

    backup: Backup
    restoration: Restoration
    aside: str | None
    carried: int
    barred: int
    held: tuple[Held, ...]
