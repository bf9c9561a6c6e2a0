"""The deliveries as an operator sees them, in memory."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock

from vesicle.model.delivery import Frozen, Gate, Outcome, State, Tally, Undelivered
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber
from vesicle.store.gates import WITH_ITS_ISSUE
from vesicle.testing.memory.rows import Row, cancelled, finish
from vesicle.testing.memory.subscribers import MemorySubscribers


class MemoryDeliveries:
    """A `ports.Deliveries` in memory for the people of *subscribers*."""

    def __init__(self, subscribers: MemorySubscribers | None = None) -> None:
        self._subscribers = subscribers or MemorySubscribers()
        self._frozen: dict[str, Frozen] = {}
        self._gates: dict[str, Gate] = {}
        self._resumed: dict[str, datetime] = {}
        self._why: dict[str, str] = {}
        self._rows: dict[str, Row] = {}
        self._lock = RLock()

    def is_frozen(self, slug: str) -> bool:
        """Tell whether anything was frozen under *slug*."""
        return slug in self._frozen

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        with self._lock:
            return Tally(counts=Counter(row.state for row in self._rows_of(slug)))

    def gate(self, slug: str) -> Gate:
        """Tell whether a frozen message may go out; open for an unknown slug."""
        return self._gates.get(slug, Gate.OPEN)

    def why(self, slug: str) -> str:
        """Give what was said when it was held."""
        return "" if self.gate(slug).is_open else self._why.get(slug, "")

    def hold(self, slug: str, why: str = "") -> None:
        """Let nothing more of it begin."""
        self._known(slug)
        if self.gate(slug).is_open:
            for one in self._ours(slug):
                if self.gate(one).is_open:
                    self._gates[one] = Gate.HELD
                    self._why[one] = why if one == slug else WITH_ITS_ISSUE

    def resume(self, slug: str, *, now: datetime, as_frozen: bool = False) -> None:
        """Let it go on; UserError when it was cancelled."""
        self._known(slug)
        if self.gate(slug) is Gate.CANCELLED:
            raise UserError(f"{slug} was cancelled", mend="make a new issue of it")
        for one in self._ours(slug):
            is_alone = self.gate(one) is Gate.HELD and self._why.get(one) != WITH_ITS_ISSUE
            if one == slug or not (is_alone or self.gate(one) is Gate.CANCELLED):
                self._gates[one] = Gate.AS_FROZEN if as_frozen else Gate.OPEN
        self._resumed[slug] = now
        self._why.pop(slug, None)

    def cancel(self, slug: str, *, now: datetime) -> int:
        """End it for ever: what is owed or deferred becomes skipped; return how many."""
        with self._lock:
            self._known(slug)
            self._set_gate(slug, Gate.CANCELLED)
            for post in self._ours(slug):
                if post != slug:
                    self._skip(post, (State.PENDING, State.DEFERRED), reason="cancelled", now=now)
            return self._skip(slug, (State.PENDING, State.DEFERRED), reason="cancelled", now=now)

    def undelivered(self, slug: str, states: Collection[State]) -> Iterator[Undelivered]:
        """Yield the deliveries in *states*, in the order they were written down."""
        self._known(slug)
        for row in tuple(self._rows_of(slug)):
            if row.state in states:
                yield Undelivered(
                    key=row.delivery.key,
                    state=row.state,
                    to=self._present(row),
                    reason=row.outcome.reason if row.outcome else "",
                    attempts=row.delivery.attempts,
                    at=row.outcome.at if row.outcome else None,
                )

    def settle_unknown(self, slug: str, *, resend: bool, now: datetime) -> int:
        """Owe the unknown again, or skip them; return how many there were."""
        with self._lock:
            self._known(slug)
            if not resend:
                return self._skip(slug, (State.UNKNOWN,), reason="unknown, not sent again", now=now)
            unknown = [row for row in self._rows_of(slug) if row.state is State.UNKNOWN]
            for row in unknown:
                self._owe_again(row, attempts=row.delivery.attempts)
            return len(unknown)

    def settle_arrived(self, slug: str, people: Collection[str]) -> int:
        """Call sent what is owed to *people* (by their ids) or unknown, and not in hand; return how many."""
        with self._lock:
            self._known(slug)
            waits = (State.PENDING, State.DEFERRED, State.UNKNOWN)
            rows = [row for row in self._rows_of(slug) if row.state in waits and row.delivery.to]
            found = [row for row in rows if row.delivery.to and row.delivery.to.id in people]
            for row in found:
                ended = row.outcome.at if row.outcome else datetime.min.replace(tzinfo=UTC)
                finish(row, Outcome(state=State.SENT, at=ended))
            return len(found)

    def settle_published(self, slug: str, *, now: datetime) -> bool:
        """Call sent, at *now*, a post of which it was not known; tell whether there was one."""
        with self._lock:
            self._known(slug)
            found = [row for row in self._rows_of(slug) if row.state is State.UNKNOWN and not row.delivery.to]
            for row in found:
                finish(row, Outcome(state=State.SENT, at=now))
            return bool(found)

    def compact(self, slug: str) -> int:
        """Do nothing but count: in memory there is nothing to save."""
        self._known(slug)
        return self.tally(slug).total

    def _present(self, row: Row) -> Subscriber | None:
        to = row.delivery.to
        if to is None or self._frozen[row.delivery.frozen].address:
            return to
        return self._subscribers.with_id(to.id)

    def _set_gate(self, slug: str, gate: Gate) -> None:
        self._gates |= dict.fromkeys(self._ours(slug), gate)

    def _ours(self, slug: str) -> list[str]:
        return [one for one in self._frozen if one == slug or one.startswith(f"{slug}/")]

    def _known(self, slug: str) -> None:
        if slug not in self._frozen:
            raise UserError(f"{slug} was never sent", mend="see `vesicle schedule` for what there is")

    def _skip(self, slug: str, states: Collection[State], *, reason: str, now: datetime) -> int:
        rows = [row for row in self._rows_of(slug) if row.state in states]
        for row in rows:
            finish(row, Outcome(state=State.SKIPPED, at=now, reason=reason))
        return len(rows)

    def _rows_of(self, slug: str) -> Iterator[Row]:
        return (row for row in self._rows.values() if row.delivery.frozen == slug)

    def _owe_again(self, row: Row, *, attempts: int) -> None:
        row.state = State.PENDING
        row.delivery = replace(row.delivery, token="", attempts=attempts)
        if self.gate(row.delivery.frozen) is Gate.CANCELLED:
            finish(row, cancelled(None))
