"""Imports into a database and their report on the disk, where something is in the way."""

import csv
import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rim.import_worker import CONSENT, KEY

from vesicle.model.enrolment import Enrolment, Refusal
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.subscriber import Added, Subscriber, SubscriberStatus, SuppressionReason
from vesicle.pipeline.enrol import Terms, enrol, import_name
from vesicle.queue.randomness import growing_id
from vesicle.store.database import Database, open_database
from vesicle.store.identity import address_key, normalised
from vesicle.store.key import bind_key
from vesicle.store.refusals import RefusalFile
from vesicle.store.subscribers import Rehearsal, SqlImport, SqlSubscribers

TERMS = Terms(file="people.csv", language="en", consent=CONSENT, new_id=growing_id)


def new_database(path: Path) -> Database:
    database = open_database(str(path))
    bind_key(database, KEY)
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = new_database(tmp_path / "vesicle.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = new_database(tmp_path_factory.mktemp("scratch") / "vesicle.db")
    yield database
    database.close()


def run(database: Database, data: bytes, *, chunk: int = 4, report: RefusalFile | None = None) -> Enrolment:
    file = io.BytesIO(data)
    intake = SqlImport(database, key=KEY, name=import_name(file, TERMS))
    return enrol(file, intake, TERMS, report=report, chunk=chunk)


def people(number: int) -> bytes:
    return b"email\n" + b"".join(b"p%d@example.org\n" % one for one in range(number))


# the account


def test_an_import_that_was_done_begins_again_at_the_top(database: Database) -> None:
    assert run(database, people(10)).added == 10
    again = run(database, people(10))
    assert (again.added, again.known) == (0, 10)


def test_an_import_that_goes_on_in_another_process_is_left_alone(database: Database) -> None:
    one, two = (SqlImport(database, key=KEY, name="same") for _ in range(2))
    one.begin()
    two.begin()
    account = Enrolment(position=10, line=2)
    one.take((), lambda _: account)
    with pytest.raises(UserError, match="another process"):
        two.take((), lambda _: account)
    assert two.begin() == account


def test_a_full_disk_ends_an_import_that_goes_on_when_there_is_room(database: Database) -> None:
    with database.writing() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(TemporaryFailure, match="full"):
        run(database, people(3000), chunk=100)
    there = len(list(SqlSubscribers(database, key=KEY).all()))
    assert 0 < there < 3000
    assert there % 100 == 0
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    account = run(database, people(3000), chunk=100)
    assert (account.added, account.known) == (3000, 0)
    assert len(list(SqlSubscribers(database, key=KEY).all())) == 3000


# trying


ADDRESSES = st.lists(
    st.sampled_from(
        ["a@x.example", "A@X.example", "b@x.example", "c@x.example", "s@x.example", "k@x.example", "no"]
    ),
    max_size=12,
)


@given(ADDRESSES, st.integers(min_value=1, max_value=5))
def test_a_rehearsal_tells_what_the_import_then_does(
    scratch: Database, addresses: list[str], chunk: int
) -> None:
    with scratch.writing() as connection:
        for table in ("subscribers", "consents", "suppressions", "imports"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    list_ = SqlSubscribers(scratch, key=KEY)
    known = Subscriber(id="1" * 32, email="k@x.example", status=SubscriberStatus.BOUNCED, language="en")
    assert list_.add([(known, CONSENT)]) == [Added.ADDED]
    list_.suppress("S@x.example", SuppressionReason.BY_HAND, now=CONSENT.at)
    data = ("email\n" + "\n".join(addresses)).encode()
    rehearsal = Rehearsal(scratch, key=KEY)
    told = enrol(io.BytesIO(data), rehearsal, TERMS, chunk=chunk)
    rehearsal.close()
    assert list(list_.all()) == [known]
    assert run(scratch, data, chunk=chunk) == told


# the report


def lines(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_report_goes_on_behind_what_is_part_of_an_account(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    report = RefusalFile(path)
    report.begin(0)
    size = report.write([Refusal(line=2, reason='a "quoted", reason')])
    report.write([Refusal(line=3, reason="never part of an account")])
    assert size < path.stat().st_size
    again = RefusalFile(path)
    again.begin(size)
    assert again.write([]) == size
    assert again.write([Refusal(line=4, reason="x")]) == path.stat().st_size
    assert lines(path) == [["line", "reason"], ["2", 'a "quoted", reason'], ["4", "x"]]


def test_a_report_that_somebody_has_taken_away_begins_anew(tmp_path: Path) -> None:
    report = RefusalFile(tmp_path / "refused.csv")
    report.begin(1000)
    report.write([Refusal(line=9, reason="x")])
    assert lines(report.path) == [["line", "reason"], ["9", "x"]]


def test_an_older_report_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    path.write_text("something else")
    RefusalFile(path).begin(0)
    assert lines(path) == [["line", "reason"]]


def test_a_report_that_cannot_be_written_is_a_mistake_at_first_and_a_failure_later(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--report"):
        RefusalFile(tmp_path / "nowhere" / "refused.csv").begin(0)
    report = RefusalFile(tmp_path / "folder" / "refused.csv")
    report.path.parent.mkdir()
    report.begin(0)
    report.path.unlink()
    report.path.parent.rmdir()
    with pytest.raises(TemporaryFailure, match="cannot be written"):
        report.write([Refusal(line=2, reason="x")])


def test_nobody_of_a_chunk_comes_in_whose_refusals_cannot_be_written(
    database: Database, tmp_path: Path
) -> None:
    class Breaking(RefusalFile):
        """A report whose third chunk does not fit on the disk."""

        chunks = count()

        def write(self, refusals: object) -> int:
            if next(self.chunks) == 2:
                raise TemporaryFailure("the disk is full")
            return super().write([])

    with pytest.raises(TemporaryFailure, match="the disk is full"):
        run(database, people(20), report=Breaking(tmp_path / "refused.csv"))
    assert len(list(SqlSubscribers(database, key=KEY).all())) == 8


# addresses


@given(
    st.text(max_size=12)
    | st.emails()
    | st.builds("{}@{}.ÄÖ".format, st.text(max_size=3), st.text(max_size=5))
)
def test_an_address_as_it_is_stored_has_the_key_of_the_one_that_was_given(address: str) -> None:
    assert address_key(normalised(address)) == address_key(address)
    assert normalised(normalised(address)) == normalised(address)
