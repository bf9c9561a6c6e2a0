"""The people of one run: the thread that feeds, and a strand for each connection."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from vesicle.deliver.email.belt import Belt
from vesicle.deliver.email.relay import Relay
from vesicle.deliver.email.strands import Loop, Task
from vesicle.deliver.email.worker import Worker
from vesicle.model.delivery import Delivery
from vesicle.model.errors import TemporaryFailure, VesicleError
from vesicle.ports import Clock, Ledger

_log = logging.getLogger(__name__)

_NAP = 0.2
# After a connection was cut, its thread has only to write down what came of it.
_LAST_WORDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The times of a run: how long leases are, and the seconds that are left once *stopping* says so."""

    clock: Clock
    stopping: Callable[[], bool]
    lease: timedelta
    grace: float


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """One connection, and how far it is."""

    worker: Worker
    task: Task


class Crew:
    """Runs connections for as long as there is something to send."""

    def __init__(
        self, belt: Belt, hire: Callable[[Relay], Worker], *, relays: Sequence[Relay], watch: Watch
    ) -> None:
        self._belt = belt
        self._hire = hire
        self._relays = relays
        self._watch = watch
        self._hands: list[_Hand] = []
        self._loop = Loop()
        self._error: BaseException | None = None
        self._renewed = monotonic()
        self._looked = 0.0
        self._cut_at: float | None = None

    def run(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Send all of *feed*; what was not begun is released.

        Raises what the feed or the ledger raised, and the error of a server where none is left that works.
        """
        try:
            self._pull(feed, ledger)
            self._belt.close()
        except BaseException as error:
            self._fail(error)
        try:
            self._see_out(ledger)
        finally:
            self._loop.close()
            self._settle(ledger)
        if self._error:
            raise self._error
        self._raise_for_servers()

    def _pull(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        while not self._is_over(ledger):
            delivery = next(feed, None)
            if delivery is None:
                return
            while (relay := self._belt.put(delivery, wait=_NAP)) is None:
                if self._is_over(ledger):
                    self._belt.orphan(delivery)
                    return
            self._staff(relay)

    def _staff(self, relay: Relay) -> None:
        """Put one more connection to work for *relay*, where it needs one and may have it."""
        if self._belt.is_short_of_hands(relay) and relay.error is None:
            working = sum(1 for hand in self._hands if hand.worker.relay is relay)
            if working < relay.most:
                worker = self._hire(relay)
                self._hands.append(_Hand(worker, self._loop.spawn(worker.run)))

    def _is_over(self, ledger: Ledger) -> bool:
        """Tell whether nothing more is to be taken; now and then see to the connections and the leases."""
        if monotonic() - self._looked >= _NAP:
            self._looked = monotonic()
            self._collect()
            self._renew(ledger)
            if self._cut_at is None and self._watch.stopping():
                self._cut_at = monotonic() + self._watch.grace
                self._belt.stop()
        return self._belt.is_stopped or not self._belt.has_takers

    def _collect(self) -> None:
        """Let go of the connections that have ended, and of the run where one of them says so."""
        self._loop.ended.clear()
        for hand in [hand for hand in self._hands if hand.task.is_done]:
            self._hands.remove(hand)
            if hand.task.error:
                self._fail(hand.task.error)

    def _fail(self, error: BaseException) -> None:
        """Begin nothing more because of *error*; what is in hand goes on to its end."""
        self._error = self._error or error
        self._belt.stop()

    def _renew(self, ledger: Ledger) -> None:
        if monotonic() - self._renewed < self._watch.lease.total_seconds() / 3:
            return
        self._renewed = monotonic()
        try:
            ledger.renew(now=self._watch.clock(), lease=self._watch.lease)
        except VesicleError as error:
            self._fail(error)

    def _see_out(self, ledger: Ledger) -> None:
        """Wait for every connection to finish what it has in hand, but no longer than the grace."""
        is_cut = False
        while self._hands:
            self._loop.ended.wait(_NAP)
            self._collect()
            if not self._is_over(ledger):
                for relay in self._relays:
                    self._staff(relay)
            late = -1.0 if self._cut_at is None else monotonic() - self._cut_at
            if late >= 0 and not is_cut:
                is_cut = True
                for hand in self._hands:
                    hand.worker.cut(f"stopped, after {self._watch.grace:g} seconds of waiting for it")
            if late >= _LAST_WORDS:
                _log.warning("deliver.left-behind connections=%d", len(self._hands))
                return

    def _settle(self, ledger: Ledger) -> None:
        """Give back what was not begun, and make all that was written down durable."""
        try:
            if left := self._belt.left():
                ledger.release(left)
            ledger.flush()
        except VesicleError as error:
            self._error = self._error or error

    def _raise_for_servers(self) -> None:
        """Where no server works, raise the error of one: one that will pass before one that will not."""
        errors = [relay.error for relay in self._relays if relay.error]
        if len(errors) == len(self._relays):
            passing = [error for error in errors if isinstance(error, TemporaryFailure)]
            raise (passing or errors)[0]
