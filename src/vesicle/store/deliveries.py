"""The deliveries as an operator sees them, in a database."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Update, delete, func, select, text, update

from vesicle.model.delivery import OPEN, Gate, State, Undelivered
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.freezing import ITSELF
from vesicle.store.gates import find, forgive, hold, known_as, let_go, posts_of, set_gate
from vesicle.store.identity import addressee, delivery_key
from vesicle.store.journal import forget
from vesicle.store.moves import CANCELLED
from vesicle.store.tables import deliveries, frozen, receipts, subscribers

_NOT_AGAIN = "unknown, not sent again"


class SqlDeliveries:
    """A `ports.Deliveries` in a database, read *chunk* deliveries at a time."""

    def __init__(self, database: Database, *, chunk: int = 1000) -> None:
        self._database = database
        self._chunk = chunk

    def hold(self, slug: str) -> None:
        """Let nothing more of it begin; a running send sees it in the transaction of its next `begin`."""
        with self._database.writing() as connection:
            hold(connection, slug)

    def resume(self, slug: str, *, now: datetime, as_frozen: bool = False) -> None:
        """Let it go on; UserError when it was cancelled."""
        with self._database.writing() as connection:
            if known_as(connection, slug).gate is Gate.CANCELLED:
                raise UserError(f"{slug} was cancelled", mend="make a new issue of it")
            let_go(connection, slug, Gate.AS_FROZEN if as_frozen else Gate.OPEN)
            forgive(connection, slug, now)

    def cancel(self, slug: str, *, now: datetime) -> int:
        """End it for ever: what is owed or deferred becomes skipped; return how many."""
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            set_gate(connection, slug, Gate.CANCELLED)
            for post in posts_of(connection, slug):
                _skip(connection, post, (State.PENDING, State.DEFERRED), why=CANCELLED, now=now)
            return _skip(connection, known.id, (State.PENDING, State.DEFERRED), why=CANCELLED, now=now)

    def is_frozen(self, slug: str) -> bool:
        """Tell whether anything was frozen under *slug*."""
        with self._database.reading() as connection:
            return find(connection, slug) is not None

    def undelivered(self, slug: str, states: Collection[State]) -> Iterator[Undelivered]:
        """Yield the deliveries in *states*, in the order they were written down, in short transactions."""
        with self._database.reading() as connection:
            known = known_as(connection, slug)
        last = -1
        while page := self._page(known.id, states, last):
            yield from (_undelivered(row, known) for row in page)
            last = page[-1].subscriber_id

    def settle_unknown(self, slug: str, *, resend: bool, now: datetime) -> int:
        """Owe the unknown again, or skip them; return how many there were."""
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            if not resend:
                return _skip(connection, known.id, (State.UNKNOWN,), why=_NOT_AGAIN, now=now)
            connection.execute(update(frozen).where(frozen.c.id == known.id).values(is_open=True))
            again = _of(known.id, (State.UNKNOWN,)).values(state=State.PENDING, lease=None, reason=None)
            return _count(connection.execute(again))

    def settle_arrived(self, slug: str, people: Collection[str]) -> int:
        """Call sent what is owed to *people* (by their ids) or unknown, and not in hand; return how many."""
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            numbers = (select(subscribers.c.id).where(subscribers.c.public_id == one) for one in people)
            settled = _of(known.id, (State.PENDING, State.DEFERRED, State.UNKNOWN))
            settled = settled.values(state=State.SENT, lease=None, retry_at=None, reason=None)
            return sum(
                _count(connection.execute(settled.where(deliveries.c.subscriber_id == one.scalar_subquery())))
                for one in numbers
            )

    def settle_published(self, slug: str, *, now: datetime) -> bool:
        """Call sent, at *now*, a post of which it was not known; tell whether there was one."""
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            settled = _of(known.id, (State.UNKNOWN,)).where(deliveries.c.subscriber_id == ITSELF)
            settled = settled.values(state=State.SENT, lease=None, reason=None, at=now)
            return bool(_count(connection.execute(settled)))

    def compact(self, slug: str) -> int:
        """Keep of a done message only who got it and how each other ended; return how many rows.

        The rows are written anew in their order, so that they lie close together. UserError while anything
        is owed or in hand.
        """
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            _refuse_open(connection, known, slug)
            connection.execute(delete(receipts).where(receipts.c.frozen_id == known.id))
            forget(connection, known.id)
            connection.execute(text(_SET_ASIDE), {"frozen": known.id})
            connection.execute(delete(deliveries).where(deliveries.c.frozen_id == known.id))
            rows = connection.execute(text("INSERT INTO deliveries SELECT * FROM temp.kept ORDER BY 1, 2"))
            connection.execute(text("DROP TABLE temp.kept"))
            return _count(rows)

    def _page(self, frozen_id: int, states: Collection[State], last: int) -> list[AnyRow]:
        rows = (
            select(deliveries, *_PERSON)
            .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
            .where(deliveries.c.frozen_id == frozen_id, deliveries.c.subscriber_id > last)
            .where(deliveries.c.state.in_(states))
            .order_by(deliveries.c.subscriber_id)
            .limit(self._chunk)
        )
        with self._database.reading() as connection:
            return list(connection.execute(rows).all())


# Of the sent, when and how often is let go; of everybody else it stays, with the reason.
_SET_ASIDE = """
    CREATE TEMP TABLE kept AS
    SELECT frozen_id, subscriber_id, state, CASE state WHEN 3 THEN 1 ELSE attempts END AS attempts,
           lease, retry_at, CASE state WHEN 3 THEN NULL ELSE at END AS at, reason
    FROM deliveries WHERE frozen_id = :frozen
    """

_PERSON = (
    subscribers.c.public_id,
    subscribers.c.email,
    subscribers.c.status,
    subscribers.c.language,
    subscribers.c.name,
)


def _skip(
    connection: Connection, frozen_id: int, states: Collection[State], *, why: str, now: datetime
) -> int:
    ended = _of(frozen_id, states).values(state=State.SKIPPED, lease=None, retry_at=None, reason=why, at=now)
    return _count(connection.execute(ended))


def _of(frozen_id: int, states: Collection[State]) -> Update:
    return update(deliveries).where(deliveries.c.frozen_id == frozen_id, deliveries.c.state.in_(states))


def _count(result: CursorResult[Any]) -> int:
    return int(result.rowcount)


def _refuse_open(connection: Connection, known: AnyRow, slug: str) -> None:
    count = select(func.count()).where(deliveries.c.frozen_id == known.id, deliveries.c.state.in_(OPEN))
    if left := connection.execute(count).scalar_one():
        raise UserError(f"{slug} is not done: {left} are owed or in hand", mend="compact it when it is")


def _undelivered(row: AnyRow, known: AnyRow) -> Undelivered:
    person = addressee(known.slug, known.address) if known.address else None
    if row.public_id is not None:
        person = Subscriber(
            id=row.public_id, email=row.email, status=row.status, language=row.language, name=row.name
        )
    return Undelivered(
        key=delivery_key(known.slug, known.channel, person),
        state=row.state,
        to=person,
        reason=row.reason or "",
        attempts=row.attempts,
        at=row.at,
    )
