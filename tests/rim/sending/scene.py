"""What the tests of sending play on: a database with people, a sink, and senders that can be killed.

Sink and senders tell their steps into one pipe, in the order they happen; tests wait for a step and never
for a time.
"""

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from tests.rim.sending import parts
from tests.rim.sending.invariants import Accepted, History, Row
from tests.rim.sending.worker import Order

from vesicle.model.delivery import State
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.pipeline.send import freeze
from vesicle.queue.clock import now
from vesicle.store.database import DRIVERS, choose_driver

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 60.0
"""How long to wait for a step before the test has failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was told: what, by which connection or process, and the rest of the line."""

    what: str
    who: str = ""
    rest: str = ""


class Told:
    """The steps of the sink and of all senders, in the order they were told."""

    def __init__(self) -> None:
        reading, self.writing = os.pipe()
        self.connections: set[str] = set()
        self.senders: set[int] = set()
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._pipe = os.fdopen(reading)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self) -> Step:
        """Wait for the next step; *connections* are open after it, and *senders* (process ids) alive."""
        step = self._steps.get(timeout=SECONDS)
        match step.what:
            case "open":
                self.connections.add(step.who)
            case "gone":
                self.connections.discard(step.who)
            case "pid":
                self.senders.add(int(step.who))
            case "ended":
                self.senders.discard(int(step.who))
        return step

    def until(self, wanted: Callable[[Step], bool]) -> list[Step]:
        """Wait for the first step that is *wanted*; give it as the last of those since."""
        steps: list[Step] = []
        while not steps or not wanted(steps[-1]):
            steps.append(self.next())
            if steps[-1].what == "failed":
                raise AssertionError(f"a sender failed: {steps[-1].rest}")
        return steps

    def close(self) -> None:
        """Stop reading, once nobody writes any more."""
        os.close(self.writing)
        self._thread.join(SECONDS)
        self._pipe.close()

    def _read(self) -> None:
        for line in self._pipe:
            self._steps.put(Step(*line.rstrip("\n").split(" ", 2)))


def is_step(what: str, who: str = "") -> Callable[[Step], bool]:
    """Give the question whether a step is *what*, by *who* if that is named."""
    return lambda step: step.what == what and who in ("", step.who)


@dataclass(slots=True)
class Sender:
    """A sender that runs, or ran; *pid* is its process."""

    pid: int
    nursery: "subprocess.Popen[str]"

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def go(self) -> None:
        """Let one that waits go on."""
        assert self.nursery.stdin
        self.nursery.stdin.write("go\n")
        self.nursery.stdin.flush()


class Scene:
    """A database in *folder* with *people* confirmed people and one frozen issue, and a sink beside it."""

    def __init__(
        self,
        folder: Path,
        *,
        people: int,
        barred: int = 0,
        sink: Sequence[str] = (),
        poison: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.database = folder / "site" / "vesicle.db"
        self.record = folder / "record"
        self.audience = [f"p{number:05d}@example.org" for number in range(people)] + [*poison]
        self.suppressed = self.audience[:barred]
        self.pristine = folder / "pristine"
        self.told = Told()
        self._nurseries: list[subprocess.Popen[str]] = []
        self._prepare()
        self.sink = self._start([sys.executable, "-m", "vesicle.testing.sink", str(self.record), *sink])
        self.port = int(self.told.until(is_step("port"))[-1].who)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.told.senders:
            os.kill(pid, signal.SIGKILL)
        for process in [*self._nurseries, self.sink]:
            if process.stdin:
                process.stdin.close()
            process.terminate()
            process.wait(SECONDS)
        self.told.close()

    def order(self, **changes: Any) -> Order:
        """Give an order to send all of this scene, with *changes*."""
        fields: dict[str, Any] = {"database": str(self.database), "port": self.port}
        return Order(**(fields | changes))

    def nursery(self) -> "subprocess.Popen[str]":
        """Give a process that forks senders, one after the other."""
        if not self._nurseries:
            self.another_nursery()
        return self._nurseries[0]

    def another_nursery(self) -> "subprocess.Popen[str]":
        """Give one more, for senders that run at the same time."""
        process = self._start([sys.executable, "-m", "tests.rim.sending.worker"], stdin=subprocess.PIPE)
        self._nurseries.append(process)
        return process

    def start(self, order: Order, nursery: "subprocess.Popen[str] | None" = None) -> Sender:
        """Start a sender."""
        nursery = nursery or self.nursery()
        assert nursery.stdin
        nursery.stdin.write(order.line())
        nursery.stdin.flush()
        return Sender(int(self.told.until(is_step("pid"))[-1].who), nursery)

    def ended(self, sender: Sender) -> tuple[int, list[Step]]:
        """Wait for the end of *sender*, also by a fault; give its exit code and the steps until then."""
        steps = [self.told.next()]
        while not is_step("ended", str(sender.pid))(steps[-1]):
            steps.append(self.told.next())
        return int(steps[-1].rest), steps

    def finish(self, **changes: Any) -> tuple[int, list[Step]]:
        """Send to the end; give the exit code and the steps."""
        return self.ended(self.start(self.order(**changes)))

    def reset(self) -> None:
        """Put everything back to where it was before the first sender."""
        shutil.rmtree(self.database.parent)
        shutil.copytree(self.pristine, self.database.parent)
        os.truncate(self.record, 0)

    def shut(self) -> None:
        """Let the sink greet nobody from now on."""
        self.sink.send_signal(signal.SIGUSR2)
        self.told.until(is_step("shut"))

    def open(self) -> None:
        """Let the sink greet everybody again."""
        self.sink.send_signal(signal.SIGUSR1)

    def is_locked(self) -> bool:
        """Tell whether somebody is writing to the database."""
        connection = driver().connect(self.database, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except driver().OperationalError:
            return True
        finally:
            connection.close()
        return False

    def history(self, **changes: Any) -> History:
        """Gather both sides as they are now."""
        fields: dict[str, Any] = {
            "accepted": self.accepted(),
            "rows": self.rows(),
            "audience": self.audience,
            "suppressed": self.suppressed,
        }
        return History(**(fields | changes))

    def settle(self) -> list[Step]:
        """Wait until the sink is done with every connection; give its steps until then."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as plug:
            plug.sendall(b"NOOP settle\r\n")
            steps = self.told.until(is_step("noop"))
        return steps + self.told.until(lambda step: not self.told.connections)

    def accepted(self) -> list[Accepted]:
        """Give what the sink has accepted, in its order."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [Accepted(message_id=one, recipient=to) for one, _, to in (x.partition(" ") for x in lines)]

    def rows(self, *, states: Sequence[State] = tuple(State)) -> list[Row]:
        """Give the deliveries as the ledger has them, from a copy, so that the files stay as they are."""
        with self.copied() as path:
            return ledger_rows(path, states)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """Give a copy of the database's files as they are, for the time of a block."""
        folder = self.folder / "copy"
        folder.mkdir()
        for name in ("", "-wal"):
            source = self.database.with_name(self.database.name + name)
            if source.exists():
                shutil.copy(source, folder / source.name)
        try:
            yield folder / self.database.name
        finally:
            shutil.rmtree(folder)

    def stores(self) -> parts.Stores:
        """Open the database's stores in this process."""
        return parts.open_stores(str(self.database))

    def _prepare(self) -> None:
        stores = self.stores()
        stores.subscribers.add([person(*one) for one in enumerate(self.audience)])
        freeze(parts.prepared(), stores.dispatch(now))
        for address in self.suppressed:
            leave(stores, address)
        stores.close()
        shutil.copytree(self.database.parent, self.pristine)

    def _start(self, command: Sequence[str], *, stdin: int | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(command, stdin=stdin, stdout=self.told.writing, text=True, cwd=ROOT)


def driver() -> ModuleType:
    """Give the SQLite library that the program would use."""
    found = {name: import_module(name) for name in DRIVERS if find_spec(name)}
    return found[choose_driver((name, module.sqlite_version) for name, module in found.items())]


def ledger_rows(path: Path, states: Sequence[State]) -> list[Row]:
    """Give the deliveries in *states* of the database at *path*."""
    stores = parts.open_stores(str(path))
    try:
        found = list(stores.deliveries.undelivered(parts.SLUG, states))
    finally:
        stores.close()
    return [
        Row(key=one.key, recipient=one.to.email if one.to else "", state=one.state, reason=one.reason)
        for one in found
    ]


def leave(stores: parts.Stores, address: str) -> None:
    """Unsubscribe somebody."""
    found = stores.subscribers.find(address)
    assert found
    consent = Consent(event=ConsentEvent.WITHDRAWN, at=parts.NOW, source="the link in a mail")
    stores.subscribers.set_status(found.id, SubscriberStatus.UNSUBSCRIBED, consent)


def person(number: int, address: str) -> tuple[Subscriber, Consent]:
    """Give a confirmed person and how they came onto the list."""
    who = Subscriber(id=f"{number:032x}", email=address, status=SubscriberStatus.CONFIRMED, language="en")
    return who, Consent(event=ConsentEvent.IMPORTED, at=parts.NOW, source="people.csv")
