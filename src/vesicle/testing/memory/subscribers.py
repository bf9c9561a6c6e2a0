"""The people on the list, in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from vesicle.model.errors import UserError
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.store.identity import address_key, normalised


class MemorySubscribers:
    """A `ports.Subscribers` in memory, with *people* on it from the start."""

    def __init__(self, people: Iterable[Subscriber] = ()) -> None:
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

    def audience(self, audience: Audience) -> Iterator[Subscriber]:
        """Yield those who would be owed an issue, in the order they were added."""
        return (one for one in self.all() if self.blocked(one) == "" and audience.includes(one))

    def count(self, audience: Audience) -> int:
        """Count those who would be owed an issue."""
        return sum(1 for _ in self.audience(audience))

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

    def blocked(self, person: Subscriber) -> str:
        """Say why *person* may not be written to; empty when they may."""
        if person.status is not SubscriberStatus.CONFIRMED:
            return person.status.value
        return "suppressed" if self.suppression(person.email) else ""

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
