"""The people on the list, in memory."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from vesicle.model.delivery import Frozen
from vesicle.model.errors import UserError
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    Frequency,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.store.identity import address_key, normalised


class MemorySubscribers:
    """A `ports.Subscribers` in memory, with *people* on it from the start.

    *had_one_lately* is the ledger's to set: whether somebody was owed an issue of a series before a moment.
    """

    def __init__(self, people: Iterable[Subscriber] = ()) -> None:
        self.had_one_lately: Callable[[Subscriber, str, datetime], bool] = lambda *_: False
        self._people: dict[str, Subscriber] = {}
        self._consents: dict[str, list[Consent]] = {}
        self._suppressed: dict[str, SuppressionReason] = {}
        for person in people:
            self._add(person)

    def add(self, people: Sequence[tuple[Subscriber, Consent]]) -> Sequence[Added]:
        """Add people, and tell of each what became of it; UserError when somebody else has their id."""
        before = self._people.copy(), {name: list(log) for name, log in self._consents.items()}
        try:
            return [self._add(person, consent) for person, consent in people]
        except UserError:
            self._people, self._consents = before
            raise

    def find(self, email: str) -> Subscriber | None:
        """Give the person with that address, or None."""
        key = address_key(email)
        return next((one for one in self._people.values() if address_key(one.email) == key), None)

    def with_id(self, person_id: str) -> Subscriber | None:
        """Give the person with that id, or None."""
        return self._people.get(person_id)

    def all(self) -> Iterator[Subscriber]:
        """Yield everybody on the list, in the order they were added."""
        yield from tuple(self._people.values())

    def audience(
        self, audience: Audience, *, series: str = "", at: datetime | None = None
    ) -> Iterator[Subscriber]:
        """Yield those who would be owed an issue of *series* at *at*, in the order they were added."""
        return (one for one in self.all() if audience.includes(one) and self._is_owed(one, series, at))

    def count(self, audience: Audience, *, series: str = "", at: datetime | None = None) -> int:
        """Count those who would be owed an issue of *series* at *at*."""
        return sum(1 for _ in self.audience(audience, series=series, at=at))

    def zones(self, audience: Audience) -> Collection[str]:
        """Give the time zones of those who belong to *audience*, as they wrote them; empty for none."""
        return frozenset(one.zone for one in self.audience(audience, series="", at=None))

    def set_status(self, person_id: str, status: SubscriberStatus, consent: Consent) -> None:
        """Store a status with the consent that goes with it; UserError when nobody has that id."""
        self._people[person_id] = replace(self._known(person_id), status=status)
        self._consents[person_id].append(consent)

    def consents(self, person_id: str) -> Sequence[Consent]:
        """Give the consents of a person, oldest first."""
        return tuple(self._consents.get(person_id, ()))

    def suppress(self, email: str, reason: SuppressionReason, *, now: datetime) -> None:
        """Never write to *email* again; the first reason stays."""
        self._suppressed.setdefault(address_key(email), reason)

    def suppression(self, email: str) -> SuppressionReason | None:
        """Tell why *email* is suppressed, or None."""
        return self._suppressed.get(address_key(email))

    def erase(self, person_id: str, *, now: datetime) -> None:
        """Forget a person and all of their consents; UserError when nobody has that id."""
        self.suppress(self._known(person_id).email, SuppressionReason.ERASED, now=now)
        del self._people[person_id], self._consents[person_id]

    def blocked(
        self, person: Subscriber, frozen: Frozen | None = None, *, now: datetime | None = None
    ) -> str:
        """Say why *person* may not be sent *frozen*, a newsletter where it is None; empty when they may."""
        if self.suppression(person.email):
            return "suppressed"
        if person.status not in (frozen.reaches if frozen else (SubscriberStatus.CONFIRMED,)):
            return person.status.value
        pauses = frozen is None or bool(frozen.series)
        return "paused" if pauses and is_paused(person, now) else ""

    def change(self, person: Subscriber, consent: Consent | None = None) -> None:
        """Put *person* in the place of who has the same id."""
        self._people[person.id] = person
        if consent:
            self._consents[person.id].append(consent)

    def _is_owed(self, person: Subscriber, series: str, at: datetime | None) -> bool:
        if self.blocked(person, now=at):
            return False
        is_rare = person.frequency is Frequency.MONTHLY and bool(series) and at is not None
        return not (is_rare and at and self.had_one_lately(person, series, at))

    def _add(self, person: Subscriber, consent: Consent | None = None) -> Added:
        if self.suppression(person.email):
            return Added.SUPPRESSED
        if self.find(person.email):
            return Added.KNOWN
        if person.id in self._people:
            raise UserError(f"somebody else has the id {person.id}", mend="draw a new one")
        self._people[person.id] = replace(person, email=normalised(person.email))
        self._consents[person.id] = [consent] if consent else []
        return Added.ADDED

    def _known(self, person_id: str) -> Subscriber:
        if person_id not in self._people:
            raise UserError(f"no subscriber has the id {person_id}", mend="add the person first")
        return self._people[person_id]


def is_paused(person: Subscriber, now: datetime | None) -> bool:
    """Tell whether *person* wants no newsletter at *now*; without it, whether they named any day."""
    return person.paused_until is not None and (now is None or person.paused_until > now.date())
