"""The ledger, in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, islice
from threading import Lock

from vesicle.model.delivery import Delivery, Frozen, Outcome, State, Tally
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.identity import delivery_key, delivery_language
from vesicle.testing.memory.subscribers import MemorySubscribers

_OUTCOMES = (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED)


@dataclass(slots=True, kw_only=True)
class _Row:
    delivery: Delivery
    channel: str
    state: State = State.PENDING
    lease_until: datetime | None = None
    retry_at: datetime | None = None
    outcome: Outcome | None = None


class MemoryLedger:
    """A `ports.Ledger` in memory for the people of *subscribers*; safe with threads.

    A lease holds while `now` is before its end.
    """

    def __init__(self, subscribers: MemorySubscribers | None = None) -> None:
        self._subscribers = subscribers or MemorySubscribers()
        self._frozen: dict[str, Frozen] = {}
        self._rows: dict[str, _Row] = {}
        self._tokens = (f"token {number}" for number in count(1))
        self._lock = Lock()

    def freeze(
        self, frozen: Frozen, audience: Iterable[Subscriber | None], *, posts: Iterable[Frozen] = ()
    ) -> int:
        """Write down what is owed to whom, once; return how many deliveries of *frozen* there are."""
        with self._lock:
            before = self._frozen.copy(), self._rows.copy()
            try:
                for one, to in [(frozen, audience), *((post, [None]) for post in posts)]:
                    self._freeze_one(one, to)
            except BaseException:
                self._frozen, self._rows = before
                raise
            return sum(1 for _ in self._rows_of(frozen.slug))

    def take(self, channel: str, *, limit: int, now: datetime, lease: timedelta) -> Sequence[Delivery]:
        """Reserve up to *limit* due deliveries on *channel*, in the order they were written down."""
        with self._lock:
            token = next(self._tokens)
            for row in self._rows.values():
                _settle(row, now)
            return list(islice(self._reserve(channel, token, now, now + lease), max(limit, 0)))

    def begin(self, delivery: Delivery, *, now: datetime) -> bool:
        """Write down that *delivery* is being sent; False when its lease is lost or has run out."""
        with self._lock:
            row = self._held(delivery)
            is_ours = row is not None and row.state is State.TAKEN and not _is_past(row.lease_until, now)
            if row and is_ours:
                row.state = State.SENDING
            return is_ours

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
                _finish(row, outcome)

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        return Tally(counts=Counter(row.state for row in self._rows_of(slug)))

    def frozen(self, slug: str) -> Frozen | None:
        """Give what was frozen under *slug*, or None."""
        return self._frozen.get(slug)

    def outcome(self, key: str) -> Outcome | None:
        """Give how the delivery with *key* ended last, None where it has not: for tests to look at."""
        return self._rows[key].outcome

    def _freeze_one(self, frozen: Frozen, audience: Iterable[Subscriber | None]) -> None:
        known = self._frozen.get(frozen.slug)
        if known is None:
            self._add(frozen, audience)
        elif (known.hash, known.channel) != (frozen.hash, frozen.channel):
            raise UserError(f"{frozen.slug} was frozen otherwise", mend="make a new issue of it")

    def _add(self, frozen: Frozen, audience: Iterable[Subscriber | None]) -> None:
        if not frozen.messages:
            raise UserError(f"{frozen.slug} has no message to freeze", mend="render it first")
        owed: dict[str, _Row] = {}
        for person in audience:
            owed.setdefault(delivery_key(frozen, person), self._owed(frozen, person))
        self._rows |= owed
        self._frozen[frozen.slug] = frozen

    def _owed(self, frozen: Frozen, person: Subscriber | None) -> _Row:
        delivery = Delivery(
            key=delivery_key(frozen, person),
            frozen=frozen.slug,
            message=frozen.messages[delivery_language(frozen, person)],
            token="",
            attempts=0,
            to=self._subscribers.person(person.id) if person else None,
        )
        return _Row(delivery=delivery, channel=frozen.channel)

    def _rows_of(self, slug: str) -> Iterator[_Row]:
        return (row for row in self._rows.values() if row.delivery.frozen == slug)

    def _reserve(self, channel: str, token: str, now: datetime, until: datetime) -> Iterator[Delivery]:
        for row in self._rows.values():
            if row.channel == channel and row.state is State.PENDING and self._may_go(row, now):
                attempts = row.delivery.attempts + 1
                row.delivery = replace(row.delivery, token=token, attempts=attempts)
                row.state, row.lease_until = State.TAKEN, until
                yield row.delivery

    def _may_go(self, row: _Row, now: datetime) -> bool:
        if row.delivery.to is None:
            return True
        person = self._subscribers.person(row.delivery.to.id)
        row.delivery = replace(row.delivery, to=person)
        if person.status is not SubscriberStatus.CONFIRMED:
            _finish(row, Outcome(state=State.SKIPPED, at=now, reason=person.status.value))
        return row.state is State.PENDING

    def _held(self, delivery: Delivery) -> _Row | None:
        row = self._rows.get(delivery.key)
        return row if row and row.delivery.token == delivery.token != "" else None


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _settle(row: _Row, now: datetime) -> None:
    if row.state is State.SENDING and _is_past(row.lease_until, now):
        reason = "no answer was written down before the lease ran out"
        _finish(row, Outcome(state=State.UNKNOWN, at=now, reason=reason))
    elif row.state is State.TAKEN and _is_past(row.lease_until, now):
        row.state, row.lease_until = State.PENDING, None
        row.delivery = replace(row.delivery, token="")
    elif row.state is State.DEFERRED and _is_past(row.retry_at, now):
        row.state, row.retry_at = State.PENDING, None


def _finish(row: _Row, outcome: Outcome) -> None:
    row.state, row.outcome, row.lease_until = outcome.state, outcome, None
    if outcome.state is State.DEFERRED:
        row.retry_at = outcome.retry_at or outcome.at
    if outcome.state is not State.UNKNOWN:
        row.delivery = replace(row.delivery, token="")
