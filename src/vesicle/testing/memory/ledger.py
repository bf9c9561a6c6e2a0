"""The ledger, in memory."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from vesicle.model.delivery import (
    MOST_ATTEMPTS,
    OPEN,
    RESEND_AFTER,
    Delivery,
    Frozen,
    Gate,
    Outcome,
    Policy,
    State,
)
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Audience, Subscriber
from vesicle.store.hand import belongs_to
from vesicle.store.identity import delivery_key, message_for
from vesicle.testing.memory.deliveries import MemoryDeliveries
from vesicle.testing.memory.rows import (
    Row,
    cancelled,
    comes_again,
    finish,
    is_lately,
    itself,
    own_time,
    recall,
)
from vesicle.testing.memory.subscribers import MemorySubscribers

_OUTCOMES = (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED)


class MemoryLedger(MemoryDeliveries):
    """A `ports.Ledger`, too, in memory for the people of *subscribers*; safe with threads.

    It is one holder of leases. A lease holds while `now` is before its end.
    """

    def __init__(self, subscribers: MemorySubscribers | None = None) -> None:
        super().__init__(subscribers)
        self._subscribers.had_one_lately = self._had_one_lately
        self._tokens = (f"token {number}" for number in count(1))
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def freeze(self, frozen: Frozen, audience: Audience | None, *, posts: Iterable[Frozen] = ()) -> int:
        """Write down what is owed to whom, once; return how many deliveries of *frozen* there are."""
        with self._lock:
            before = self._frozen.copy(), self._rows.copy()
            try:
                for one, to in [(frozen, audience), *((post, None) for post in posts)]:
                    self._freeze_one(one, to)
            except BaseException:
                self._frozen, self._rows = before
                raise
            return sum(1 for _ in self._rows_of(frozen.slug))

    def take(
        self,
        channel: str,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        of: Collection[str] | None = None,
    ) -> Sequence[Delivery]:
        """Reserve up to *limit* due deliveries on *channel*, in the order they were written down."""
        with self._lock:
            if self._until <= now:
                self._settle(now)
                self._token = next(self._tokens)
            self._until = now + lease
            for row in self._rows.values():
                if row.channel == channel:
                    recall(row, now)
                self._resend(row, now)
            return list(islice(self._reserve(channel, now, of), max(limit, 0)))

    def may_be_due(self, channel: str, *, of: Collection[str]) -> bool:
        """Tell whether `take` might find anything of what was frozen under *of*."""
        with self._lock:
            ours = (row for row in self._rows.values() if row.channel == channel)
            return any(
                row.state in (*OPEN, State.UNKNOWN) for row in ours if belongs_to(row.delivery.frozen, of)
            )

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        """Let what is in hand be ours until *now* + *lease*; a lease that has run out stays lost."""
        if self._until > now:
            self._until = now + lease

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        """Write down that *delivery* is being sent; False when it is not ours, out of lease, or held."""
        with self._lock:
            row = self._held(delivery)
            is_ours = row is not None and row.state is State.TAKEN and now < self._until
            granted = is_ours and self.gate(delivery.frozen).is_open
            if row and granted:
                row.state = State.SENDING
        answer: Future[bool] = Future()
        answer.set_result(granted)
        return answer

    def note(self, delivery: Delivery, text: str) -> None:
        """Write down what the channel has to know, should it meet *delivery* again."""
        with self._lock:
            row = self._held(delivery)
            if row and delivery.to is None and row.state in (State.TAKEN, State.SENDING):
                row.delivery = replace(row.delivery, noted=text)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write down how *delivery* ended; nothing, when it belongs to somebody else or has ended already.

        Raises ValueError for a state that is no outcome.
        """
        if outcome.state not in _OUTCOMES:
            raise ValueError(f"{outcome.state} is not how a delivery ends")
        with self._lock:
            row = self._held(delivery)
            is_late_sent = outcome.state is State.SENT and row is not None and row.state is State.UNKNOWN
            if row and (is_late_sent or row.state in (State.TAKEN, State.SENDING)):
                is_gone = outcome.state is State.DEFERRED and self.gate(delivery.frozen) is Gate.CANCELLED
                finish(row, cancelled(outcome.at) if is_gone else outcome)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give back what was taken and not begun; that take does not count as an attempt."""
        with self._lock:
            for delivery in deliveries:
                row = self._held(delivery)
                if row and row.state is State.TAKEN:
                    self._owe_again(row, attempts=row.delivery.attempts - 1)

    def flush(self) -> None:
        """Do nothing: all is written at once."""

    def recover(self, *, now: datetime) -> None:
        """Do nothing: no other holder can be there."""

    def frozen(self, slug: str) -> Frozen | None:
        """Give what was frozen under *slug*, or None."""
        return self._frozen.get(slug)

    def last(self, slug: str) -> datetime | None:
        """Tell when something of it ended last, a person let it go on, or it was frozen."""
        frozen = self._frozen.get(slug)
        with self._lock:
            ended = [row.outcome.at for row in self._rows_of(slug) if row.outcome]
        first = (frozen.start or frozen.at) if frozen else None
        found = (max(ended, default=first), self._resumed.get(slug))
        return max((one for one in found if one), default=None)

    def owed(self, slug: str) -> Collection[str]:
        """Give the channels on which an issue or one of its posts is owed or in hand still."""
        with self._lock:
            ours = [row for row in self._rows.values() if belongs_to(row.delivery.frozen, (slug,))]
            known = self._frozen
            return frozenset(
                row.channel
                for row in ours
                if row.state in OPEN or comes_again(row, known[row.delivery.frozen])
            )

    def late(self, slug: str, *, before: datetime) -> int:
        """Count those whose own time for it came before *before*, and for whom it was never tried."""
        frozen = self._frozen.get(slug)
        if frozen is None or frozen.wall is None:
            return 0
        with self._lock:
            waiting = [row for row in self._rows_of(slug) if row.retry_at and not row.delivery.attempts]
            since = self._resumed.get(slug, frozen.at)
            return sum(
                1 for row in waiting if row.retry_at and (since is None or since < row.retry_at < before)
            )

    def all_frozen(self) -> Sequence[Frozen]:
        """Give all that was frozen, in that order."""
        return tuple(self._frozen.values())

    def outcome(self, key: str) -> Outcome | None:
        """Give how the delivery with *key* ended last, None where it has not: for tests to look at."""
        return self._rows[key].outcome

    def _freeze_one(self, frozen: Frozen, audience: Audience | None) -> None:
        known = self._frozen.get(frozen.slug)
        if known is None:
            self._add(frozen, audience)
        elif (known.hash, known.channel) != (frozen.hash, frozen.channel):
            raise UserError(f"{frozen.slug} was frozen otherwise", mend="make a new issue of it")

    def _add(self, frozen: Frozen, audience: Audience | None) -> None:
        if not frozen.messages:
            raise UserError(f"{frozen.slug} has no message to freeze", mend="render it first")
        people: Iterable[Subscriber | None] = (
            [itself(frozen)]
            if audience is None
            else self._subscribers.audience(audience, series=frozen.series, at=frozen.at)
        )
        self._rows |= {row.delivery.key: row for row in (self._owed(frozen, person) for person in people)}
        self._frozen[frozen.slug] = frozen

    def _owed(self, frozen: Frozen, person: Subscriber | None) -> Row:
        delivery = Delivery(
            key=delivery_key(frozen.slug, frozen.channel, person),
            frozen=frozen.slug,
            message=message_for(frozen.messages, person),
            token="",
            attempts=0,
            to=person,
            give_up=frozen.give_up,
        )
        due = own_time(frozen, person)
        if due is None or frozen.at is None or due <= frozen.at:
            return Row(delivery=delivery, channel=frozen.channel)
        return Row(delivery=delivery, channel=frozen.channel, state=State.DEFERRED, retry_at=due)

    def owe(self, notice: Frozen, person: Subscriber, *, due: datetime) -> None:
        """Write down that *person* is owed *notice* from *due* on, unless they were before."""
        with self._lock:
            self._frozen.setdefault(notice.slug, notice)
            row = self._owed(notice, person)
            row.state, row.retry_at = State.DEFERRED, due
            self._rows.setdefault(row.delivery.key, row)

    def _had_one_lately(self, person: Subscriber, series: str, at: datetime) -> bool:
        return any(
            row.delivery.to is not None
            and row.delivery.to.id == person.id
            and row.state not in (State.FAILED, State.SKIPPED)
            and is_lately(self._frozen[row.delivery.frozen], series, at)
            for row in self._rows.values()
        )

    def _resend(self, row: Row, now: datetime) -> None:
        ended = row.outcome.at if row.outcome else now
        if ended <= now - RESEND_AFTER and comes_again(row, self._frozen[row.delivery.frozen]):
            self._owe_again(row, attempts=row.delivery.attempts)

    def _settle(self, now: datetime) -> None:
        reason = "no answer was written down before the lease ran out"
        for row in self._rows.values():
            if row.state is State.SENDING:
                finish(row, Outcome(state=State.UNKNOWN, at=now, reason=reason))
            elif row.state is State.TAKEN:
                self._owe_again(row, attempts=row.delivery.attempts)

    def _reserve(self, channel: str, now: datetime, of: Collection[str] | None) -> Iterator[Delivery]:
        for row in self._rows.values():
            if of is not None and not any(f"{row.delivery.frozen}/".startswith(f"{one}/") for one in of):
                continue
            is_due = row.channel == channel and row.state is State.PENDING and self._may_start(row, now)
            if is_due and self._may_go(row, now):
                attempts = row.delivery.attempts + 1
                frozen = self._frozen[row.delivery.frozen]
                is_notice = row.delivery.to is not None and frozen.policy is Policy.RESEND
                is_last = is_notice and attempts >= MOST_ATTEMPTS
                give_up = now if is_last else frozen.give_up
                row.delivery = replace(row.delivery, token=self._token, attempts=attempts, give_up=give_up)
                row.state = State.TAKEN
                yield row.delivery

    def _may_start(self, row: Row, now: datetime) -> bool:
        start = self._frozen[row.delivery.frozen].start
        return self.gate(row.delivery.frozen).is_open and (start is None or start <= now)

    def _may_go(self, row: Row, now: datetime) -> bool:
        if row.delivery.to is None or self._frozen[row.delivery.frozen].address:
            return True
        person = self._subscribers.with_id(row.delivery.to.id)
        frozen = self._frozen[row.delivery.frozen]
        blocked = self._subscribers.blocked(person, frozen, now=now) if person else "erased"
        if person is None or blocked:
            finish(row, Outcome(state=State.SKIPPED, at=now, reason=blocked))
            return False
        message = message_for(frozen.messages, person)
        row.delivery = replace(row.delivery, to=person, message=message)
        return True

    def _held(self, delivery: Delivery) -> Row | None:
        row = self._rows.get(delivery.key)
        is_theirs = row is not None and row.delivery.token == delivery.token != ""
        return row if row and is_theirs and row.delivery.attempts == delivery.attempts else None
