"""Two daemons for one site, of which one or the other is killed, and a mail server beside them."""

import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import IO, Self

from tests.rim.daemon.daemon import READY, SECONDS, STANDS_BY, Daemon
from tests.rim.daemon.faketime import Faked
from tests.rim.daemon.kept import asked
from tests.rim.daemon.site import Plan, Site

CATCHING_UP = 240.0
"""Seconds in which, on a machine that others use, what the kills kept back must have been caught up with."""

AIMS = ("line", "rcpt", "data", "dot", "reply", "slot", "moment")
"""What a kill is aimed at: a line that a daemon says, a step of a mail, a change of slots, or nothing."""
_PATIENCE = 2.5
_LATE = 0.004
_LOOK = 0.005


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was told: `line` by a daemon, else what the sink tells."""

    what: str
    who: str = ""


class Sink:
    """A mail server in a process of its own; *record* is what it accepted."""

    def __init__(self, record: Path, told: "queue.SimpleQueue[Step]", *, delay: float) -> None:
        self.record = record
        self.open: set[str] = set()
        self._told = told
        command = [sys.executable, "-m", "vesicle.testing.sink", str(record), "--delay", str(delay)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline().split()[1])
        self._thread = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._thread.start()

    def accepted(self) -> list[tuple[str, str]]:
        """Give the Message-ID and the recipient of each mail that was accepted."""
        lines = self.record.read_text().splitlines()
        return [(name, to) for name, _, to in (line.partition(" ") for line in lines)]

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(SECONDS)
        self._thread.join(SECONDS)
        assert self._process.stdout
        self._process.stdout.close()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            what, who = line.split()[:2]
            if what == "open":
                self.open.add(who)
            elif what == "gone":
                self.open.discard(who)
            self._told.put(Step(what, who))


class Pair:
    """A site with a clock and two daemons that are killed and started again; *doubt* counts connections."""

    clock: Faked

    def __init__(self, folder: Path, plan: Plan, random: Random) -> None:
        self.told: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self.sink = Sink(folder / "record", self.told, delay=0.1)
        self.site = Site(folder / "site", plan, port=self.sink.port)
        self.doubt = 0
        self.kills = 0
        self.said: list[str] = []
        self._random = random
        self._daemons: list[Daemon] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in self._daemons:
            daemon.kill()
        self.sink.close()

    def start(self, clock: Faked) -> None:
        """Start both, to go by *clock*."""
        self.clock = clock
        self._daemons = [self._started(), self._started()]

    @property
    def is_up(self) -> bool:
        """Tell whether both have come so far that they work or stand by."""
        return all(any(READY in line or STANDS_BY in line for line in one.lines) for one in self._daemons)

    def kill_one(self) -> None:
        """Kill one of the two at some instant, and start it again."""
        self._wait_for(self._random.choice(AIMS))
        place = self._random.randrange(2)
        before = len(self.sink.open)
        self._daemons[place].kill()
        self.doubt += before
        self.kills += 1
        self.said += self._daemons[place].lines
        self._daemons[place] = self._started()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, looking at it again after whatever is told."""
        until = perf_counter() + CATCHING_UP
        while not is_so():
            assert perf_counter() < until, "\n".join(self._daemons[0].lines + self._daemons[1].lines)
            self._came()

    def stop(self) -> list[int]:
        """Ask both to end, and give how they did."""
        codes = [daemon.stop() for daemon in self._daemons]
        self.said += [line for daemon in self._daemons for line in daemon.lines]
        self._daemons = []
        return codes

    def _started(self) -> Daemon:
        return Daemon(self.site.root, self.clock, hear=lambda line: self.told.put(Step("line")))

    def _wait_for(self, aim: str) -> None:
        """Wait for a step, or until a random moment, and then for as long as a mail takes some steps."""
        until = perf_counter() + (self._random.uniform(0, _PATIENCE) if aim == "moment" else _PATIENCE)
        before = self._slots()
        while perf_counter() < until:
            if self._came() == aim or (aim == "slot" and self._slots() != before):
                break
        until = perf_counter() + self._random.uniform(0, _LATE)
        while perf_counter() < until:
            pass

    def _came(self) -> str:
        try:
            return self.told.get(timeout=_LOOK).what
        except queue.Empty:
            return ""

    def _slots(self) -> list[tuple[object, ...]]:
        return asked(self.site.database, "SELECT count(*), sum(state), sum(length(what)) FROM slots")
