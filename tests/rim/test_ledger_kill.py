"""Senders that are killed at any instant, and senders that work at the same time."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from vesicle.model.delivery import State, Tally
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.database import open_database
from vesicle.store.ledger import SqlLedger
from vesicle.store.subscribers import SqlSubscribers

WORKER = Path(__file__).with_name("ledger_worker.py")
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
PEOPLE = 200

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


class Site:
    """A database with 200 confirmed people, and the file that stands for the mail server."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "vesicle.db")
        self.out = folder / "sent"
        database = open_database(self.path)
        people = SqlSubscribers(database)
        for number in range(PEOPLE):
            people.add(
                Subscriber(
                    id=f"{number:032x}",
                    email=f"{number}@example.org",
                    status=SubscriberStatus.CONFIRMED,
                    language="en",
                )
            )
        database.close()

    @contextmanager
    def worker(self, *, now: datetime, limit: int, wait: str = "") -> Iterator[subprocess.Popen[str]]:
        arguments = [self.path, str(self.out), now.isoformat(), str(limit), wait]
        with subprocess.Popen(
            [sys.executable, str(WORKER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def sent(self) -> list[str]:
        """Give the keys that the mail server got, in the order it did."""
        return self.out.read_text().splitlines() if self.out.exists() else []

    def tally(self) -> Tally:
        database = open_database(self.path)
        tally = SqlLedger(database, random_token=str).tally("issue")
        database.close()
        return tally

    def keys(self, state: int) -> set[str]:
        """Name the deliveries in a state, by the number it has in the database."""
        database = open_database(self.path)
        with database.reading() as connection:
            query = "SELECT key FROM deliveries WHERE state = ?"
            found = {str(key) for (key,) in connection.exec_driver_sql(query, (state,))}
        database.close()
        return found


def keys_of_all() -> set[str]:
    return {f"issue:{number:032x}" for number in range(PEOPLE)}


def run_and_kill(site: Site, *, now: datetime, steps: int) -> None:
    """Let a sender take *steps* steps or a few more, then kill it."""
    with site.worker(now=now, limit=7) as process:
        assert process.stdout
        assert len(list(islice(process.stdout, steps))) == steps
        process.kill()
        assert process.wait() == -signal.SIGKILL


def run_to_the_end(site: Site, *, now: datetime) -> None:
    with site.worker(now=now, limit=7) as process:
        process.communicate()
        assert process.returncode == 0


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_instant_loses_nobody_and_sends_nothing_twice(tmp_path: Path, seed: int) -> None:
    site, random, kills = Site(tmp_path), Random(seed), 8
    for kill in range(kills):
        run_and_kill(site, now=NOW + kill * timedelta(minutes=10), steps=random.randint(1, 45))
    run_to_the_end(site, now=NOW + kills * timedelta(minutes=10))

    sent, tally = site.sent(), site.tally()
    recorded, unknown = site.keys(3), site.keys(6)
    assert len(sent) == len(set(sent))
    assert tally.is_done
    assert recorded | unknown == keys_of_all()
    assert len(unknown) == tally[State.UNKNOWN] <= kills
    assert recorded <= set(sent) <= recorded | unknown


@pytest.mark.parametrize(
    ("step", "is_unknown", "was_sent"),
    [("taken", False, True), ("begun", True, False), ("sent", True, True), ("ended", False, True)],
)
def test_killed_around_the_point_of_no_return_names_the_unknown(
    tmp_path: Path, step: str, is_unknown: bool, was_sent: bool
) -> None:
    site, first = Site(tmp_path), "issue:" + "0" * 32
    with site.worker(now=NOW, limit=7, wait=step) as process:
        assert process.stdout
        assert any(line.startswith(step) for line in process.stdout)
        process.kill()
    run_to_the_end(site, now=NOW + timedelta(minutes=10))
    unknown = {first} if is_unknown else set()
    assert site.keys(6) == unknown
    assert site.keys(3) == keys_of_all() - unknown
    assert site.sent().count(first) == int(was_sent)
    assert len(site.sent()) == len(set(site.sent())) == PEOPLE - 1 + int(was_sent)


def test_two_senders_at_once_never_get_the_same_delivery(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with (
        site.worker(now=NOW, limit=3, wait="taken") as one,
        site.worker(now=NOW, limit=3, wait="taken") as two,
    ):
        for process in (one, two):
            assert process.stdout
            assert process.stdout.readline() == f"frozen {PEOPLE}\n"
            assert process.stdout.readline() == "taken 3\n"
        said = finish_together(one, two)
        assert (one.returncode, two.returncode) == (0, 0)
    began = [line for line in said if line.startswith("begun")]
    assert len(began) == len(set(began)) == PEOPLE
    assert sorted(site.sent()) == sorted(keys_of_all())
    assert site.tally().counts == {State.SENT: PEOPLE}


def finish_together(*processes: subprocess.Popen[str]) -> list[str]:
    """Let the waiting senders go at once, and give what all of them said until their end."""
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    # What they say fits into their pipes, so that neither waits to be read while the other is.
    return [line for process in processes for line in process.communicate()[0].splitlines()]
