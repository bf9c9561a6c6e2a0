"""Ticks. The `schedule` package does nothing but tick: due times are computed in `vesicle.schedule`.

Its own `.at()` fires wrongly around changes of the clock, so only `every(n).seconds` is used.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

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


def tick_until(stop: threading.Event, tick: Callable[[], None], *, seconds: int) -> None:
    """Call *tick* at once and then every *seconds* until *stop* is set."""
    scheduler = schedule.Scheduler()
    scheduler.every(seconds).seconds.do(tick)
    scheduler.run_all()
    while not stop.is_set():
        stop.wait(max(0.1, min(scheduler.idle_seconds or 0.0, float(seconds))))
        scheduler.run_pending()


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
