"""Tellers that are killed at any instant: each word is in one mail."""

import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from vesicle.store.database import open_database

WORKER = Path(__file__).with_name("words_worker.py")
WORDS = 12

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


def told(path: Path) -> Counter[str]:
    """Count for each word the mails that are owed with it."""
    database = open_database(str(path))
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT hash FROM frozen JOIN deliveries ON frozen_id = id WHERE address = 'editor@x.example'"
        ).scalars()
        found = Counter(word for row in rows for word in row.split())
    database.close()
    return found


@pytest.mark.parametrize("runs", [2, pytest.param(8, marks=pytest.mark.long)])
def test_killed_at_any_instant_each_word_is_in_one_mail(tmp_path: Path, runs: int) -> None:
    random = Random(0)
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(WORDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    killed = 0
    for run in range(runs):
        path = tmp_path / f"{run}.db"
        said: list[str] = []
        while "ended 0\n" not in said:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            pid = int(process.stdout.readline().removeprefix("pid "))
            said = list(islice(process.stdout, random.randint(1, 3 * WORDS + 1)))
            if not said[-1].startswith("ended"):
                os.kill(pid, signal.SIGKILL)
                killed += 1
                while not said[-1].startswith("ended"):
                    said.append(process.stdout.readline())
            acknowledged = {line.split()[1] for line in said if line.startswith("told")}
            found = told(path)
            assert set(found.values()) <= {1}
            assert acknowledged <= set(found)
        assert told(path) == Counter(map(str, range(WORDS)))
    process.communicate()
    assert killed >= runs
