"""How fast an inbox takes papers, and that it writes no more than it must."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPICursor
from tests.contract.conftest import alike

from vesicle.model.paper import CandidateState, Judgement, Paper, Passage, Reason, Standing, Stored
from vesicle.ports import Entry
from vesicle.store.database import Database, open_database
from vesicle.store.inbox import SqlInbox

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
PAGE = 500
# Measured on two cores: above 5,000 a second new or changed. The floor leaves room for a busy machine.
FLOOR = 1000


def entry(number: int, *, score: float) -> Entry:
    """Give an entry of the size that PubMed's have."""
    paper = Paper(
        source="pubmed",
        id=str(number),
        pmid=str(number),
        doi=f"10.1/{number}",
        title=f"Exosomes of cell {number} heal the skin of mice after burns",
        url=f"https://example.org/{number}",
        authors=tuple(f"Author{author} A" for author in range(6)),
        affiliations=("A department of a university, in a town, of a country",) * 6,
        seen=date(2021, 6, 7) + timedelta(days=number % 900),
        abstract=(Passage(label="RESULTS", text="Nine donors gave their cells. " * 12),) * 4,
        mesh=tuple(f"Term {term}" for term in range(10)),
    )
    reasons = tuple(Reason(rule=f"rule {rule}", points=rule / 3, words=("exosome",)) for rule in range(5))
    judgement = Judgement(score=score, reasons=reasons, standing=Standing.SOUND, is_preprint=False)
    return Entry(paper=paper, judgement=judgement)


def pages(score: float) -> list[list[Entry]]:
    return [[entry(first + number, score=score) for number in range(PAGE)] for first in range(1, 3001, PAGE)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(str(tmp_path / "vesicle.db"))
    yield database
    database.close()


@pytest.fixture
def statements(database: Database) -> list[str]:
    """Every statement the database is given, with its query plan."""
    given: list[str] = []
    with database.reading() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", partial(note, given))
    return given


def note(
    given: list[str], connection: Connection, cursor: DBAPICursor, statement: str, values: Any, *_: object
) -> None:
    plan = ""
    if statement.startswith("SELECT"):
        explained = connection.connection.cursor()
        explained.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = "; ".join(str(step[3]) for step in explained.fetchall())
    given.append(f"{statement}\n{plan}")


def test_takes_papers_faster_than_any_source_gives_them(database: Database) -> None:
    inbox, total = SqlInbox(database), 6 * PAGE
    for score, expected in ((1.0, (total, 0)), (1.0, (0, 0)), (2.0, (0, total))):
        coming = pages(score)
        start = perf_counter()
        stored = [inbox.store(page, now=NOW) for page in coming]
        seconds = perf_counter() - start
        assert (sum(one.new for one in stored), sum(one.changed for one in stored)) == expected
        assert total / seconds > FLOOR


def test_the_same_entries_again_touch_no_row(database: Database, statements: list[str]) -> None:
    inbox, page = SqlInbox(database), [entry(number, score=1) for number in range(1, 20)]
    inbox.store(page, now=NOW)
    statements.clear()
    assert inbox.store(page, now=NOW + timedelta(days=1)) == Stored(new=0, changed=0)
    assert statements
    assert all(statement.startswith(("BEGIN", "SELECT")) for statement in statements)


def test_a_page_takes_as_many_statements_as_one_paper(database: Database, statements: list[str]) -> None:
    inbox = SqlInbox(database)
    inbox.store([entry(1, score=1)], now=NOW)
    of_one = len(statements)
    statements.clear()
    inbox.store([entry(number, score=1) for number in range(2, 500)], now=NOW)
    assert len(statements) == of_one


def test_no_question_reads_the_whole_inbox(database: Database, statements: list[str]) -> None:
    inbox = SqlInbox(database)
    inbox.store(pages(1.0)[0], now=NOW)
    statements.clear()
    one = entry(7, score=1)
    inbox.store([one], now=NOW)
    alike(inbox, one.paper)
    inbox.find("7")
    inbox.decide("7", CandidateState.KEPT, now=NOW)
    inbox.flag("7", Standing.CONCERN, now=NOW)
    inbox.candidates(CandidateState.KEPT)
    inbox.last("pubmed")
    scans = [
        one
        for one in statements
        for table in ("papers", "names", "mentions", "candidates")
        if f"SCAN {table}" in one
    ]
    assert scans == []
