"""Ticks. The `schedule` package does nothing but tick: due times are computed in `vesicle.schedule`.

Its own `.at()` fires wrongly around changes of the clock, so only `every(n).seconds` is used.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import schedule


def now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """Give seconds that all processes of this machine agree on."""
    return time.time()


def wait(length: float) -> None:
    """Do nothing for *length* seconds."""
    time.sleep(length)


def elapsed() -> float:
    """Give seconds that no change of the clock touches, and in which a sleeping machine counts as well."""
    # CLOCK_MONOTONIC stands still while the machine sleeps (clock_gettime(2)); other systems have no other.
    which = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if which is None else time.clock_gettime(which)


def tick_until(stop: threading.Event, tick: Callable[[], None], *, seconds: int) -> None:
    """Call *tick* at once and then every *seconds* until *stop* is set, whatever becomes of the clock."""
    scheduler = _every(seconds, tick)
    scheduler.run_all()
    while not stop.is_set():
        idle = scheduler.idle_seconds or 0.0
        if idle > seconds:
            # It keeps the next time as naive local time: after the clock was put back, by a person or at the
            # end of summer time, it would be silent until that comes round again.
            scheduler = _every(seconds, tick)
        stop.wait(max(0.1, min(idle, float(seconds))))
        scheduler.run_pending()


def _every(seconds: int, tick: Callable[[], None]) -> schedule.Scheduler:
    scheduler = schedule.Scheduler()
    scheduler.every(seconds).seconds.do(tick)
    return scheduler


class Jumps:
    """Notices that the clock was changed, between two looks at it."""

    def __init__(self, clock: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._before = clock(), elapsed()

    def by(self) -> timedelta:
        """Give by how much the clock was put forward, or back (negative), since the last look."""
        before, ran = self._before
        self._before = self._clock(), self._elapsed()
        return self._before[0] - before - timedelta(seconds=self._before[1] - ran)


@contextmanager
def ticking(stop: threading.Event, tick: Callable[[], None], *, seconds: int) -> Iterator[None]:
    """Call *tick* at once and then every *seconds* inside the `with`, in a thread of its own.

    At the end of the `with` *stop* is set, and the thread waited for. *tick* raises nothing.
    """
    thread = threading.Thread(target=tick_until, args=(stop, tick), kwargs={"seconds": seconds}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
