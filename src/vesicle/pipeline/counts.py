"""Counts how deliveries end while the process lives, so that nobody has to count rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Lock

from vesicle.model.delivery import Delivery, Outcome, State

ENDINGS = (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED)


class Counts:
    """How many deliveries ended, by channel and state; all of *channels* are there from the start, with 0."""

    def __init__(self, channels: Iterable[str]) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, State]] = Counter(
            {(channel, state): 0 for channel in channels for state in ENDINGS}
        )

    def add(self, delivery: Delivery, outcome: Outcome) -> None:
        """Count one; safe from any thread."""
        with self._lock:
            self._counts[delivery.message.channel, outcome.state] += 1

    def read(self) -> Mapping[tuple[str, State], int]:
        """Give the counts as they are now; safe from any thread."""
        with self._lock:
            return dict(self._counts)
