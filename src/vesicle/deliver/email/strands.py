"""Many connections in one thread: each goes on until it has to wait, and then the next one does.

The code of a connection reads as if it waited: whatever waits asks here, and where it runs as a strand (a
greenlet), the thread goes on with another. Threads of their own were measured to spend a third of their time
on taking the interpreter from one another.
"""

import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any, Protocol, TypeVar

from greenlet import getcurrent, greenlet

Found = TypeVar("Found")
Answer_co = TypeVar("Answer_co", covariant=True)

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

# How exact a time-out is (seconds), and how often the loop looks whether there is one.
_GRAIN = 0.05


@dataclass(slots=True, eq=False)
class Task:
    """What a strand does; *error* is what ended it, where something did."""

    work: Callable[[], object]
    is_done: bool = False
    error: Exception | None = None

    def run(self) -> None:
        """Do it, in whichever strand or thread this is called."""
        try:
            self.work()
        except Exception as error:  # the outermost of a strand: whoever gave the task asks for the error
            self.error = error


class Strand(greenlet):
    """One line of work of a loop."""

    def __init__(self, loop: "Loop", task: Task) -> None:
        super().__init__(task.run)
        self._loop = loop
        self._is_called = False
        self.task = task
        self.until: float | None = None

    def park(self, until: float | None = None) -> None:
        """Let others go on until `unpark` is called, or until the moment *until*."""
        self.until = until
        while not self._is_called and (until is None or monotonic() < until):
            self._loop.main.switch()
        self._is_called = False
        self.until = None

    def unpark(self, _: object = None) -> None:
        """Let the strand go on; from any thread, also before it parks."""
        self._is_called = True
        self._loop.call(self)

    def ready(self, sock: socket.socket, events: int, until: float) -> None:
        """Park until *sock* is ready for *events*, or until the moment *until*."""
        self._loop.selector.register(sock, events, self)
        try:
            self.park(until)
        finally:
            self._loop.selector.unregister(sock)


class Loop:
    """Runs strands in a thread of its own, for as long as it is open or any is left."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.main = getcurrent()
        self.ended = Event()
        """Set whenever a strand has ended."""
        self._called: deque[Strand] = deque()
        self._given: deque[Task] = deque()
        self._strands: set[Strand] = set()
        self._is_open = True
        self._is_asleep = False
        self._looked = monotonic()
        self._bell, self._ear = socket.socketpair()
        for end in (self._bell, self._ear):
            end.setblocking(False)
        # A daemon: one that still waits for a server must not hold up the exit.
        Thread(target=self._run, name="smtp", daemon=True).start()

    def spawn(self, work: Callable[[], object]) -> Task:
        """Begin *work* as a strand; from any thread."""
        task = Task(work)
        self._given.append(task)
        if self._is_asleep:
            self._ring()
        return task

    def close(self) -> None:
        """End when no strand is left."""
        self._is_open = False
        self._ring()

    def call(self, strand: Strand) -> None:
        """Let *strand* go on; from any thread."""
        self._called.append(strand)
        if self._is_asleep:
            self._ring()

    def _ring(self) -> None:
        # Full: it rings already. Closed: the loop has ended meanwhile.
        with suppress(OSError):
            self._bell.send(b"!")

    def _run(self) -> None:
        self.main = getcurrent()
        self.selector.register(self._ear, READ)
        try:
            while self._is_open or self._strands or self._given:
                self._turn()
        except Exception as error:  # the outermost loop: whoever waits for a task hears of it
            self._abandon(error)
        finally:
            self.selector.close()
            self._bell.close()
            self._ear.close()

    def _turn(self) -> None:
        """Let everything go on once that can."""
        while self._given:
            # A greenlet belongs to the thread that makes it.
            strand = Strand(self, self._given.popleft())
            self._strands.add(strand)
            self._called.append(strand)
        while self._called:
            self._go_on(self._called.popleft())
        for strand in self._selected():
            strand.unpark()
        if monotonic() - self._looked >= _GRAIN:
            self._looked = monotonic()
            self._call_the_late(self._looked)

    def _abandon(self, error: Exception) -> None:
        for task in (*(strand.task for strand in self._strands), *self._given):
            task.error, task.is_done = error, True
        self.ended.set()

    def _go_on(self, strand: Strand) -> None:
        if not strand.dead:
            strand.switch()
        if strand.dead and strand in self._strands:
            self._strands.discard(strand)
            strand.task.is_done = True
            self.ended.set()

    def _selected(self) -> list[Strand]:
        self._is_asleep = True
        # Whoever calls from now on rings; whoever called before is seen here.
        events = self.selector.select(0 if self._called or self._given else _GRAIN)
        self._is_asleep = False
        found = [key.data for key, _ in events if key.data is not None]
        if len(found) < len(events):
            self._ear.recv(4096)
        return found

    def _call_the_late(self, now: float) -> None:
        for strand in self._strands:
            if strand.until is not None and strand.until <= now:
                self._called.append(strand)


def strand() -> Strand | None:
    """Give the strand that is running, or None in a thread of its own."""
    running = getcurrent()
    return running if isinstance(running, Strand) else None


class Awaited(Protocol[Answer_co]):
    """An answer that is on its way: a `ports.Pledge`, or a future."""

    def done(self) -> bool:
        """Tell whether it is there."""
        ...

    def result(self) -> Answer_co:
        """Wait for it; raise what came instead."""
        ...

    def add_done_callback(self, call: Callable[[Any], None], /) -> None:
        """Let *call* be called, in whatever thread, when it is there."""
        ...


def kept(pledge: Awaited[Answer_co]) -> Answer_co:
    """Wait for the answer of *pledge*; raise what came instead."""
    if running := strand():
        pledge.add_done_callback(running.unpark)
        while not pledge.done():
            running.park()
    return pledge.result()


def elsewhere(work: Callable[[], Found]) -> Found:
    """Do *work*, which waits by itself, in a thread of its own while other strands go on."""
    if (running := strand()) is None:
        return work()
    answers: list[Found] = []
    errors: list[BaseException] = []

    def do() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)
        running.unpark()

    Thread(target=do, name="smtp-opening", daemon=True).start()
    while not answers and not errors:
        running.park()
    if errors:
        raise errors[0]
    return answers[0]
