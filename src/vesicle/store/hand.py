"""What one sender has in hand: its lease, and the deliveries taken under it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import Gate, State
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.columns import AnyRow
from vesicle.store.tables import deliveries, frozen, is_pending, leases, subscribers, suppressions

_OPEN_GATES = tuple(gate for gate in Gate if gate.is_open)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOST = "no answer was written down before the lease ran out"


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery that was taken, and the person it is to."""

    frozen_id: int
    subscriber_id: int
    attempts: int
    slug: str
    channel: str
    give_up: datetime | None
    person: Subscriber | None


class Hand:
    """One holder. Every method works in the transaction it is given."""

    def __init__(self, random_token: Callable[[], int]) -> None:
        self._random_token = random_token
        self.token = 0

    def hold(self, connection: Connection, *, now: datetime, until: datetime) -> int:
        """Settle every lease that has run out, and give the token of ours, new where it was lost."""
        _settle(connection, leases.c.until <= now, now=now)
        renewed = update(leases).where(leases.c.token == self.token).values(until=until)
        if connection.execute(renewed).rowcount == 0:
            self.token = self._random_token()
            connection.execute(insert(leases).values(token=self.token, until=until))
        return self.token

    def renew(self, connection: Connection, *, now: datetime, until: datetime) -> None:
        """Make our lease longer, unless it has run out."""
        ours = (leases.c.token == self.token) & (leases.c.until > now)
        connection.execute(update(leases).where(ours).values(until=until))

    def take(self, connection: Connection, channel: str, *, limit: int, now: datetime) -> Sequence[Taken]:
        """Reserve up to *limit* due deliveries on *channel*; whoever may not be written to is skipped."""
        _recall_deferred(connection, now)
        taken: list[Taken] = []
        for source in _sources(connection, channel, now):
            # Every row read leaves `pending`, so that each turn of the loop sees others.
            while rows := _pending(connection, source.id, limit - len(taken)):
                blocked = [(row, why) for row in rows if (why := _blocked(row))]
                _skip(connection, blocked, now)
                ours = [_taken(row, source) for row in rows if not _blocked(row)]
                _reserve(connection, ours, self.token)
                taken += ours
            if len(taken) >= limit:
                break
            _close_if_done(connection, source.id)
        return taken


def settle_others(connection: Connection, token: int, *, now: datetime) -> None:
    """End every lease but the one with *token*, whenever it would run out."""
    _settle(connection, leases.c.token != token, now=now)


def close_done(connection: Connection) -> None:
    """Note of everything that is still open whether it is done."""
    for frozen_id in (
        connection.execute(select(frozen.c.id).where(frozen.c.is_open.is_(True))).scalars().all()
    ):
        _close_if_done(connection, frozen_id)


def _settle(connection: Connection, which: object, *, now: datetime) -> None:
    """Owe again what was only taken; name as unknown what was being sent. That keeps its token."""
    ended = [row.token for row in connection.execute(select(leases.c.token).where(which))]  # type: ignore[arg-type]  # a condition
    for token in ended:
        held = update(deliveries).where(deliveries.c.lease == token)
        owed = held.where(deliveries.c.state == State.TAKEN).values(state=State.PENDING, lease=None)
        lost = held.where(deliveries.c.state == State.SENDING).values(
            state=State.UNKNOWN, reason=_LOST, at=now
        )
        connection.execute(owed)
        connection.execute(lost)
        connection.execute(delete(leases).where(leases.c.token == token))


def _recall_deferred(connection: Connection, now: datetime) -> None:
    due = update(deliveries).where(deliveries.c.retry_at <= now)
    connection.execute(due.values(state=State.PENDING, retry_at=None))


def _sources(connection: Connection, channel: str, now: datetime) -> Sequence[AnyRow]:
    """Give what may go out on *channel* and is not done, the oldest first."""
    rows = (
        select(frozen)
        .where(frozen.c.channel == channel, frozen.c.is_open.is_(True), frozen.c.gate.in_(_OPEN_GATES))
        .where(frozen.c.start.is_(None) | (frozen.c.start <= now))
        .order_by(frozen.c.id)
    )
    return connection.execute(rows).all()


def _pending(connection: Connection, frozen_id: int, limit: int) -> Sequence[AnyRow]:
    rows = (
        select(deliveries.c.frozen_id, deliveries.c.subscriber_id, deliveries.c.attempts)
        .add_columns(*_PERSON, suppressions.c.hash.label("suppressed"))
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .outerjoin(suppressions, suppressions.c.hash == subscribers.c.hash)
        .where(deliveries.c.frozen_id == frozen_id, is_pending)
        .order_by(deliveries.c.subscriber_id)
        .limit(max(limit, 0))
    )
    return connection.execute(rows).all()


_PERSON = (
    subscribers.c.public_id,
    subscribers.c.email,
    subscribers.c.status,
    subscribers.c.language,
    subscribers.c.name,
)


def _blocked(row: AnyRow) -> str:
    """Say why a person may not be written to; empty when they may."""
    if row.subscriber_id == 0:
        return ""
    if row.public_id is None:
        return "erased"
    if row.suppressed is not None:
        return "suppressed"
    return "" if row.status is SubscriberStatus.CONFIRMED else str(row.status.value)


def _taken(row: AnyRow, source: AnyRow) -> Taken:
    person = None
    if row.subscriber_id:
        person = Subscriber(
            id=row.public_id, email=row.email, status=row.status, language=row.language, name=row.name
        )
    return Taken(
        row.frozen_id, row.subscriber_id, row.attempts, source.slug, source.channel, source.give_up, person
    )


_ONE = (deliveries.c.frozen_id == bindparam("of")) & (deliveries.c.subscriber_id == bindparam("to"))


def _skip(connection: Connection, rows: Iterable[tuple[AnyRow, str]], now: datetime) -> None:
    change = update(deliveries).where(_ONE).values(state=State.SKIPPED, reason=bindparam("why"), at=now)
    if found := [{"of": row.frozen_id, "to": row.subscriber_id, "why": why} for row, why in rows]:
        connection.execute(change, found)


def _reserve(connection: Connection, rows: Iterable[Taken], token: int) -> None:
    values = {"state": State.TAKEN, "lease": token, "attempts": deliveries.c.attempts + 1}
    if found := [{"of": row.frozen_id, "to": row.subscriber_id} for row in rows]:
        connection.execute(update(deliveries).where(_ONE).values(values), found)


def _close_if_done(connection: Connection, frozen_id: int) -> None:
    """Note that nothing is owed or in hand any more; each question is answered by an index."""
    # The sum keeps SQLite from reading all rows of an issue by the primary key to find the few in an index.
    ours = deliveries.c.frozen_id + 0 == frozen_id
    questions = (
        (deliveries.c.frozen_id == frozen_id, is_pending),
        (ours, deliveries.c.lease > 0, deliveries.c.state.in_((State.TAKEN, State.SENDING))),
        (ours, deliveries.c.retry_at > _EPOCH),
    )
    for question in questions:
        row = select(deliveries.c.subscriber_id).where(*question).limit(1)
        if connection.execute(row).first():
            return
    connection.execute(update(frozen).where(frozen.c.id == frozen_id).values(is_open=False))
