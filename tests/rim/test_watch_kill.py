"""Watching PubMed, killed at any instant: nothing is lost, nothing is there twice, no run seems complete."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from vesicle.model.paper import Cursor, Harvest
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.testing.ncbi import Ncbi, Twist, record

WORKER = Path(__file__).with_name("watch_worker.py")
RECORDS = 60
PAGE = 10
PAGES = RECORDS // PAGE
SEARCHES = 2
"""Requests of a first run before it asks for records: the query by itself, and with its days."""
REQUESTS = SEARCHES + PAGES
LINES = 2 * PAGES
"""What a watcher tells before its last word: each page, when it is there and when it is stored."""
ALL = [str(900_000_000 + number) for number in range(1, RECORDS + 1)]
END = Cursor(position="2026-11-26")
KILLS = 24
KILLED = f"ended {int(signal.SIGKILL)}\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


@dataclass(slots=True)
class Killer:
    """A script of the server that kills whoever makes the request it waits for, instead of answering."""

    left: int = 0

    def __call__(self, number: int, target: str) -> Twist | None:
        """Count a request, and kill its maker when it is the one."""
        if self.left:
            self.left -= 1
            signed = re.search(r"tool=vesicle-(\d+)", target)
            if signed and not self.left:
                os.kill(int(signed[1]), signal.SIGKILL)
        return None


Nursery = subprocess.Popen[str]
"""A process that forks watchers."""


@pytest.fixture(scope="module")
def killer() -> Killer:
    return Killer()


@pytest.fixture(scope="module")
def server(killer: Killer) -> Iterator[Ncbi]:
    day = date(2026, 11, 20)
    records = [record(pmid=pmid, title=f"Secretome number {pmid}", created=day) for pmid in ALL]
    with Ncbi(records, script=killer) as running:
        yield running


@pytest.fixture(scope="module")
def nursery(server: Ncbi) -> Iterator[Nursery]:
    command = [sys.executable, str(WORKER), server.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate()


def start(nursery: Nursery, path: Path) -> int:
    """Start a watcher of the database at *path*; give its process id."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline().removeprefix("pid "))


def lines_of(nursery: Nursery) -> Iterator[str]:
    """Yield what a watcher still tells; its end is the last."""
    assert nursery.stdout
    line = ""
    while not line.startswith("ended"):
        line = nursery.stdout.readline()
        assert line
        yield line


def run_and_kill(nursery: Nursery, path: Path, *, lines: int) -> list[str]:
    """Kill a watcher after *lines* lines, or a little later, as the kill reaches it; give what it told."""
    pid = start(nursery, path)
    told = list(islice(lines_of(nursery), lines))
    assert not any(line.startswith("ended") for line in told)
    os.kill(pid, signal.SIGKILL)
    return [*told, *lines_of(nursery)]


def stored(path: Path) -> tuple[list[str], Cursor, Harvest | None]:
    """Give the PMIDs of all candidates, the cursor, and the account of the last run that ended."""
    database = open_database(str(path))
    inbox = SqlInbox(database)
    found = sorted(one.paper.pmid for one in inbox.candidates(None))
    cursor, last = inbox.cursor("pubmed"), inbox.last("pubmed")
    database.close()
    return found, cursor, last


def assert_whole(path: Path) -> None:
    found, cursor, last = stored(path)
    assert found == ALL
    assert cursor == END
    assert last
    assert (last.problem, last.found, last.fetched, last.missing) == ("", RECORDS, RECORDS, ())


def assert_unfinished(path: Path, told: list[str]) -> None:
    """Whole pages are there, those that were told of among them, and nothing says that the run is done."""
    found, cursor, last = stored(path)
    assert (cursor, last) == (Cursor(), None)
    assert found == ALL[: len(found)]
    assert len(found) % PAGE == 0
    assert {pmid for line in told if line.startswith("stored") for pmid in line.split()[1:]} <= set(found)


@pytest.mark.long
def test_killed_at_any_request_a_run_never_seems_complete_and_the_last_one_is(
    tmp_path: Path, nursery: Nursery, killer: Killer
) -> None:
    path = tmp_path / "vesicle.db"
    points = list(range(1, REQUESTS + 1)) * 4
    Random(1).shuffle(points)
    most = 0  # pages that some run so far has stored
    for point in points:
        killer.left = point
        start(nursery, path)
        told = list(lines_of(nursery))
        assert told[-1] == KILLED
        assert_unfinished(path, told)
        most = max(most, point - SEARCHES - 1)
        assert len(stored(path)[0]) == most * PAGE
    start(nursery, path)
    assert list(lines_of(nursery))[-2:] == ["complete\n", "ended 0\n"]
    assert_whole(path)


@pytest.mark.long
def test_killed_at_any_instant_nothing_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, nursery: Nursery
) -> None:
    random, databases, kills = Random(2), 0, 0
    while kills < KILLS:
        path = tmp_path / f"{databases}.db"
        databases += 1
        for _ in range(10):
            told = run_and_kill(nursery, path, lines=random.randint(0, LINES))
            kills += told[-1] == KILLED
            if stored(path)[2]:
                # The run was over before the kill came: nothing may be missing then.
                assert_whole(path)
                break
            assert_unfinished(path, told)
        else:
            start(nursery, path)
            assert list(lines_of(nursery))[-2:] == ["complete\n", "ended 0\n"]
            assert_whole(path)
