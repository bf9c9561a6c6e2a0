"""Where the CPU time of a send goes: ledger, writing of mails, sockets; measured at the seams.

Apart from the figures, since each seam costs two calls of the clock.
"""

import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sending.ours import send, sending
from sending.work import Job, Meter
from vesicle.deliver.email.letter import Letters
from vesicle.store.ledger import SqlLedger

LEDGER, SPLICE, SOCKET, REST = "ledger", "writing mails", "sockets", "the rest"
WRITER = "vesicle-ledger"
"""The thread of the ledger that commits."""

PRAGMAS = ("synchronous", "journal_mode")

SEAMS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (LEDGER, SqlLedger, ("freeze", "take", "begin", "end", "release", "renew", "flush", "tally", "gate")),
    (SPLICE, Letters, ("write",)),
    (SOCKET, socket.socket, ("send", "sendall", "sendmsg", "recv", "recv_into")),
)


def watch(job: Job) -> dict[str, object]:
    """Send once more; give CPU seconds by part, and how durable the database says its commits are."""
    spent: dict[str, float] = defaultdict(float)
    with watched(spent), sending(job) as (database, dispatch, ledger):
        with Meter() as meter:
            send(job, dispatch)
            ledger.flush()
        spent[LEDGER] += sum(cpu_of(one) for one in threading.enumerate() if one.name == WRITER)
        with database.writing() as connection:
            pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in PRAGMAS]
    spent[REST] = meter.cpu - sum(spent.values())
    seconds = {part: round(spent[part], 3) for part in (LEDGER, SPLICE, SOCKET, REST)}
    return {"cpu_seconds": seconds, **dict(zip(("synchronous", "journal"), pragmas, strict=True))}


@contextmanager
def watched(spent: dict[str, float]) -> Iterator[None]:
    """Note in *spent* the CPU time that the calling threads spend behind each seam."""
    lock = Lock()
    before = [(owner, name, getattr(owner, name)) for _, owner, names in SEAMS for name in names]
    for part, owner, names in SEAMS:
        for name in names:
            setattr(owner, name, timed(getattr(owner, name), part, spent, lock))
    try:
        yield
    finally:
        for owner, name, method in before:
            setattr(owner, name, method)


def timed(
    method: Callable[..., object], part: str, spent: dict[str, float], lock: Lock
) -> Callable[..., object]:
    """Give *method* so that the CPU time its callers spend in it is noted."""

    def call(*args: object, **kwargs: object) -> object:
        start = time.thread_time()
        try:
            return method(*args, **kwargs)
        finally:
            took = time.thread_time() - start
            with lock:
                spent[part] += took

    return call


def cpu_of(thread: threading.Thread) -> float:
    """Give the CPU seconds of a thread that lives."""
    if thread.ident is None:
        return 0.0
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
