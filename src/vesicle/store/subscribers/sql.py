"""The people on the list, one question at a time."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vesicle.model.enrolment import People
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.store.audience import belongs, owed
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.identity import address_hash
from vesicle.store.subscribers.adding import add_people
from vesicle.store.subscribers.consent_log import log_consent
from vesicle.store.subscribers.rows import is_id, known, subscriber, with_id
from vesicle.store.tables import (
    consents,
    deliveries,
    events,
    forms,
    frozen,
    receipts,
    subscribers,
    suppressions,
)


class SqlSubscribers:
    """A `ports.Subscribers` in a database that is bound to *key* (`key.bind_key`).

    Everybody is read *chunk* people at a time, in the order they were added, those of one call in any order.
    """

    def __init__(self, database: Database, *, key: bytes, chunk: int = 1000) -> None:
        self._database = database
        self._key = key
        self._chunk = chunk

    def add(self, people: People) -> Sequence[Added]:
        """Add people, and tell of each what became of it; UserError when somebody else has their id."""
        with self._database.writing() as connection:
            return add_people(connection, self._key, people)

    def find(self, email: str) -> Subscriber | None:
        """Give the person with that address, or None."""
        return self._one(select(subscribers).where(subscribers.c.hash == self._hash(email)))

    def with_id(self, person_id: str) -> Subscriber | None:
        """Give the person with that id, or None."""
        return self._one(with_id(person_id)) if is_id(person_id) else None

    def all(self) -> Iterator[Subscriber]:
        """Yield everybody on the list as a stream; no transaction stays open."""
        last = 0
        while page := self._after(last):
            yield from map(subscriber, page)
            last = page[-1].id

    def count(self, audience: Audience, *, series: str = "", at: datetime | None = None) -> int:
        """Count those who would be owed an issue of *series* at *at*."""
        people = select(func.count()).select_from(subscribers).where(owed(audience, series=series, at=at))
        with self._database.reading() as connection:
            return connection.execute(people).scalar_one()

    def zones(self, audience: Audience) -> Collection[str]:
        """Give the time zones of those who belong to *audience*, as they wrote them; empty for none."""
        found = select(subscribers.c.zone).where(belongs(audience)).distinct()
        with self._database.reading() as connection:
            return frozenset(connection.execute(found).scalars())

    def set_status(self, person_id: str, status: SubscriberStatus, consent: Consent) -> None:
        """Store a status with the consent that goes with it; UserError when nobody has that id."""
        with self._database.writing() as connection:
            row = known(connection, person_id)
            change = update(subscribers).where(subscribers.c.id == row.id)
            connection.execute(change.values(status=status))
            log_consent(connection, row.id, consent)

    def consents(self, person_id: str) -> Sequence[Consent]:
        """Give the consents of a person, oldest first."""
        if not is_id(person_id):
            return ()
        columns = (consents.c.event, consents.c.at)
        shown = (forms.c.source, forms.c.wording, forms.c.version, forms.c.language)
        rows = (
            select(*columns, *shown)
            .join_from(consents, forms, consents.c.form_id == forms.c.id)
            .join(subscribers, subscribers.c.id == consents.c.subscriber_id)
            .where(subscribers.c.public_id == person_id)
            .order_by(consents.c.number)
        )
        with self._database.reading() as connection:
            return tuple(Consent(**row._mapping) for row in connection.execute(rows))

    def suppress(self, email: str, reason: SuppressionReason, *, now: datetime) -> None:
        """Never write to *email* again; the first reason stays."""
        with self._database.writing() as connection:
            _suppress(connection, self._hash(email), reason, now)

    def suppression(self, email: str) -> SuppressionReason | None:
        """Tell why *email* is suppressed, or None."""
        reason = select(suppressions.c.reason).where(suppressions.c.hash == self._hash(email))
        with self._database.reading() as connection:
            return connection.execute(reason).scalar_one_or_none()

    def erase(self, person_id: str, *, now: datetime) -> None:
        """Forget a person and all of their consents; UserError when nobody has that id.

        What is erased is overwritten in the database file too, not only marked as free.
        """
        with self._database.writing() as connection:
            row = known(connection, person_id)
            _suppress(connection, row.hash, SuppressionReason.ERASED, now)
            # The person first: the log may only lose what belongs to nobody.
            connection.execute(delete(subscribers).where(subscribers.c.id == row.id))
            connection.execute(delete(consents).where(consents.c.subscriber_id == row.id))
            # What a server said may have their address in it.
            nobody = update(events).where(events.c.subscriber_id == row.id)
            connection.execute(nobody.values(subscriber_id=None, reason=""))
            connection.execute(delete(receipts).where(receipts.c.subscriber_id == row.id))
            theirs = (deliveries.c.subscriber_id == row.id) & deliveries.c.frozen_id.in_(select(frozen.c.id))
            connection.execute(
                update(deliveries).where(theirs, deliveries.c.reason.is_not(None)).values(reason="erased")
            )

    def _hash(self, email: str) -> bytes:
        return address_hash(self._key, email)

    def _one(self, query: Select[*tuple[object, ...]]) -> Subscriber | None:
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return subscriber(row) if row else None

    def _after(self, last: int) -> Sequence[AnyRow]:
        rows = select(subscribers).where(subscribers.c.id > last).order_by(subscribers.c.id)
        with self._database.reading() as connection:
            return connection.execute(rows.limit(self._chunk)).all()


def _suppress(connection: Connection, digest: bytes, reason: SuppressionReason, now: datetime) -> None:
    row = sqlite_insert(suppressions).values(hash=digest, reason=reason, at=now)
    connection.execute(row.on_conflict_do_nothing())
