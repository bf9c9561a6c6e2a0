"""The file itself: its library, its pragmas, its transactions, its migrations."""

import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Dialect, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import IntegrityError

from vesicle.model.delivery import Frozen, Outcome, Receipt, State
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.store.columns import UtcDateTime
from vesicle.store.database import Database, choose_driver, open_database
from vesicle.store.ledger import SqlLedger
from vesicle.store.migrations import MIGRATIONS
from vesicle.store.packing import pack_message, unpack_message
from vesicle.store.subscribers import SqlSubscribers
from vesicle.store.tables import metadata

DIALECT: Dialect = sqlite.dialect()
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEY = b"k" * 32
ADA = Subscriber(id="a" * 32, email="ada@example.org", status=SubscriberStatus.CONFIRMED, language="en")
CONSENT = Consent(event=ConsentEvent.CONFIRMED, at=datetime(2026, 11, 1, tzinfo=UTC), source="a form")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "site" / "vesicle.db")


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def version(path: str) -> int:
    with sqlite3.connect(path) as connection:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return found


# the library


def test_takes_the_standard_library_where_it_is_safe() -> None:
    assert choose_driver([("sqlite3", "3.51.3"), ("pysqlite3", "3.53.4")]) == "sqlite3"


def test_takes_the_package_where_the_standard_library_is_not_safe() -> None:
    assert choose_driver([("sqlite3", "3.40.1"), ("pysqlite3", "3.53.4")]) == "pysqlite3"


@pytest.mark.parametrize("safe", ["3.51.3", "3.51.10", "3.100.0", "4.0.0", "3.52"])
def test_compares_versions_as_numbers(safe: str) -> None:
    assert choose_driver([("sqlite3", safe)]) == "sqlite3"


@pytest.mark.parametrize("found", [[("sqlite3", "3.51.2")], [("sqlite3", "3.40.1"), ("pysqlite3", "3.7.0")]])
def test_refuses_what_can_corrupt_a_database_and_names_versions_reason_and_mend(
    found: list[tuple[str, str]],
) -> None:
    with pytest.raises(UserError) as caught:
        choose_driver(found)
    (problem,) = caught.value.problems
    assert all(f"{version} in {name}" in problem.text for name, version in found)
    assert "WAL-reset" in problem.why
    assert "pysqlite3" in problem.mend


# opening


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_a_new_database_is_for_its_owner_alone(path: str) -> None:
    database = open_database(path)
    SqlSubscribers(database, key=KEY).add([(ADA, CONSENT)])
    for file in Path(path).parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
    database.close()


def test_commits_are_durable_and_keys_are_checked_on_every_connection(path: str) -> None:
    database = open_database(path)
    with database.reading() as one, database.writing() as two:
        for connection in (one, two):
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "secure_delete") == 1
            assert int(str(pragma(connection, "busy_timeout"))) >= 10_000
    database.close()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be opened") as caught:
        open_database(str(tmp_path))
    assert caught.value.problems[0].where.file == str(tmp_path)


def test_another_file_is_no_database_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 100)
    with pytest.raises(UserError, match="not a database"):
        open_database(str(file))
    assert file.read_text() == "Dear reader, " * 100


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be opened"):
        open_database(str(tmp_path / "file" / "vesicle.db"))


def test_several_may_open_a_new_database_at_once(path: str) -> None:
    together = Barrier(8)

    def open_and_close(_: int) -> None:
        together.wait()
        open_database(path).close()

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(open_and_close, range(8)))) == 8
    assert version(path) == len(MIGRATIONS)


# transactions


def test_what_fails_half_way_is_undone(path: str) -> None:
    database = open_database(path)
    with pytest.raises(LookupError):
        write_and_fail(database)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cursors").scalar_one() == 0
    database.close()


def write_and_fail(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO cursors VALUES ('pubmed', 'x')")
        raise LookupError


def test_a_reader_sees_one_state_while_others_write(path: str) -> None:
    database = open_database(path)
    with database.reading() as reader:
        count = "SELECT count(*) FROM cursors"
        assert reader.exec_driver_sql(count).scalar_one() == 0
        with database.writing() as writer:
            writer.exec_driver_sql("INSERT INTO cursors VALUES ('pubmed', 'x')")
        assert reader.exec_driver_sql(count).scalar_one() == 0
    database.close()


def test_a_failure_of_the_database_is_temporary_and_names_the_file_but_no_values(path: str) -> None:
    database = open_database(path)
    with pytest.raises(TemporaryFailure) as caught, database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", ("ada@example.org",))
    assert path in str(caught.value)
    assert "ada" not in f"{caught.value} {caught.value.__cause__}"
    database.close()


def test_what_was_written_is_there_after_opening_again(path: str) -> None:
    database = open_database(path)
    SqlSubscribers(database, key=KEY).add([(ADA, CONSENT)])
    database.close()
    again = open_database(path)
    assert list(SqlSubscribers(again, key=KEY).all()) == [ADA]
    again.close()


# migrations


def create_notes(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")


def add_language(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE notes ADD COLUMN lang TEXT NOT NULL DEFAULT 'en'")


def fail_half_way(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE notes SET text = 'lost'")
    connection.exec_driver_sql("DROP TABLE nothing")


def notes(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM notes")]


@pytest.fixture
def old(path: str) -> str:
    """A database of version 1 with one row."""
    database = open_database(path, steps=[create_notes])
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (7, 'a word')")
    database.close()
    return path


def test_an_older_database_is_carried_up_with_its_rows(old: str) -> None:
    database = open_database(old, steps=[create_notes, add_language])
    assert notes(database) == [(7, "a word", "en")]
    database.close()
    assert version(old) == 2


def test_opening_again_takes_no_step_twice(old: str) -> None:
    database = open_database(old, steps=[create_notes])
    assert notes(database) == [(7, "a word")]
    database.close()


def test_a_newer_database_is_refused_and_left_alone(old: str) -> None:
    open_database(old, steps=[create_notes, add_language]).close()
    with pytest.raises(UserError, match="version 2, but this Vesicle knows versions up to 1") as caught:
        open_database(old, steps=[create_notes])
    assert caught.value.problems[0].where.file == old
    assert version(old) == 2


def test_a_step_that_fails_half_way_leaves_the_version_before_it(old: str) -> None:
    with pytest.raises(TemporaryFailure):
        open_database(old, steps=[create_notes, add_language, fail_half_way])
    assert version(old) == 2
    database = open_database(old, steps=[create_notes, add_language])
    assert notes(database) == [(7, "a word", "en")]
    database.close()


def test_the_migrations_make_what_the_tables_say(path: str) -> None:
    database = open_database(path)
    with database.reading() as connection:
        for table in metadata.tables.values():
            rows = connection.exec_driver_sql(f"PRAGMA table_info({table.name})").all()
            made = {name: bool(not_null or key) for _, name, _, not_null, _, key in rows}
            assert made == {column.name: not column.nullable for column in table.columns}
        made_tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        assert {name for (name,) in made_tables} == set(metadata.tables)
    database.close()


@pytest.mark.parametrize(
    "change",
    ["state = 8", "state = 1", "state = 4", "lease = 7", "retry_at = 7", "frozen_id = 9", "attempts = NULL"],
)
def test_a_row_that_makes_no_sense_is_refused_by_the_database_itself(path: str, change: str) -> None:
    database = open_database(path)
    freeze(database)
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE deliveries SET {change}")
    database.close()


def freeze(database: Database) -> SqlLedger:
    SqlSubscribers(database, key=KEY).add([(ADA, CONSENT)])
    message = Message(channel="email", slug="issue", lang="en", text="Nine donors.")
    ledger = SqlLedger(database, random_token=iter(range(1, 9)).__next__)
    issue = Frozen(slug="issue", channel="email", hash="h", messages={"en": message})
    ledger.freeze(issue, Audience())
    return ledger


def test_takes_come_straight_from_the_indexes(path: str) -> None:
    database = open_database(path)
    ledger = freeze(database)
    plans: list[str] = []
    with database.reading() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", partial(note_plan, plans))
    for minutes in (0, 1):  # the second take finds that the lease of the first has run out
        ledger.take("email", limit=5, now=NOW + timedelta(minutes=minutes), lease=timedelta(minutes=1))
    ledger.close()
    database.close()
    for index in ("deliveries_pending", "deliveries_leased", "deliveries_deferred"):
        assert any(index in plan for plan in plans), plans
    assert not any(
        mark in plan for plan in plans for mark in ("SCAN deliveries", "ORDER BY", "KEY (frozen_id=?)")
    )


def note_plan(
    plans: list[str], connection: Connection, cursor: DBAPICursor, statement: str, values: Any, *_: object
) -> None:
    if "deliveries" in statement:
        explained = connection.connection.cursor()
        row = values[0] if isinstance(values, list) else values
        explained.execute(f"EXPLAIN QUERY PLAN {statement}", row)
        plans.append("; ".join(str(step[3]) for step in explained.fetchall()))


# columns


@given(st.datetimes(timezones=st.timezones()).filter(lambda moment: 1 < moment.year < 9999))
def test_a_moment_comes_back_in_utc(moment: datetime) -> None:
    column = UtcDateTime()
    back = column.process_result_value(column.process_bind_param(moment, DIALECT), DIALECT)
    assert back == moment.astimezone(UTC)
    assert back is not None
    assert back.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 26, 9, 0), DIALECT)  # noqa: DTZ001  # the fault itself


def test_moments_of_all_zones_are_stored_alike() -> None:
    east = datetime(2026, 11, 26, 16, 0, tzinfo=timezone(timedelta(hours=7)))
    assert UtcDateTime().process_bind_param(east, DIALECT) == east.astimezone(UTC).replace(tzinfo=None)


@given(st.from_type(Message))
def test_a_message_comes_back_whole(message: Message) -> None:
    assert unpack_message(pack_message(message)) == message


def test_an_answer_is_kept_with_the_delivery(path: str) -> None:
    database = open_database(path)
    ledger = freeze(database)
    (taken,) = ledger.take("email", limit=1, now=NOW, lease=timedelta(minutes=1))
    assert ledger.begin(taken, now=NOW).result()
    ledger.end(taken, Outcome(state=State.SENT, at=NOW, receipt=Receipt(raw="250 queued as 4XyZ")))
    ledger.close()
    with database.reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT state, at, lease, reason, said FROM deliveries, receipts"
        ).one()
    assert tuple(row) == (3, int(NOW.timestamp()), None, None, "250 queued as 4XyZ")
    database.close()
