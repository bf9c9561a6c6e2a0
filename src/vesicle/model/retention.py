"""How long what is in the database is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind is kept; None for ever.

    *receipts* is when and in which words a mail was accepted, *deliveries* who was owed an issue and how it
    ended, *notices* the same of mails to one person, *events* what came back, *harvests* the accounts of
    sources, *departures* the reasons for leaving.
    """

    receipts: timedelta | None
    deliveries: timedelta | None
    notices: timedelta | None
    events: timedelta | None
    harvests: timedelta | None
    departures: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How many rows of each kind went, or became smaller; *doubt* says why none did, if the clock is odd."""

    rows: Mapping[str, int]
    doubt: str = ""
