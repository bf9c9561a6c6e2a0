"""A ledger of version 2, carried over: who was owed what, and how each ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.model.delivery import State
from vesicle.store.database import Database, open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.migrations import MIGRATIONS

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
STATES = ("pending", "taken", "sending", "sent", "deferred", "failed", "unknown", "skipped")
OLD = (
    *(
        f"INSERT INTO subscribers VALUES ({n + 1}, '{n:032x}', '{n}@x.org', '{n}@x.org', 1, 'en', '')"
        for n in range(8)
    ),
    "INSERT INTO frozen VALUES (1, 'issue', 'email', 'h')",
    """INSERT INTO messages VALUES (1, 1, 'en',
    '{"channel":"email","slug":"issue","lang":"en","text":"Nine.","links":[],"pictures":[],"headers":[],"sender":null}')""",
    *(
        f"INSERT INTO deliveries VALUES ({n + 1}, 'issue:{n:032x}', 1, {n + 1}, 'en', {n}, 1, "
        + ("'t', '2026-11-26 09:10:00.000000', " if n in (1, 2) else "NULL, NULL, ")
        + ("'2026-11-26 10:00:00.000000', " if n == 4 else "NULL, ")
        + f"'{'because' if n in (4, 5, 7) else ''}', NULL, '2026-11-26 08:00:00.000000')"
        for n in range(8)
    ),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    path = str(tmp_path / "vesicle.db")
    old = open_database(path, steps=MIGRATIONS[:2])
    with old.writing() as connection:
        for statement in OLD:
            connection.exec_driver_sql(statement)
    old.close()
    database = open_database(path)
    bind_key(database, bytes(32))
    yield database
    database.close()


def test_everybody_is_where_they_were_and_what_was_in_hand_is_owed_or_unknown(database: Database) -> None:
    rows = list(SqlDeliveries(database).undelivered("issue", set(State)))
    assert [row.key for row in rows] == [f"issue:{number:032x}" for number in range(8)]
    expected = {"taken": State.PENDING, "sending": State.UNKNOWN}
    assert [row.state for row in rows] == [expected.get(name, State(name)) for name in STATES]
    assert [row.reason for row in rows if row.reason] == ["because"] * 3


def test_what_was_owed_is_taken_and_the_deferred_at_their_time(database: Database) -> None:
    ledger = SqlLedger(database, random_token=iter(range(1, 9)).__next__)
    first = ledger.take("email", limit=9, now=NOW, lease=timedelta(minutes=2))
    assert [one.key[-1] for one in first] == ["0", "1"]
    later = ledger.take("email", limit=9, now=NOW + timedelta(hours=1), lease=timedelta(minutes=2))
    assert [one.key[-1] for one in later] == ["0", "1", "4"]
    assert SqlDeliveries(database).settle_unknown("issue", resend=True, now=NOW) == 2
    ledger.close()
