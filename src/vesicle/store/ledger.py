"""The ledger in a database. One row is one delivery; each of its changes is a compare-and-set."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import Delivery, Frozen, Outcome, State, Tally
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.identity import delivery_key, delivery_language
from vesicle.store.packing import pack_message, pack_receipt, unpack_message
from vesicle.store.tables import deliveries, is_pending, messages, subscribers
from vesicle.store.tables import frozen as frozen_table

OUTCOMES = frozenset({State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED})


class SqlLedger:
    """A `ports.Ledger` in a database, for any number of threads and processes.

    *random_token* gives a new unguessable word for each take, *chunk* is how many people `freeze` has in
    memory at once. A lease holds while `now` is before its end.
    """

    def __init__(self, database: Database, *, random_token: Callable[[], str], chunk: int = 1000) -> None:
        self._database = database
        self._chunk = chunk
        self._random_token = random_token

    def freeze(
        self, frozen: Frozen, audience: Iterable[Subscriber | None], *, posts: Iterable[Frozen] = ()
    ) -> int:
        """Write down what is owed to whom, once; return how many deliveries of *frozen* there are.

        *audience* is read as a stream while nobody else can write.
        """
        with self._database.writing() as connection:
            known = self._freeze_one(connection, frozen, audience)
            for post in posts:
                self._freeze_one(connection, post, [None])
            count = select(func.count()).where(deliveries.c.frozen_id == known.id)
            return connection.execute(count).scalar_one()

    def take(self, channel: str, *, limit: int, now: datetime, lease: timedelta) -> Sequence[Delivery]:
        """Reserve up to *limit* due deliveries on *channel*, in the order they were written down.

        `Delivery.attempts` counts the takes, this one included. Leases that have run out are settled on
        every channel.
        """
        token = self._random_token()
        taken: list[AnyRow] = []
        with self._database.writing() as connection:
            _settle_leases(connection, now)
            _recall_deferred(connection, now)
            # Every row read leaves `pending`, so that each turn of the loop sees others.
            while rows := _pending(connection, channel, limit - len(taken)):
                _skip(connection, [row for row in rows if not _may_be_written_to(row)], now)
                taken += _reserve(connection, list(filter(_may_be_written_to, rows)), token, now + lease)
            texts = _messages(connection, {row.frozen_id for row in taken})
        return [_delivery(row, texts[row.frozen_id, row.lang], token) for row in taken]

    def begin(self, delivery: Delivery, *, now: datetime) -> bool:
        """Write down that *delivery* is being sent; False when its lease is lost or has run out."""
        change = (
            update(deliveries)
            .where(deliveries.c.key == delivery.key, deliveries.c.token == delivery.token)
            .where(deliveries.c.state == State.TAKEN, deliveries.c.lease_until > now)
            .values(state=State.SENDING, at=now)
        )
        with self._database.writing() as connection:
            return connection.execute(change).rowcount == 1

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write down how *delivery* ended; nothing, when it belongs to somebody else or has ended already.

        A `deferred` without a time to try again is due at once. Raises ValueError for a state that is
        no outcome.
        """
        if outcome.state not in OUTCOMES:
            raise ValueError(f"{outcome.state} is not how a delivery ends")
        settles = [State.TAKEN, State.SENDING] + [State.UNKNOWN] * (outcome.state is State.SENT)
        change = (
            update(deliveries)
            .where(deliveries.c.key == delivery.key, deliveries.c.token == delivery.token)
            .where(deliveries.c.state.in_(settles))
            .values(_ended(outcome))
        )
        with self._database.writing() as connection:
            connection.execute(change)

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        counts = (
            select(deliveries.c.state, func.count())
            .join(frozen_table, frozen_table.c.id == deliveries.c.frozen_id)
            .where(frozen_table.c.slug == slug)
            .group_by(deliveries.c.state)
        )
        with self._database.reading() as connection:
            return Tally(counts=dict(connection.execute(counts).all()))

    def frozen(self, slug: str) -> Frozen | None:
        """Give what was frozen under *slug*, or None."""
        with self._database.reading() as connection:
            known = _find(connection, slug)
            if known is None:
                return None
            texts = _messages(connection, {known.id})
        by_language = {lang: message for (_, lang), message in texts.items()}
        return Frozen(slug=slug, channel=known.channel, hash=known.hash, messages=by_language)

    def _freeze_one(
        self, connection: Connection, new: Frozen, audience: Iterable[Subscriber | None]
    ) -> AnyRow:
        known = _find(connection, new.slug)
        if known is None:
            known = _add_frozen(connection, new)
            for chunk in _chunks(audience, self._chunk):
                _add_deliveries(connection, new, known.id, chunk)
        elif (known.hash, known.channel) != (new.hash, new.channel):
            raise _frozen_otherwise(new, known.channel)
        return known


def _find(connection: Connection, slug: str) -> AnyRow | None:
    columns = select(frozen_table.c.id, frozen_table.c.channel, frozen_table.c.hash)
    return connection.execute(columns.where(frozen_table.c.slug == slug)).one_or_none()


def _frozen_otherwise(frozen: Frozen, channel: str) -> UserError:
    what = "with another content" if channel == frozen.channel else f"for the channel {channel}"
    return UserError(
        f"{frozen.slug} was frozen {what}",
        mend="what is being sent cannot change: undo the change, or make a new issue of it",
    )


def _add_frozen(connection: Connection, new: Frozen) -> AnyRow:
    if not new.messages:
        raise UserError(f"{new.slug} has no message to freeze", mend="render it in at least one language")
    row = insert(frozen_table).values(slug=new.slug, channel=new.channel, hash=new.hash)
    known = connection.execute(
        row.returning(frozen_table.c.id, frozen_table.c.channel, frozen_table.c.hash)
    ).one()
    texts = [
        {"frozen_id": known.id, "lang": lang, "message": pack_message(message)}
        for lang, message in new.messages.items()
    ]
    connection.execute(insert(messages), texts)
    return known


def _chunks(audience: Iterable[Subscriber | None], size: int) -> Iterator[list[Subscriber | None]]:
    stream = iter(audience)
    return iter(lambda: list(islice(stream, size)), [])


def _add_deliveries(
    connection: Connection, new: Frozen, frozen_id: int, chunk: Sequence[Subscriber | None]
) -> None:
    ids = _subscriber_ids(connection, [person.id for person in chunk if person])
    rows = [
        {
            "key": delivery_key(new, person),
            "frozen_id": frozen_id,
            "subscriber_id": ids[person.id] if person else None,
            "lang": delivery_language(new, person),
            "state": State.PENDING,
            "attempts": 0,
            "reason": "",
        }
        for person in chunk
    ]
    # Somebody who is twice in the audience is written to once.
    connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)


def _subscriber_ids(connection: Connection, public_ids: Sequence[str]) -> dict[str, int]:
    rows = select(subscribers.c.public_id, subscribers.c.id).where(subscribers.c.public_id.in_(public_ids))
    ids = dict(connection.execute(rows).all())
    if strangers := sorted(set(public_ids) - ids.keys()):
        raise UserError(
            f"no subscriber has the id {strangers[0]}", mend="add a person before writing to them"
        )
    return ids


def _settle_leases(connection: Connection, now: datetime) -> None:
    """Owe again what was only taken; name as unknown what was being sent. That keeps its token."""
    late = update(deliveries).where(deliveries.c.lease_until <= now).values(lease_until=None)
    owed = late.where(deliveries.c.state == State.TAKEN).values(state=State.PENDING, token=None)
    lost = late.where(deliveries.c.state == State.SENDING).values(
        state=State.UNKNOWN, reason="no answer was written down before the lease ran out"
    )
    connection.execute(owed)
    connection.execute(lost)


def _recall_deferred(connection: Connection, now: datetime) -> None:
    due = update(deliveries).where(deliveries.c.retry_at <= now)
    connection.execute(due.values(state=State.PENDING, retry_at=None))


def _pending(connection: Connection, channel: str, limit: int) -> Sequence[AnyRow]:
    rows = (
        select(deliveries, frozen_table.c.slug)
        .add_columns(*_PERSON)
        .join_from(frozen_table, deliveries, deliveries.c.frozen_id == frozen_table.c.id)
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(frozen_table.c.channel == channel, is_pending)
        # The order of the deliveries' ids, since a freeze is one transaction, but straight from the index.
        .order_by(frozen_table.c.id, deliveries.c.id)
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


def _may_be_written_to(row: AnyRow) -> bool:
    return row.subscriber_id is None or row.status is SubscriberStatus.CONFIRMED


def _skip(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> None:
    change = update(deliveries).where(deliveries.c.id == bindparam("row"))
    if rows:
        connection.execute(
            change.values(state=State.SKIPPED, reason=bindparam("status"), at=now),
            [{"row": row.id, "status": row.status.value} for row in rows],
        )


def _reserve(connection: Connection, rows: Sequence[AnyRow], token: str, until: datetime) -> Sequence[AnyRow]:
    change = update(deliveries).where(deliveries.c.id == bindparam("row"))
    values = {"state": State.TAKEN, "token": token, "lease_until": until}
    if rows:
        connection.execute(
            change.values(values | {"attempts": deliveries.c.attempts + 1}), [{"row": row.id} for row in rows]
        )
    return rows


def _messages(connection: Connection, frozen_ids: Iterable[int]) -> dict[tuple[int, str], Message]:
    rows = select(messages).where(messages.c.frozen_id.in_(frozen_ids)).order_by(messages.c.id)
    return {(row.frozen_id, row.lang): unpack_message(row.message) for row in connection.execute(rows)}


def _delivery(row: AnyRow, message: Message, token: str) -> Delivery:
    person = Subscriber(
        id=row.public_id, email=row.email, status=row.status, language=row.language, name=row.name
    )
    return Delivery(
        key=row.key,
        frozen=row.slug,
        message=message,
        token=token,
        attempts=row.attempts + 1,
        to=None if row.subscriber_id is None else person,
    )


def _ended(outcome: Outcome) -> dict[str, object]:
    is_deferred = outcome.state is State.DEFERRED
    return {
        "state": outcome.state,
        "token": deliveries.c.token if outcome.state is State.UNKNOWN else None,  # a late `sent` needs it
        "lease_until": None,
        "retry_at": (outcome.retry_at or outcome.at) if is_deferred else None,
        "reason": outcome.reason,
        "receipt": pack_receipt(outcome.receipt),
        "at": outcome.at,
    }
