"""Watchers that are killed at any instant, and watchers that work at the same time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from vesicle.model.paper import Cursor
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox

WORKER = Path(__file__).with_name("inbox_worker.py")
PAGES = 6
SIZE = 25
STEPS = 2 * PAGES + 2
ALL = [str(number) for number in range(1, PAGES * SIZE + 1)]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that forks watchers."""
    with start() as process:
        yield process
        process.communicate()


def start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(PAGES), str(SIZE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_and_kill(nursery: subprocess.Popen[str], path: Path, *, steps: int) -> list[str]:
    """Let a watcher tell *steps* steps, and do a few more before the kill reaches it; give what it told."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    pid = int(nursery.stdout.readline().removeprefix("pid "))
    told = list(islice(nursery.stdout, steps))
    if not told[-1].startswith("ended"):
        os.kill(pid, signal.SIGKILL)
        told += read_to_the_end(nursery)
    return told


def read_to_the_end(nursery: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what a watcher still tells; its end is the last."""
    assert nursery.stdout
    line = ""
    while not line.startswith("ended"):
        line = nursery.stdout.readline()
        assert line
        yield line


def run_to_the_end(nursery: subprocess.Popen[str], path: Path) -> None:
    assert nursery.stdin
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    *_, finished, end = read_to_the_end(nursery)
    assert (finished, end) == ("finished\n", "ended 0\n")


def stored(path: Path) -> tuple[list[str], Cursor, bool]:
    """Give the PMIDs in the inbox, its cursor, and whether there is an account of the run."""
    database = open_database(str(path))
    inbox = SqlInbox(database)
    found = sorted((one.paper.pmid for one in inbox.candidates()), key=int)
    cursor, last = inbox.cursor("pubmed"), inbox.last("pubmed")
    with database.reading() as connection:
        names = connection.exec_driver_sql("SELECT count(*) FROM names").scalar_one()
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    database.close()
    assert names == 3 * len(found)
    assert not orphans
    return found, cursor, last is not None


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1))
def test_killed_at_any_instant_loses_nothing_and_stores_nothing_twice(
    tmp_path: Path, nursery: subprocess.Popen[str], seed: int
) -> None:
    random = Random(seed)
    for kill in range(12):
        path = tmp_path / f"{kill}.db"
        told = run_and_kill(nursery, path, steps=random.randint(1, STEPS))
        acknowledged = sum(line.startswith("stored") for line in told) * SIZE
        found, cursor, is_finished = stored(path)

        assert found == ALL[: len(found)]
        assert len(found) % SIZE == 0
        assert acknowledged <= len(found) <= acknowledged + SIZE
        assert is_finished == (cursor == Cursor(position="end"))
        assert not is_finished or found == ALL
        assert is_finished or "finished\n" not in told

        run_to_the_end(nursery, path)
        assert stored(path) == (ALL, Cursor(position="end"), True)


def test_killed_again_and_again_a_run_comes_to_its_end(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    path, before = tmp_path / "vesicle.db", 0
    for steps in (1, 2, 3, 7, 10, STEPS - 1):
        run_and_kill(nursery, path, steps=steps)
        found, _, _ = stored(path)
        assert len(found) >= before
        before = len(found)
    run_to_the_end(nursery, path)
    assert stored(path) == (ALL, Cursor(position="end"), True)


def test_two_watchers_at_once_store_each_paper_once(tmp_path: Path) -> None:
    path = tmp_path / "vesicle.db"
    with start() as one, start() as two:
        for process in (one, two):
            assert process.stdin
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        told = [line for process in (one, two) for line in process.communicate()[0].splitlines()]
    new = sum(int(line.split()[1]) for line in told if line.startswith("stored"))
    assert new == len(ALL)
    assert told.count("ended 0") == 2
    assert stored(path) == (ALL, Cursor(position="end"), True)
