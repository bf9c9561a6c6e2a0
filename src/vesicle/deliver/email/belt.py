"""Deliveries on their way from the feed to the connections: one short queue for each server."""

from collections import deque
from collections.abc import Sequence
from threading import Condition, Event, Lock
from time import monotonic

from vesicle.deliver.email.relay import Relay
from vesicle.deliver.email.strands import Strand, strand
from vesicle.model.delivery import Delivery

# A server that takes nothing for so long (seconds) no longer holds the others up.
_PATIENCE = 1.0


class _Queue:
    """What waits for one server, and how much it was given so far."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.waiting: deque[Delivery] = deque()
        self.idle: deque[Strand] = deque()
        self.given = 0
        self.popped_at = monotonic()
        # Enough for every connection to find its next mail at once.
        self.room = 2 * relay.server.connections + 2

    @property
    def share(self) -> float:
        return self.given / self.relay.server.weight

    @property
    def is_open(self) -> bool:
        return self.relay.error is None

    @property
    def is_full(self) -> bool:
        return len(self.waiting) >= self.room

    @property
    def lags(self) -> bool:
        return self.is_full and monotonic() - self.popped_at > _PATIENCE


class Belt:
    """Shares deliveries out among the servers that work, by their weights.

    Whoever takes one has it in hand until `done` or `give_back`. Safe with threads.
    """

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._lock = Lock()
        self._room = Condition(self._lock)
        self._queues = {relay.name: _Queue(relay) for relay in relays}
        self._in_hand = 0
        self._is_closed = False
        self._stopped = Event()
        self._orphans: list[Delivery] = []

    @property
    def is_stopped(self) -> bool:
        """Tell whether nothing more is to be begun."""
        return self._stopped.is_set()

    @property
    def has_takers(self) -> bool:
        """Tell whether any server works."""
        return any(queue.is_open for queue in self._queues.values())

    def put(self, delivery: Delivery, *, wait: float) -> Relay | None:
        """Queue *delivery*; give the server it is for, or None where no queue had room within *wait* s."""
        with self._lock:
            queue = self._shortest()
            if queue is None and self.has_takers:
                self._room.wait(wait)
                queue = self._shortest()
            if queue is None:
                return None
            self._push(queue, delivery)
            return queue.relay

    def take(self, relay: Relay) -> Delivery | None:
        """Wait, in a strand, for the next delivery for *relay*; None where none will come."""
        queue, running = self._queues[relay.name], strand()
        while True:
            with self._lock:
                if queue.waiting or self._is_over(queue) or running is None:
                    return self._popped(queue)
                queue.idle.append(running)
            running.park()
            with self._lock:
                if running in queue.idle:
                    queue.idle.remove(running)

    def poll(self, relay: Relay) -> Delivery | None:
        """Give the next delivery for *relay* where one is there."""
        with self._lock:
            return self._popped(self._queues[relay.name])

    def done(self) -> None:
        """Put one out of hand."""
        with self._lock:
            self._drop_one()

    def give_back(self, delivery: Delivery) -> None:
        """Queue one again that was taken, for whichever server works."""
        with self._lock:
            self._again([delivery])
            self._drop_one()

    def orphan(self, delivery: Delivery) -> None:
        """Keep one that no server will take, to be released."""
        with self._lock:
            self._orphans.append(delivery)

    def shut(self, relay: Relay) -> None:
        """Give what waits for a server that no longer works to the others."""
        with self._lock:
            queue = self._queues[relay.name]
            left = list(queue.waiting)
            queue.waiting.clear()
            self._again(left)
            self._wake()

    def is_short_of_hands(self, relay: Relay) -> bool:
        """Tell whether more waits for *relay* than there are idle connections."""
        queue = self._queues[relay.name]
        return len(queue.waiting) > len(queue.idle)

    def close(self) -> None:
        """Say that no more will come from the feed."""
        with self._lock:
            self._is_closed = True
            self._wake()

    def stop(self) -> None:
        """Let nothing more be taken."""
        with self._lock:
            self._stopped.set()
            self._wake()

    def pause(self, seconds: float) -> None:
        """Let that time pass, or less where nothing more is to be begun."""
        if running := strand():
            running.park(monotonic() + seconds)
        else:
            self._stopped.wait(seconds)

    def left(self) -> list[Delivery]:
        """Empty the queues and give what was in them."""
        with self._lock:
            left = [*self._orphans, *(one for queue in self._queues.values() for one in queue.waiting)]
            self._orphans.clear()
            for queue in self._queues.values():
                queue.waiting.clear()
            return left

    def _shortest(self) -> _Queue | None:
        """Give the queue that is behind its share, where it has room; nobody waits for one that lags."""
        keeping_up = [queue for queue in self._queues.values() if queue.is_open and not queue.lags]
        found = min(keeping_up, key=lambda queue: queue.share, default=None)
        return None if found is None or found.is_full else found

    def _push(self, queue: _Queue, delivery: Delivery) -> None:
        queue.waiting.append(delivery)
        queue.given += 1
        if queue.idle:
            queue.idle.popleft().unpark()

    def _popped(self, queue: _Queue) -> Delivery | None:
        if self._stopped.is_set() or not queue.waiting:
            return None
        if queue.lags:
            # What it could not take went to the others; it is not made up for.
            others = [one.share for one in self._queues.values() if one is not queue]
            queue.given = max(queue.given, int(min(others, default=0.0) * queue.relay.server.weight))
        delivery = queue.waiting.popleft()
        queue.popped_at = monotonic()
        self._in_hand += 1
        # Waking the feed for every single one would be a change of threads for each mail.
        if len(queue.waiting) <= queue.room // 2:
            self._room.notify()
        return delivery

    def _is_over(self, queue: _Queue) -> bool:
        if self._stopped.is_set() or not queue.is_open:
            return True
        is_empty = not any(one.waiting for one in self._queues.values())
        return self._is_closed and is_empty and self._in_hand == 0

    def _again(self, deliveries: Sequence[Delivery]) -> None:
        open_ones = [queue for queue in self._queues.values() if queue.is_open]
        for delivery in deliveries:
            if open_ones:
                self._push(min(open_ones, key=lambda queue: queue.share), delivery)
            else:
                self._orphans.append(delivery)

    def _drop_one(self) -> None:
        self._in_hand -= 1
        if self._in_hand == 0 and self._is_closed:
            self._wake()

    def _wake(self) -> None:
        for queue in self._queues.values():
            while queue.idle:
                queue.idle.popleft().unpark()
        self._room.notify_all()
