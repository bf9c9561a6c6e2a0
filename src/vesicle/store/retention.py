"""Lets go of what is old, a few thousand rows in a transaction, so that a send is not held up."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from vesicle.model.delivery import OPEN, Policy, State
from vesicle.store.database import Database
from vesicle.store.provenance import get_value, set_value
from vesicle.store.tables import deliveries, departures, events, frozen, harvests, messages, receipts
from vesicle.text.refusals import SOURCE

_LAST = "tidied"
_COMPACTED = "compacted up to"

_Change = Callable[[Connection, int, int, int], int]
"""Changes the deliveries of something frozen from one person's number up to another's; tells how many."""


class SqlRetention:
    """A `ports.Shelf` on a database, *chunk* rows at a time."""

    def __init__(self, database: Database, *, chunk: int = 2000) -> None:
        self._database = database
        self._chunk = chunk

    def last(self) -> datetime | None:
        """Give when it was tidied last."""
        with self._database.reading() as connection:
            found = get_value(connection, _LAST)
        return datetime.fromisoformat(found) if found else None

    def note(self, now: datetime) -> None:
        """Write down that it is tidied at *now*."""
        with self._database.writing() as connection:
            set_value(connection, _LAST, now.isoformat())

    def receipts(self, before: datetime) -> Iterator[int]:
        """Forget in which words mails were accepted: receipts lie in the order of time, the oldest first."""
        oldest = select(receipts).order_by(receipts.c.id).limit(self._chunk).subquery()
        theirs = (deliveries.c.frozen_id == oldest.c.frozen_id) & (
            deliveries.c.subscriber_id == oldest.c.subscriber_id
        )
        old = (
            select(oldest.c.id)
            .outerjoin(deliveries, theirs)
            .where(or_(deliveries.c.frozen_id.is_(None), deliveries.c.at.is_(None), deliveries.c.at < before))
        )
        yield from self._until_none(lambda connection: _rows(connection, receipts, old))

    def compacted(self, before: datetime) -> Iterator[int]:
        """Forget when each reader got what was frozen before, once."""
        with self._database.reading() as connection:
            done = int(get_value(connection, _COMPACTED) or 0)
            due = connection.execute(_closed(before).where(frozen.c.id > done)).scalars().all()
        for frozen_id in due:
            yield from self._in_pieces(frozen_id, _compact)
            with self._database.writing() as connection:
                set_value(connection, _COMPACTED, str(frozen_id))

    def deliveries(self, before: datetime) -> Iterator[int]:
        """Forget who was owed what was frozen before, and then what it said; a post stays."""
        readers = exists().where(deliveries.c.frozen_id == frozen.c.id, deliveries.c.subscriber_id > 0)
        with self._database.reading() as connection:
            due = connection.execute(_closed(before).where(readers)).scalars().all()
        for frozen_id in due:
            yield from self._in_pieces(frozen_id, _forget)
        yield from self._words(_closed(before))

    def notices(self, before: datetime) -> Iterator[int]:
        """Forget which notices ended before; one that many share stays while anybody has had it lately."""
        theirs = frozen.c.policy == Policy.RESEND
        ended = deliveries.c.state.not_in(OPEN) & _is_old(before)

        def forget(connection: Connection, frozen_id: int, first: int, last: int) -> int:
            return connection.execute(
                delete(deliveries).where(_piece(frozen_id, first, last), ended)
            ).rowcount

        # Only reading tells of most of them that nothing of theirs is old.
        has_old = exists().where(deliveries.c.frozen_id == frozen.c.id, ended)
        with self._database.reading() as connection:
            due = connection.execute(select(frozen.c.id).where(theirs, has_old)).scalars().all()
        for frozen_id in due:
            yield from self._in_pieces(frozen_id, forget)
        yield from self._words(select(frozen.c.id).where(theirs, frozen.c.is_open.is_(False)))

    def events(self, before: datetime) -> Iterator[int]:
        """Forget what came back before.

        The last of all stays, since numbers of events tell which came later; and the last refusal, since
        from there on it is looked for others.
        """
        refusal = select(events.c.id).where(events.c.source == SOURCE).order_by(events.c.at.desc()).limit(1)
        old = (
            select(events.c.id)
            .where(events.c.at < before, events.c.id < select(func.max(events.c.id)).scalar_subquery())
            .where(events.c.id != func.coalesce(refusal.scalar_subquery(), 0))
            .limit(self._chunk)
        )
        yield from self._until_none(lambda connection: _rows(connection, events, old))

    def harvests(self, before: datetime) -> Iterator[int]:
        """Forget the accounts of sources from before, but for the last of each."""
        latest = select(func.max(harvests.c.id)).group_by(harvests.c.source)
        old = select(harvests.c.id).where(harvests.c.at < before, harvests.c.id.not_in(latest))
        yield from self._until_none(lambda connection: _rows(connection, harvests, old.limit(self._chunk)))

    def departures(self, before: datetime) -> Iterator[int]:
        """Forget the reasons for leaving from before."""
        old = select(departures.c.id).where(departures.c.at < before).limit(self._chunk)
        yield from self._until_none(lambda connection: _rows(connection, departures, old))

    def _until_none(self, change: Callable[[Connection], int]) -> Iterator[int]:
        while True:
            with self._database.writing() as connection:
                number = change(connection)
            if not number:
                return
            yield number

    def _in_pieces(self, frozen_id: int, change: _Change) -> Iterator[int]:
        """Change the deliveries to people, a piece after the other, while nothing of it is owed."""
        last = 0
        while True:
            piece = (
                select(deliveries.c.subscriber_id)
                .where(deliveries.c.frozen_id == frozen_id, deliveries.c.subscriber_id > last)
                .order_by(deliveries.c.subscriber_id)
                .limit(self._chunk)
                .subquery()
            )
            with self._database.writing() as connection:
                end = connection.execute(select(func.max(piece.c.subscriber_id))).scalar_one()
                if end is None:
                    return
                number = change(connection, frozen_id, last, end)
            last = end
            if number:
                yield number

    def _words(self, which: Select[int]) -> Iterator[int]:
        """Forget what was said by *which*, where no delivery is left."""
        nobody = which.where(~_is_owed())
        old = select(messages.c.id).where(messages.c.frozen_id.in_(nobody)).limit(self._chunk)
        yield from self._until_none(lambda connection: _rows(connection, messages, old))


def _closed(before: datetime) -> Select[int]:
    """Give what was frozen before and is done, the oldest first; notices go by each delivery.

    Posts, and what older versions froze, have no moment: they are older than what was frozen after them.
    """
    latest = select(func.max(frozen.c.id)).where(frozen.c.at < before).scalar_subquery()
    return (
        select(frozen.c.id)
        .where(frozen.c.id <= latest, frozen.c.is_open.is_(False), frozen.c.policy == Policy.HOLD)
        .order_by(frozen.c.id)
    )


def _compact(connection: Connection, frozen_id: int, first: int, last: int) -> int:
    got = _piece(frozen_id, first, last) & (deliveries.c.state == State.SENT)
    whole = or_(deliveries.c.at.is_not(None), deliveries.c.attempts != 1)
    return connection.execute(update(deliveries).where(got, whole).values(at=None, attempts=1)).rowcount


def _forget(connection: Connection, frozen_id: int, first: int, last: int) -> int:
    is_done = exists().where(frozen.c.id == frozen_id, frozen.c.is_open.is_(False))
    return connection.execute(delete(deliveries).where(_piece(frozen_id, first, last), is_done)).rowcount


def _piece(frozen_id: int, first: int, last: int) -> ColumnElement[bool]:
    """Give the condition on deliveries that they are to people beyond *first*, up to *last*."""
    number = deliveries.c.subscriber_id
    return and_(deliveries.c.frozen_id == frozen_id, number > first, number <= last)


def _is_old(before: datetime) -> ColumnElement[bool]:
    return or_(deliveries.c.at.is_(None), deliveries.c.at < before)


def _is_owed() -> ColumnElement[bool]:
    """Give the condition on `frozen` that any delivery of it is there."""
    return exists().where(deliveries.c.frozen_id == frozen.c.id)


def _rows(connection: Connection, table: Table, which: Select[int]) -> int:
    return connection.execute(delete(table).where(table.c.id.in_(which))).rowcount
