"""The writer that many wait for: what shares a commit, and what becomes of it when the disk refuses."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from vesicle.model.errors import DiskFailure, TemporaryFailure
from vesicle.store.database import Database, open_database
from vesicle.store.generation import Generation
from vesicle.store.group import GroupCommit

SECONDS = 20.0


def put(connection: Any, number: int, told: Sequence[str], asked: Sequence[str]) -> list[bool]:
    """Write names down; a name that begins with "-" goes away instead, and may not be there."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        answers = [_put(connection, name) for name in (*told, *asked)][len(told) :]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return answers


def _put(connection: Any, name: str) -> bool:
    if name == "nowhere":
        connection.execute("DELETE FROM nowhere")
    if name.startswith("-"):
        return bool(connection.execute("DELETE FROM meters WHERE name = ?", (name[1:],)).rowcount)
    return bool(connection.execute("INSERT INTO meters (name, meter) VALUES (?, '')", (name,)).rowcount)


class Disk(Database):
    """A database whose commits fail while *refusal* says something, and that waits at its *gate*."""

    refusal: str
    commits: int
    gate: Event
    is_waiting: Event

    @classmethod
    def over(cls, database: Database, *, refusal: str = "") -> "Disk":
        disk = cls.__new__(cls)
        disk.__dict__ = database.__dict__
        disk.refusal, disk.commits = refusal, 0
        disk.gate, disk.is_waiting = Event(), Event()
        disk.gate.set()
        return disk

    @contextmanager
    def driving(self) -> Iterator[Any]:
        self.is_waiting.set()
        assert self.gate.wait(SECONDS)
        with super().driving() as connection:
            if self.refusal:
                raise TemporaryFailure(self.refusal)
            yield connection
        self.commits += 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(str(tmp_path / "vesicle.db"))
    yield database
    database.close()


def writer(database: Database) -> GroupCommit[str, str]:
    return GroupCommit(database, put, counting=Generation(database))


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT name FROM meters ORDER BY name").scalars()
        return [str(name) for name in found]


def test_what_gathers_during_a_commit_shares_the_next(database: Database) -> None:
    disk = Disk.over(database)
    group = writer(disk)
    disk.gate.clear()
    first = group.ask("0")
    assert disk.is_waiting.wait(SECONDS)
    others = [group.ask(str(number)) for number in range(1, 10)]
    disk.gate.set()
    assert all(one.result(SECONDS) for one in [first, *others])
    assert disk.commits == 2
    assert len(names(database)) == 10
    group.close()


def test_whoever_waits_hears_the_answer(database: Database) -> None:
    group = writer(database)
    assert group.ask("a").result(SECONDS)
    assert not group.ask("-b").result(SECONDS)
    group.close()


def test_what_nobody_waits_for_is_durable_after_a_flush(database: Database) -> None:
    group = writer(database)
    group.tell("a")
    group.flush()
    assert names(database) == ["a"]
    group.close()


def test_closing_writes_what_is_left(database: Database) -> None:
    group = writer(database)
    for number in range(100):
        group.tell(f"{number:02}")
    group.close()
    assert len(names(database)) == 100


def test_a_refused_commit_is_heard_by_who_waits_and_an_outcome_is_kept_for_the_next(
    database: Database,
) -> None:
    disk = Disk.over(database, refusal="database or disk is full")
    group = writer(disk)
    group.tell("an outcome")
    with pytest.raises(TemporaryFailure, match="disk is full"):
        group.ask("an intent").result(SECONDS)
    assert names(database) == []

    disk.refusal = ""
    assert group.ask("another intent").result(SECONDS)
    assert names(database) == ["an outcome", "another intent"]
    group.close()


def test_after_a_failure_of_the_disk_nothing_is_tried_again(database: Database) -> None:
    disk = Disk.over(database, refusal="disk I/O error")
    group = writer(disk)
    for _ in range(2):
        with pytest.raises(DiskFailure, match="look at the disk"):
            group.ask("a").result(SECONDS)
    assert disk.commits == 0
    assert names(database) == []
    with pytest.raises(DiskFailure):
        group.close()


def test_a_fault_in_one_statement_is_heard_and_does_not_end_the_writer(database: Database) -> None:
    group = writer(database)
    with pytest.raises(TemporaryFailure, match="no such table"):
        group.ask("nowhere").result(SECONDS)
    assert group.ask("a").result(SECONDS)
    group.close()
