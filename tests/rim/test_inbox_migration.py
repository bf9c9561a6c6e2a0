"""An inbox of version 1, carried over; and papers as they are packed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from tests.contract.conftest import alike

from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Cursor,
    Harvest,
    Judgement,
    Link,
    Paper,
    Passage,
    Standing,
    Stored,
)
from vesicle.ports import Entry
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.store.migrations import MIGRATIONS
from vesicle.store.packing import (
    pack_harvest,
    pack_judgement,
    pack_links,
    pack_paper,
    unpack_harvest,
    unpack_judgement,
    unpack_links,
    unpack_paper,
)

OLD_INBOX = (
    """INSERT INTO papers VALUES (3, 'pmid:7', 'pubmed', '7', 'β-catenin of mice and men',
    'https://x.org/7', '7', '10.1/AbC', '["Ångström A"]', 'J', '2021 May', 2021, '2021-06-07',
    '[{"text":"Nine.","label":"R"}]')""",
    """INSERT INTO papers VALUES (4, 'doi:10.1/abc', 'feed', 'a', 'The same one', 'https://x.org/a', '',
    '10.1/ABC', '[]', '', '', NULL, NULL, '[]')""",
    """INSERT INTO papers VALUES (9, 'feed:b', 'feed', 'b', '', 'https://x.org/b', '', '', '[]', '', '', NULL,
    NULL, '[]')""",
    """INSERT INTO candidates VALUES (3, '2026-11-20 09:00:00.000000', 0),
    (4, '2026-11-21 09:00:00.000000', 2), (9, '2026-11-22 09:00:00.000000', 1)""",
    "INSERT INTO cursors VALUES ('pubmed', '2026-11-20')",
)
FOUND = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OLD_PAPERS = (
    Paper(
        source="pubmed",
        id="7",
        title="β-catenin of mice and men",
        url="https://x.org/7",
        pmid="7",
        doi="10.1/AbC",
        authors=("Ångström A",),
        journal="J",
        published="2021 May",
        year=2021,
        seen=date(2021, 6, 7),
        abstract=(Passage(text="Nine.", label="R"),),
    ),
    Paper(source="feed", id="a", title="The same one", url="https://x.org/a", doi="10.1/ABC"),
    Paper(source="feed", id="b", title="", url="https://x.org/b"),
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "vesicle.db")


@pytest.fixture
def old_inbox(path: str) -> Iterator[SqlInbox]:
    """An inbox of version 1, opened by the present program."""
    database = open_database(path, steps=MIGRATIONS[:1])
    with database.writing() as connection:
        for statement in OLD_INBOX:
            connection.exec_driver_sql(statement)
    database.close()
    database = open_database(path)
    yield SqlInbox(database)
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    database.close()


def test_an_inbox_of_version_1_is_carried_over_whole(old_inbox: SqlInbox) -> None:
    days, states = (timedelta(0), timedelta(1), timedelta(2)), list(CandidateState)
    assert old_inbox.candidates() == tuple(
        Candidate(paper=paper, found=FOUND + day, state=state)
        for paper, day, state in reversed(
            list(zip(OLD_PAPERS, days, (states[0], states[2], states[1]), strict=True))
        )
    )
    assert old_inbox.cursor("pubmed") == Cursor(position="2026-11-20")
    assert old_inbox.last("pubmed") is None


def test_papers_of_version_1_are_known_by_all_their_names(old_inbox: SqlInbox) -> None:
    names = ("7", "pubmed:7", "10.1/abc", "feed:a", "feed:b")
    found = [old_inbox.find(name) for name in names]
    numbers = (0, 0, 1, 1, 2)
    assert [one.paper if one else None for one in found] == [OLD_PAPERS[number] for number in numbers]
    asked = replace(OLD_PAPERS[0], source="x", pmid="8", doi="10.1/ABC")
    assert alike(old_inbox, replace(asked, title="Another")) == (OLD_PAPERS[0],)


def test_papers_of_version_1_can_be_stored_again_and_joined(old_inbox: SqlInbox) -> None:
    judgement = Judgement(score=1, reasons=(), standing=Standing.SOUND, is_preprint=False)
    again = [Entry(paper=paper, judgement=judgement) for paper in OLD_PAPERS]
    assert old_inbox.store(again, now=FOUND) == Stored(new=0, changed=2)
    joined = Candidate(paper=OLD_PAPERS[0], found=FOUND, state=CandidateState.SKIPPED, judgement=judgement)
    assert old_inbox.find("7") == old_inbox.find("feed:a") == joined
    assert old_inbox.delete(["7"], now=FOUND) == 1


def test_an_empty_inbox_of_version_1_is_carried_over(path: str) -> None:
    open_database(path, steps=MIGRATIONS[:1]).close()
    database = open_database(path)
    assert SqlInbox(database).candidates() == ()
    database.close()


@pytest.mark.parametrize(
    "change",
    ["pmid = '7'", "standing = 3", "score = 2", "links = NULL", "id = 'x'"],
)
def test_a_paper_that_makes_no_sense_is_refused_by_the_database_itself(
    path: str, old_inbox: SqlInbox, change: str
) -> None:
    database = open_database(path)
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE papers SET {change}")
    assert len(old_inbox.candidates()) == 3
    database.close()


# JSON has no other numbers.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@given(st.from_type(Paper), st.from_type(Judgement), st.from_type(Harvest), st.from_type(Link))
def test_a_paper_and_what_is_known_of_it_come_back_whole(
    paper: Paper, judgement: Judgement, harvest: Harvest, link: Link
) -> None:
    assert unpack_paper(pack_paper(paper)) == paper
    assert unpack_judgement(pack_judgement(judgement)) == judgement
    assert unpack_harvest(pack_harvest(harvest)) == harvest
    assert unpack_links(pack_links((link, link))) == (link, link)


def test_a_paper_that_is_not_judged_comes_back_so() -> None:
    assert unpack_judgement(pack_judgement(None)) is None
