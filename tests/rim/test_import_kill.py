"""Imports that are killed at any instant and started again, and two at once."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from tests.rim.import_worker import CHUNK, CONSENT, KEY

from vesicle.store.database import open_database
from vesicle.store.subscribers import SqlSubscribers

WORKER = Path(__file__).with_name("import_worker.py")
LINES = ["nobody" if number % 5 == 4 else f"p{number % 60}@example.org" for number in range(70)]
GOOD = list(dict.fromkeys(line for line in LINES if line != "nobody"))
REFUSED = [number + 2 for number, line in enumerate(LINES) if line == "nobody"]
KNOWN = len(LINES) - len(GOOD) - len(REFUSED)
CHUNKS = len(LINES) // CHUNK
STEPS = 3 * CHUNKS + 2

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A process that forks imports of one file."""
    file = tmp_path_factory.mktemp("file") / "people.csv"
    file.write_text("email\n" + "\n".join(LINES))
    with start(file) as process:
        yield process
        process.communicate()


def start(file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def begin(nursery: subprocess.Popen[str], folder: Path) -> int:
    """Let an import begin; give the id of its process."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{folder}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline().removeprefix("pid "))


def read_to_the_end(nursery: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what an import still tells; its end is the last."""
    assert nursery.stdout
    line = ""
    while not line.startswith("ended"):
        line = nursery.stdout.readline()
        assert line
        yield line


def run_and_kill(nursery: subprocess.Popen[str], folder: Path, *, steps: int) -> list[str]:
    """Let an import tell *steps* steps, and do a little more before the kill reaches it."""
    pid = begin(nursery, folder)
    assert nursery.stdout
    told = list(islice(nursery.stdout, steps))
    if not told[-1].startswith("ended"):
        os.kill(pid, signal.SIGKILL)
        told += read_to_the_end(nursery)
    return told


def run_to_the_end(nursery: subprocess.Popen[str], folder: Path) -> list[str]:
    begin(nursery, folder)
    told = list(read_to_the_end(nursery))
    assert told[-1] == "ended 0\n"
    return told


def stored(folder: Path) -> list[str]:
    """Give who is on the list, once it is seen that each has one consent."""
    database = open_database(str(folder / "vesicle.db"))
    people = SqlSubscribers(database, key=KEY)
    found = list(people.all())
    assert all(people.consents(one.id) == (CONSENT,) for one in found)
    database.close()
    return [one.email for one in found]


def reported(folder: Path) -> list[int]:
    """Give the lines that the report names, all of which give a reason."""
    with (folder / "refused.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["reason"] for row in rows)
    return [int(row["line"]) for row in rows]


def assert_whole(folder: Path, told: list[str]) -> None:
    assert told[-2] == f"finished {len(GOOD)} {KNOWN} {len(REFUSED)}\n"
    assert sorted(stored(folder)) == sorted(GOOD)
    assert reported(folder) == REFUSED


def test_without_a_kill_everybody_comes_in_once(tmp_path: Path, nursery: subprocess.Popen[str]) -> None:
    told = run_to_the_end(nursery, tmp_path)
    assert_whole(tmp_path, told)
    assert sum(line.startswith("took") for line in told) == CHUNKS


@pytest.mark.long
def test_killed_at_any_instant_and_started_again_nobody_is_lost_or_twice(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    random = Random(4)
    for kill in range(40):
        folder = tmp_path / str(kill)
        folder.mkdir()
        told = run_and_kill(nursery, folder, steps=random.randint(1, STEPS))
        acknowledged = sum(line.startswith("took") for line in told) * CHUNK
        again = run_to_the_end(nursery, folder)
        begun = int(again[0].removeprefix("began "))
        if acknowledged == len(LINES) and begun == 0:
            # It was done when it was killed: this was another import, of people who are all known.
            again[-2] = f"finished {len(GOOD)} {KNOWN} {len(REFUSED)}\n"
        else:
            assert acknowledged <= begun <= acknowledged + CHUNK
        assert_whole(folder, again)


def test_killed_again_and_again_an_import_comes_to_its_end(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    before = 0
    for steps in (1, 2, 3, 3, 4, 6, 9):
        run_and_kill(nursery, tmp_path, steps=steps)
        there = len(stored(tmp_path))
        assert there >= before
        before = there
    assert 0 < before < len(GOOD)
    assert_whole(tmp_path, run_to_the_end(nursery, tmp_path))


def test_the_same_import_twice_at_once_takes_everybody_in_once(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email\n" + "\n".join(LINES))
    with start(file) as one, start(file) as two:
        for process in (one, two):
            assert process.stdin
            process.stdin.write(f"{tmp_path}\n")
            process.stdin.flush()
        told = [process.communicate()[0] for process in (one, two)]
    # The report is one file for both: `vesicle subscribers import` holds a lock for it.
    assert sorted(stored(tmp_path)) == sorted(GOOD)
    assert any(f"finished {len(GOOD)} {KNOWN} {len(REFUSED)}" in each for each in told)
