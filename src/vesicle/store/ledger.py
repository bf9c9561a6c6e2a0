"""The ledger in a database. One row is one delivery; each of its changes is a compare-and-set."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from vesicle.model.delivery import (
    MOST_ATTEMPTS,
    Delivery,
    Frozen,
    Gate,
    Outcome,
    Policy,
    State,
    Tally,
    is_rehearsed,
)
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience
from vesicle.ports import Pledge, Watch, watch_nothing
from vesicle.store import moves
from vesicle.store.database import Database
from vesicle.store.freezing import ITSELF, freeze_one
from vesicle.store.gates import find, hold, hold_all, set_gate
from vesicle.store.generation import Generation
from vesicle.store.group import GroupCommit
from vesicle.store.hand import (
    Hand,
    Source,
    Taken,
    belongs_to,
    close_done,
    owed_on,
    person,
    settle_others,
    unfinished,
)
from vesicle.store.identity import delivery_key, message_for
from vesicle.store.journal import note, noted
from vesicle.store.own_times import read_wall
from vesicle.store.packing import unpack_message
from vesicle.store.provenance import doubt_in_hand, note_restored, restoration
from vesicle.store.tables import deliveries, messages
from vesicle.store.tables import frozen as frozen_table

OUTCOMES = frozenset({State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED})


class SqlLedger:
    """A `ports.Ledger` in a database, for any number of threads; each object is one holder of leases.

    *random_token* gives a new unguessable whole number below 2**63 for each lease. A lease holds while
    `now` is before its end. *watch* hears of every outcome. *doubts* tells of an issue that the database
    does not know whether it may have gone out before the database, a copy, was put back at that moment.
    """

    def __init__(
        self,
        database: Database,
        *,
        random_token: Callable[[], int],
        watch: Watch = watch_nothing,
        doubts: Callable[[str, datetime], bool] = lambda slug, restored: True,
    ) -> None:
        self._database = database
        self._generation = Generation(database)
        self._writer = GroupCommit(database, moves.write, counting=self._generation)
        self._hand = Hand(random_token)
        self._watch = watch
        self._doubts = doubts
        self._texts: dict[int, Mapping[str, Message]] = {}

    def freeze(self, frozen: Frozen, audience: Audience | None, *, posts: Iterable[Frozen] = ()) -> int:
        """Write down what is owed to whom, once; return how many deliveries of *frozen* there are.

        The audience never leaves the database: one statement, whatever its size.
        """
        with self._database.writing() as connection:
            is_doubtful = find(connection, frozen.slug) is None and self._is_doubtful(connection, frozen.slug)
            known = freeze_one(connection, frozen, audience)
            for post in posts:
                freeze_one(connection, post, None)
            if is_doubtful:
                set_gate(connection, frozen.slug, Gate.RESTORED)
            count = select(func.count()).where(deliveries.c.frozen_id == known)
            return connection.execute(count).scalar_one()

    def take(
        self,
        channel: str,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        of: Collection[str] | None = None,
    ) -> Sequence[Delivery]:
        """Reserve up to *limit* due deliveries on *channel*, in the order they were written down.

        Whether a person may be written to is asked in the same transaction. Leases that have run out are
        settled on every channel.
        """
        with self._database.writing() as connection:
            token = str(self._hand.hold(connection, now=now, until=now + lease))
            found = list(self._hand.take(connection, channel, limit=limit, now=now, of=of))
            texts = {source.id: self._messages(connection, source.id) for source, _ in found}
            known = noted(connection, [source.id for source, rows in found if rows[0][0] == ITSELF])
        # Outside of the transaction, for which every connection waits that wants to begin.
        return [
            replace(
                _delivery(row, source, texts[source.id], token=token, now=now),
                noted=known.get(source.id, ""),
            )
            for source, rows in found
            for row in rows
        ]

    def may_be_due(self, channel: str, *, of: Collection[str]) -> bool:
        """Tell whether `take` might find anything of what was frozen under *of*."""
        with self._database.reading() as connection:
            return any(belongs_to(slug, of) for slug in unfinished(connection, channel))

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        """Let what is in hand be ours until *now* + *lease*; a lease that has run out stays lost."""
        with self._database.writing() as connection:
            self._hand.renew(connection, now=now, until=now + lease)

    def begin(self, delivery: Delivery, *, now: datetime) -> Pledge:
        """Write down that *delivery* is being sent; False when it is not ours, out of lease, or held."""
        return self._writer.ask(moves.begin(delivery, now))

    def note(self, delivery: Delivery, text: str) -> None:
        """Write down what the channel has to know, should it meet *delivery* again."""
        # What was told before is written first, so that it is known whose it is.
        self._writer.flush()
        with self._database.writing() as connection:
            note(connection, delivery, text)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write down how *delivery* ended; nothing, when it belongs to somebody else or has ended already.

        A `deferred` without a time to try again is due at once. Raises ValueError for a state that is
        no outcome.
        """
        if outcome.state not in OUTCOMES:
            raise ValueError(f"{outcome.state} is not how a delivery ends")
        self._writer.tell([moves.end(delivery, outcome)])
        self._watch(delivery, outcome)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give back what was taken and not begun; that take does not count as an attempt."""
        if deliveries:
            self._writer.tell([moves.release(one) for one in deliveries])

    def flush(self) -> None:
        """Return when all that was told before is durable."""
        self._writer.flush()

    def recover(self, *, now: datetime) -> None:
        """End every lease but ours: for a sender that knows it is the only one alive.

        Where the database is an older copy of itself, whatever is open is held until a person resumes it.
        Raises UserError where the database is damaged.
        """
        self._database.check()

        def held(connection: Connection) -> None:
            doubt_in_hand(connection, now=now)
            close_done(connection)
            hold_all(connection)
            note_restored(connection, at=now, is_complete=False)

        # First: what was in hand of a copy is not owed again.
        self._generation.start(when_restored=held)
        with self._database.writing() as connection:
            settle_others(connection, self._hand.token, now=now)
            close_done(connection)

    def close(self) -> None:
        """Write what is left and stop the writer."""
        self._writer.close()
        self._generation.close()

    def frozen(self, slug: str) -> Frozen | None:
        """Give what was frozen under *slug*, or None."""
        with self._database.reading() as connection:
            known = find(connection, slug)
            texts = self._messages(connection, known.id) if known else {}
        if known is None:
            return None
        return Frozen(
            slug=slug,
            channel=known.channel,
            hash=known.hash,
            messages=texts,
            start=known.start,
            give_up=known.give_up,
            series=known.series,
            at=known.at,
            policy=known.policy,
            reaches=known.reaches,
            wall=read_wall(known.wall),
            zone=known.zone,
            address=known.address,
        )

    def is_frozen(self, slug: str) -> bool:
        """Tell whether anything was frozen under *slug*."""
        with self._database.reading() as connection:
            return find(connection, slug) is not None

    def last(self, slug: str) -> datetime | None:
        """Tell when something of it ended or was begun last, a person let it go on, or it was frozen."""
        with self._database.reading() as connection:
            known = find(connection, slug)
            if known is None:
                return None
            latest = select(func.max(deliveries.c.at)).where(deliveries.c.frozen_id == known.id)
            found: datetime | None = connection.execute(latest).scalar_one()
        return max((one for one in (found or known.start or known.at, known.resumed_at) if one), default=None)

    def owed(self, slug: str) -> Collection[str]:
        """Give the channels on which an issue or one of its posts is owed or in hand still."""
        with self._database.writing() as connection:
            return owed_on(connection, slug)

    def late(self, slug: str, *, before: datetime) -> int:
        """Count those whose own time for it came before *before*, and for whom it was never tried."""
        waiting = (
            select(func.count())
            .join(frozen_table, frozen_table.c.id == deliveries.c.frozen_id)
            .where(frozen_table.c.slug == slug, frozen_table.c.wall.is_not(None))
            .where(deliveries.c.retry_at < before, deliveries.c.attempts == 0)
            .where(deliveries.c.retry_at > func.coalesce(frozen_table.c.resumed_at, 0))
        )
        with self._database.reading() as connection:
            return connection.execute(waiting).scalar_one()

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        # Not GROUP BY, which sorts all of them first: a million rows took 45 MB.
        counts = (
            select(*(func.count().filter(deliveries.c.state == state) for state in State))
            .join(frozen_table, frozen_table.c.id == deliveries.c.frozen_id)
            .where(frozen_table.c.slug == slug)
        )
        with self._database.reading() as connection:
            found = zip(State, connection.execute(counts).one(), strict=True)
            return Tally(counts={state: count for state, count in found if count})

    def hold(self, slug: str, why: str = "") -> None:
        """Let nothing more of it begin."""
        with self._database.writing() as connection:
            hold(connection, slug, why)

    def gate(self, slug: str) -> Gate:
        """Tell whether a frozen message may go out; open for an unknown slug."""
        with self._database.reading() as connection:
            known = find(connection, slug)
        gate: Gate = known.gate if known else Gate.OPEN
        return gate

    def why(self, slug: str) -> str:
        """Say why it was held, where not a person did so; empty otherwise."""
        with self._database.reading() as connection:
            known = find(connection, slug)
        return str(known.why) if known and not known.gate.is_open else ""

    def _is_doubtful(self, connection: Connection, slug: str) -> bool:
        put_back = restoration(connection)
        if put_back is None or put_back.is_complete or is_rehearsed(slug):
            return False
        return self._doubts(slug, put_back.at)

    def _messages(self, connection: Connection, frozen_id: int) -> Mapping[str, Message]:
        # What is frozen never changes, and unpacking it for every take would cost more than taking.
        if not self._texts.get(frozen_id):
            rows = select(messages).where(messages.c.frozen_id == frozen_id).order_by(messages.c.id)
            self._texts[frozen_id] = {
                row.lang: unpack_message(row.message) for row in connection.execute(rows)
            }
        return self._texts[frozen_id]


def _delivery(
    row: Taken, source: Source, texts: Mapping[str, Message], *, token: str, now: datetime
) -> Delivery:
    to = person(row, source)
    is_last = to is not None and source.policy is Policy.RESEND and row[1] >= MOST_ATTEMPTS
    return Delivery(
        key=delivery_key(source.slug, source.channel, to),
        frozen=source.slug,
        message=message_for(texts, to),
        token=token,
        attempts=row[1],
        to=to,
        row=(source.id, row[0]),
        give_up=now if is_last else source.give_up,
    )
