"""A person on the list, what they agreed to, and who belongs to an audience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class SubscriberStatus(StrEnum):
    """Only a confirmed subscriber is written to."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


MONTH = timedelta(days=27)
"""Four weeks less a day, since an issue four weeks after another may be frozen some minutes earlier."""


class Frequency(StrEnum):
    """How often somebody wants a newsletter: every issue, or the first in four weeks."""

    EVERY = "every issue"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person on the list.

    *id* cannot be guessed (32 hexadecimal digits) and may appear in links, *email* never does. *zone* is
    an IANA time zone or empty, *since* the day they came onto the list. Before the day *paused_until*
    (UTC) they get no newsletter.
    """

    id: str
    email: str
    status: SubscriberStatus
    language: str
    name: str = ""
    topics: tuple[str, ...] = ()
    zone: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None
    frequency: Frequency = Frequency.EVERY
    paused_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is owed an issue: those confirmed and not suppressed who fit every filter that is not empty.

    *topics*: at least one in common; *languages*: theirs is one of them; *attributes*: each has that
    value; *since*: on the list from that day on.
    """

    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None

    def includes(self, person: Subscriber) -> bool:
        """Tell whether *person* fits; their status is not looked at."""
        return (
            (not self.topics or not set(self.topics).isdisjoint(person.topics))
            and (not self.languages or person.language in self.languages)
            and all(person.attributes.get(name) == value for name, value in self.attributes.items())
            and (self.since is None or (person.since is not None and person.since >= self.since))
        )


class ConsentEvent(StrEnum):
    """What happened to somebody's consent."""

    IMPORTED = "imported"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the consent log, which is only ever added to (GDPR, Article 7(1)).

    *source* names the form or the file; *wording* is the SHA-256 (hex) of the text that was shown and
    *version* its name; empty where nothing was shown.
    """

    event: ConsentEvent
    at: datetime
    source: str
    wording: str = ""
    version: str = ""
    language: str = ""


class SuppressionReason(StrEnum):
    """Why an address is never written to again."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    BY_HAND = "by hand"


class Added(StrEnum):
    """What became of a person who was to be added."""

    ADDED = "added"
    KNOWN = "known"
    SUPPRESSED = "suppressed"
