"""What one sender has in hand: its lease, and the deliveries taken under it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import MOST_ATTEMPTS, RESEND_AFTER, Gate, Policy, State
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.codes import STATES, STATUSES
from vesicle.store.columns import ticks
from vesicle.store.gates import OPEN_GATES
from vesicle.store.identity import addressee
from vesicle.store.moves import CANCELLED
from vesicle.store.tables import deliveries, frozen, is_pending, leases

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOST = "no answer was written down before the lease ran out"


Taken = Sequence[Any]
"""A row of `_PENDING`; `person` and `Source` make sense of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was frozen, and may go out now, where it has an *address*, to that.

    Of what *pauses*, who wants a pause gets nothing.
    """

    id: int
    slug: str
    channel: str
    give_up: datetime | None
    policy: Policy
    reaches: frozenset[SubscriberStatus]
    pauses: bool
    address: str


# In the driver's own words, since a million of them are read: what a take costs is mostly this.
_PENDING = f"""
    SELECT d.subscriber_id, d.attempts + 1, hex(p.public_id), p.email, p.status, p.language, p.name,
           x.hash IS NOT NULL, p.paused_until
    FROM deliveries AS d
    LEFT JOIN subscribers AS p ON p.id = d.subscriber_id
    LEFT JOIN suppressions AS x ON x.hash = p.hash
    WHERE d.frozen_id = ? AND d.state = {STATES[State.PENDING]}
    ORDER BY d.subscriber_id LIMIT ?
    """
_SKIP = f"""
    UPDATE deliveries SET state = {STATES[State.SKIPPED]}, reason = ?, at = ?
    WHERE frozen_id = ? AND subscriber_id = ?
    """
# Whatever else was pending up to the last that was read is ours: nothing lies between that was not read.
_RESERVE = f"""
    UPDATE deliveries SET state = {STATES[State.TAKEN]}, lease = ?, attempts = attempts + 1
    WHERE frozen_id = ? AND subscriber_id BETWEEN ? AND ? AND state = {STATES[State.PENDING]}
    """
_STATUS = {code: status for status, code in STATUSES.items()}


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

    def take(
        self,
        connection: Connection,
        channel: str,
        *,
        limit: int,
        now: datetime,
        of: Collection[str] | None = None,
    ) -> Iterator[tuple[Source, list[Taken]]]:
        """Reserve up to *limit* due deliveries on *channel*; yield what was frozen with those of it.

        Whoever may not be written to is skipped, and does not count.
        """
        _recall_deferred(connection, channel, now)
        _recall_unknown(connection, now)
        for source in _sources(connection, channel, now):
            if of is not None and not belongs_to(source.slug, of):
                continue
            taken = self._take_of(connection, source, limit, now)
            limit -= len(taken)
            if taken:
                yield source, taken
            if limit <= 0:
                break
            _close_if_done(connection, source.id)

    def _take_of(self, connection: Connection, source: Source, limit: int, now: datetime) -> list[Taken]:
        cursor = _cursor(connection)
        taken: list[Taken] = []
        today = now.date()
        # Every row read leaves `pending`, so that each turn of the loop sees others.
        while limit > len(taken) and (
            rows := cursor.execute(_PENDING, (source.id, limit - len(taken))).fetchall()
        ):
            blocked = {row[0]: why for row in rows if (why := _blocked(row, source, today))}
            cursor.executemany(_SKIP, [(why, ticks(now), source.id, one) for one, why in blocked.items()])
            cursor.execute(_RESERVE, (self.token, source.id, rows[0][0], rows[-1][0]))
            taken += rows if not blocked else [row for row in rows if row[0] not in blocked]
        return taken


def belongs_to(slug: str, issues: Collection[str]) -> bool:
    """Tell whether *slug* is one of *issues*, or a post of one: `issue/item/channel`."""
    return slug in issues or any(slug.startswith(f"{issue}/") for issue in issues)


def settle_others(connection: Connection, token: int, *, now: datetime) -> None:
    """End every lease but the one with *token*, whenever it would run out."""
    _settle(connection, leases.c.token != token, now=now)


def close_done(connection: Connection) -> None:
    """Note of everything that is still open whether it is done."""
    for frozen_id in (
        connection.execute(select(frozen.c.id).where(frozen.c.is_open.is_(True))).scalars().all()
    ):
        _close_if_done(connection, frozen_id)


def unfinished(connection: Connection, channel: str) -> set[str]:
    """Give the names of what is owed or in hand on *channel*, or unknown and owed again by and by."""
    is_open = select(frozen.c.slug).where(frozen.c.channel == channel, frozen.c.is_open.is_(True))
    # The condition on the lease is that of the index.
    unknown = (
        select(frozen.c.slug)
        .join(deliveries, deliveries.c.frozen_id == frozen.c.id)
        .where(deliveries.c.lease >= 0, deliveries.c.state == State.UNKNOWN)
        .where(frozen.c.channel == channel, frozen.c.policy == Policy.RESEND)
    )
    return {*connection.execute(is_open).scalars(), *connection.execute(unknown).scalars()}


def owed_on(connection: Connection, slug: str) -> frozenset[str]:
    """Give the channels on which what was frozen under *slug*, or a post of it, is owed or in hand.

    What is unknown and owed again by and by counts.
    """
    ours = (frozen.c.slug == slug) | frozen.c.slug.startswith(f"{slug}/", autoescape=True)
    is_open = select(frozen.c.id).where(ours, frozen.c.is_open.is_(True))
    for frozen_id in connection.execute(is_open).scalars().all():
        _close_if_done(connection, frozen_id)
    left = select(frozen.c.channel).where(ours, frozen.c.is_open.is_(True))
    again = (
        select(frozen.c.channel)
        .join(deliveries, deliveries.c.frozen_id == frozen.c.id)
        .where(ours, frozen.c.policy == Policy.RESEND, frozen.c.gate.in_(OPEN_GATES))
        .where(deliveries.c.lease >= 0, deliveries.c.state == State.UNKNOWN)
        .where(deliveries.c.attempts < MOST_ATTEMPTS)
    )
    return frozenset({*connection.execute(left).scalars(), *connection.execute(again).scalars()})


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
    if ended:
        _skip_cancelled(connection, now)


def _skip_cancelled(connection: Connection, now: datetime) -> None:
    cancelled = select(frozen.c.id).where(frozen.c.gate == Gate.CANCELLED, frozen.c.is_open.is_(True))
    for frozen_id in connection.execute(cancelled).scalars().all():
        owed = update(deliveries).where(deliveries.c.frozen_id == frozen_id, is_pending)
        connection.execute(owed.values(state=State.SKIPPED, reason=CANCELLED, at=now))


def _recall_deferred(connection: Connection, channel: str, now: datetime) -> None:
    # The sum keeps SQLite from reading all rows of what was frozen to find the few in the index.
    of_channel = (deliveries.c.frozen_id + 0).in_(select(frozen.c.id).where(frozen.c.channel == channel))
    due = update(deliveries).where(deliveries.c.retry_at <= now, of_channel)
    connection.execute(due.values(state=State.PENDING, retry_at=None))


def _recall_unknown(connection: Connection, now: datetime) -> None:
    """Owe the unknown again where that is the policy, after a while and not for ever."""
    # The condition on the lease is that of the index; the sum keeps SQLite from reading all rows of a notice.
    again = (
        update(deliveries)
        .where(deliveries.c.lease >= 0, deliveries.c.state == State.UNKNOWN)
        .where(deliveries.c.at <= now - RESEND_AFTER, deliveries.c.attempts < MOST_ATTEMPTS)
        .where((deliveries.c.frozen_id + 0).in_(select(frozen.c.id).where(frozen.c.policy == Policy.RESEND)))
        .values(state=State.PENDING, lease=None, reason=None)
    )
    rows = connection.execute(again.returning(deliveries.c.frozen_id)).scalars().all()
    if rows:
        connection.execute(update(frozen).where(frozen.c.id.in_(set(rows))).values(is_open=True))


def _sources(connection: Connection, channel: str, now: datetime) -> list[Source]:
    """Give what may go out on *channel* and is not done, the oldest first."""
    rows = (
        select(frozen)
        .where(frozen.c.channel == channel, frozen.c.is_open.is_(True), frozen.c.gate.in_(OPEN_GATES))
        .where(frozen.c.start.is_(None) | (frozen.c.start <= now))
        .order_by(frozen.c.id)
    )
    return [
        Source(
            id=row.id,
            slug=row.slug,
            channel=row.channel,
            give_up=row.give_up,
            policy=row.policy,
            reaches=row.reaches,
            pauses=bool(row.series),
            address=row.address,
        )
        for row in connection.execute(rows)
    ]


def _cursor(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own type
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()


def _blocked(row: Taken, source: Source, today: date) -> str:
    """Say why a person may not be written to; empty when they may."""
    subscriber_id, _, public_id, _, status, _, _, is_suppressed, paused_until = row
    if subscriber_id == 0:
        return ""
    if public_id is None or public_id == "":
        return "erased"
    if is_suppressed:
        return "suppressed"
    if _STATUS[status] not in source.reaches:
        return _STATUS[status].value
    is_paused = source.pauses and paused_until is not None and paused_until > today.isoformat()
    return "paused" if is_paused else ""


def person(row: Taken, source: Source) -> Subscriber | None:
    """Give the person whom a delivery is to as they are now; None where it is to the channel itself."""
    if row[0] == 0:
        return addressee(source.slug, source.address) if source.address else None
    _, _, public_id, email, status, language, name, *_ = row
    return Subscriber(id=public_id.lower(), email=email, status=_STATUS[status], language=language, name=name)


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
