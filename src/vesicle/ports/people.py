"""The people on the list."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)


class Subscribers(Protocol):
    """The people on the list, their consents, and the addresses that are never written to again.

    An address is known by the HMAC of its normal form under the site's key (`store.identity`).
    """

    def add(self, people: Sequence[tuple[Subscriber, Consent]]) -> Sequence[Added]:
        """Add people in one transaction, and tell of each what became of it, in their order.

        Whoever is there already is left as they are, also one who has left; a suppressed address is refused.
        """
        ...

    def find(self, email: str) -> Subscriber | None:
        """Give the person with that address, or None."""
        ...

    def with_id(self, person_id: str) -> Subscriber | None:
        """Give the person with that id, or None."""
        ...

    def all(self) -> Iterator[Subscriber]:
        """Yield everybody on the list as a stream; no transaction stays open."""
        ...

    def count(self, audience: Audience, *, series: str = "", at: datetime | None = None) -> int:
        """Count those who would be owed an issue of *series* that is frozen at *at* (UTC).

        They are confirmed, not suppressed, of *audience*, not pausing then, and, where they want one a
        month, had none of *series* in four weeks. Without *at* whoever named a day pauses.
        """
        ...

    def zones(self, audience: Audience) -> Collection[str]:
        """Give the time zones of those who belong to *audience*, as they wrote them; empty for none."""
        ...

    def set_status(self, person_id: str, status: SubscriberStatus, consent: Consent) -> None:
        """Store a status with the consent that goes with it; UserError when nobody has that id."""
        ...

    def consents(self, person_id: str) -> Sequence[Consent]:
        """Give the consents of a person, oldest first."""
        ...

    def suppress(self, email: str, reason: SuppressionReason, *, now: datetime) -> None:
        """Never write to *email* again; nothing but a person at the database can lift it."""
        ...

    def suppression(self, email: str) -> SuppressionReason | None:
        """Tell why *email* is suppressed, or None."""
        ...

    def erase(self, person_id: str, *, now: datetime) -> None:
        """Forget a person and all of their consents; what stays is the suppression of their address.

        UserError when nobody has that id.
        """
        ...
