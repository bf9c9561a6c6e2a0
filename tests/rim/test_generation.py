"""A database that is an older copy of itself is known as such, and nothing of it goes out by itself."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.model.delivery import Frozen, Gate, Outcome, State
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.store.database import open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.ledger import SqlLedger
from vesicle.store.subscribers import SqlSubscribers

BACKUP = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
ISSUE = Frozen(
    slug="issue",
    channel="email",
    hash="h",
    messages={"en": Message(channel="email", slug="issue", lang="en", text="Nine donors.")},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with ten people who are owed an issue."""
    path = tmp_path / "vesicle.db"
    database = open_database(str(path))
    people = [
        Subscriber(
            id=f"{number:032x}",
            email=f"{number}@example.org",
            status=SubscriberStatus.CONFIRMED,
            language="en",
        )
        for number in range(10)
    ]
    agreed = Consent(event=ConsentEvent.IMPORTED, at=NOW, source="people.csv")
    SqlSubscribers(database, key=bytes(32)).add([(person, agreed) for person in people])
    database.close()
    with sending(path) as ledger:
        ledger.freeze(ISSUE, Audience())
    return path


@contextmanager
def sending(path: Path) -> Iterator[SqlLedger]:
    """A sender's run."""
    database = open_database(str(path))
    ledger = SqlLedger(database, random_token=iter(range(1, 100)).__next__)
    ledger.recover(now=NOW)
    yield ledger
    ledger.close()
    database.close()


def send(ledger: SqlLedger, count: int) -> int:
    """Send to *count* people, or to all who are left if they are fewer; give to how many."""
    taken = ledger.take("email", limit=count, now=NOW, lease=LEASE)
    for delivery in taken:
        if ledger.begin(delivery, now=NOW).result():
            ledger.end(delivery, Outcome(state=State.SENT, at=NOW))
    return len(taken)


def back_up(path: Path) -> Path:
    """Copy the database as a person would, without what stands beside it."""
    copy = path.with_name("backup.db")
    shutil.copyfile(path, copy)
    return copy


def test_a_database_that_was_only_closed_goes_on(path: Path) -> None:
    for _ in range(3):
        with sending(path) as ledger:
            assert ledger.gate("issue") is Gate.OPEN
            assert send(ledger, 2) == 2


def test_a_backup_put_back_after_more_went_out_is_held_until_somebody_resumes_it(path: Path) -> None:
    with sending(path) as ledger:
        send(ledger, 2)
    copy = back_up(path)
    with sending(path) as ledger:
        send(ledger, 3)
    copy.replace(path)
    with sending(path) as ledger:
        assert ledger.gate("issue") is Gate.RESTORED
        assert send(ledger, 10) == 0
        assert ledger.tally("issue")[State.PENDING] == 8
        SqlDeliveries(open_database(str(path))).resume("issue", now=NOW)
        assert send(ledger, 10) == 8


def test_a_backup_taken_and_put_back_within_one_run_is_known_too(path: Path) -> None:
    with sending(path) as ledger:
        send(ledger, 2)
        copy = path.with_name("backup.db")
        # Another process, since two SQLite libraries in one take each other's locks away.
        subprocess.run([sys.executable, "-c", BACKUP, str(path), str(copy)], check=True)
        send(ledger, 1)
    for left in path.parent.glob("vesicle.db-*"):
        left.unlink()
    copy.replace(path)
    with sending(path) as ledger:
        assert ledger.gate("issue") is Gate.RESTORED


def test_a_copy_on_another_machine_is_held(path: Path, tmp_path: Path) -> None:
    with sending(path) as ledger:
        send(ledger, 2)
    elsewhere = tmp_path / "elsewhere" / "vesicle.db"
    elsewhere.parent.mkdir()
    shutil.copyfile(path, elsewhere)
    with sending(elsewhere) as ledger:
        assert ledger.gate("issue") is Gate.RESTORED


def test_what_is_done_or_cancelled_is_not_held(path: Path) -> None:
    with sending(path) as ledger:
        send(ledger, 10)
        send(ledger, 1)
    path.with_name("vesicle.db.generation").unlink()
    with sending(path) as ledger:
        assert ledger.gate("issue") is Gate.OPEN
