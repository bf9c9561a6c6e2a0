"""A sender of its own process: opens a database, and sends what is owed through the real channel.

`python -m tests.rim.sending.worker` forks a sender for each order, one line of JSON on the standard input,
which spares it the imports; the sender's process id comes first (`pid 7`), its end last (`ended 7 CODE`,
negative for a signal). Between them it tells `opened`, `recovered`, `stopping`, `jumped`, and why it stopped:
`held` (the world outside, exit code 3), `refused` (the user's mistake, 2) or `failed` (a fault, 1). All lines
go to the standard output, which may be the sink's as well.

SIGTERM asks a sender to finish, a second one ends it. SIGUSR1 moves its clock by the order's *jump*.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.rim.sending import broken, parts

from vesicle.model.errors import OutsideError, UserError
from vesicle.pipeline.send import Report, send_due
from vesicle.queue.clock import now
from vesicle.queue.lock import sole_sender
from vesicle.queue.stopping import stop_when_asked
from vesicle.testing.sink import tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sender is told.

    *offset* (seconds) is what its clock is ahead of the machine's, *jump* what SIGUSR1 adds. With *alone* it
    takes the lock and recovers, as the program does; without, it only sends. *policy* is what becomes of the
    unknown. *ledger* names one that is wrong on purpose (`broken.py`). With *waits* it stands still once,
    before it opens the database, until a line comes on the standard input. *busy* is how long (seconds) it
    waits for a locked database and *grace* how long for answers once it was asked to finish.
    """

    database: str
    port: int
    connections: int = 10
    offset: float = 0.0
    jump: float = 0.0
    alone: bool = True
    policy: str = "hold"
    ledger: str = ""
    waits: bool = False
    busy: float | None = None
    grace: float = 30.0

    def line(self) -> str:
        """Give the order as one line."""
        return json.dumps(asdict(self)) + "\n"


class Steered:
    """A clock that is off, and jumps at SIGUSR1."""

    def __init__(self, order: Order) -> None:
        self._offset = timedelta(seconds=order.offset)
        self._jump = timedelta(seconds=order.jump)
        signal.signal(signal.SIGUSR1, self._move)

    def __call__(self) -> datetime:
        return now() + self._offset

    def _move(self, number: int, frame: FrameType | None) -> None:
        self._offset += self._jump
        tell(f"jumped {os.getpid()}")


class Stop:
    """Asks whether to finish, and tells once that the answer was yes."""

    def __init__(self, asked: threading.Event) -> None:
        self._asked = asked
        self._is_told = False

    def __call__(self) -> bool:
        if self._asked.is_set() and not self._is_told:
            self._is_told = True
            told("stopping")
        return self._asked.is_set()


def send(order: Order, stop: Stop) -> int:
    """Send all that is owed; give the exit code: 0 done, 3 stopped by the world outside."""
    clock = Steered(order)
    if order.busy is not None:
        broken.impatient(order.busy)
    stores = parts.open_stores(order.database, broken.ledger(order.ledger))
    told("opened")
    try:
        if order.alone:
            stores.ledger.recover(now=clock())
            told("recovered")
        if order.policy == "resend":
            stores.deliveries.settle_unknown(parts.SLUG, resend=True, now=clock())
        channel = parts.email(
            stores,
            order.port,
            connections=order.connections,
            clock=clock,
            stopping=stop,
            grace=order.grace,
        )
        dispatch = stores.dispatch(clock, channels={"email": channel}, stopping=stop)
        ready = parts.prepared()
        reports = send_due([ready.issue], lambda _: ready, dispatch)
    finally:
        stores.close()
    return _code(reports)


def told(step: str) -> None:
    """Tell a step of this sender."""
    tell(f"{step} {os.getpid()}")


def _code(reports: list[Report]) -> int:
    for report in reports:
        if report.held:
            tell(f"held {os.getpid()} {report.held}")
    return 3 if any(report.held for report in reports) else 0


def obey(order: Order) -> int:
    """Do what *order* says; give the exit code."""
    if order.waits:
        sys.stdin.readline()
    with stop_when_asked() as asked:
        if not order.alone:
            return send(order, Stop(asked))
        with sole_sender(Path(order.database)):
            return send(order, Stop(asked))


def _run(line: str) -> NoReturn:
    try:
        code = obey(Order(**json.loads(line)))
    except OutsideError as error:
        code = _said("held", error, 3)
    except UserError as error:
        code = _said("refused", error, 2)
    except BaseException as error:
        code = _said("failed", error, 1)
    os._exit(code)


def _said(what: str, error: BaseException, code: int) -> int:
    """Tell why a sender ends; give the exit code of the program for that."""
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    tell(f"{what} {os.getpid()} {text}"[:1000])
    return code


def main() -> None:
    """Fork a sender for each order, and wait for its end before the next."""
    before: list[int] = []
    while line := sys.stdin.readline():
        while before:
            os.waitpid(before.pop(), 0)
        child = os.fork()
        if child == 0:
            # Before anything else that it tells.
            told("pid")
            _run(line)
        # Not reaped before the next order comes, so that the number is nobody else's while it may be killed.
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        tell(f"ended {child} {code}")
        before.append(child)


if __name__ == "__main__":
    main()
