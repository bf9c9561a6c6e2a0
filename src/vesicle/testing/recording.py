"""A channel that delivers into a list."""

from collections.abc import Iterator

from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.ports import Clock, Ledger


class RecordingChannel:
    """A `ports.Channel` that remembers what it was given, in order, and calls it sent."""

    def __init__(self, *, clock: Clock) -> None:
        self.delivered: list[Delivery] = []
        self._clock = clock

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Remember each delivery that the ledger lets begin."""
        for delivery in feed:
            if ledger.begin(delivery, now=self._clock()).result():
                self.delivered.append(delivery)
                ledger.end(delivery, Outcome(state=State.SENT, at=self._clock()))
            else:
                ledger.release([delivery])
        ledger.flush()
