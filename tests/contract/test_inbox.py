from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from vesicle.model.paper import Candidate, CandidateState, Cursor, Paper, Passage
from vesicle.ports import Inbox

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def paper(number: str = "1", *, source: str = "pubmed", pmid: str = "", doi: str = "") -> Paper:
    return Paper(
        source=source, id=number, title=f"Paper {number}", url=f"https://x.org/{number}", pmid=pmid, doi=doi
    )


FULL = Paper(
    source="pubmed",
    id="34095124",
    title="β-catenin in <i>exosomes</i>",
    url="https://pubmed.ncbi.nlm.nih.gov/34095124/",
    pmid="34095124",
    doi="10.1155/2021/6667777",
    authors=("Ångström A", "สมชาย ใจดี"),
    journal="Stem Cells Int",
    published="2021 May-Jun",
    year=2021,
    seen=date(2021, 6, 7),
    abstract=(Passage(label="RESULTS", text="Nine donors."), Passage(text="5% more.")),
)


def test_gives_a_paper_back_whole_and_new(inbox: Inbox) -> None:
    assert inbox.add([FULL], now=NOW) == 1
    assert inbox.candidates() == (Candidate(paper=FULL, found=NOW, state=CandidateState.NEW),)


def test_gives_a_paper_of_which_little_is_known_back_whole(inbox: Inbox) -> None:
    inbox.add([paper()], now=NOW)
    assert [candidate.paper for candidate in inbox.candidates()] == [paper()]


def test_counts_the_new_ones_only(inbox: Inbox) -> None:
    assert inbox.add([paper("1"), paper("2")], now=NOW) == 2
    assert inbox.add([paper("2"), paper("3")], now=NOW) == 1
    assert inbox.add(iter([paper("1"), paper("2"), paper("3")]), now=NOW) == 0
    assert len(inbox.candidates()) == 3


def test_one_paper_twice_in_a_run_is_one_candidate(inbox: Inbox) -> None:
    assert inbox.add([paper("1"), paper("1")], now=NOW) == 1


def test_a_paper_seen_again_stays_as_it_was_found(inbox: Inbox) -> None:
    inbox.add([FULL], now=NOW)
    inbox.add([replace(FULL, title="Another title")], now=NOW + timedelta(days=1))
    assert inbox.candidates() == (Candidate(paper=FULL, found=NOW),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper("1", pmid="77"), paper("9", source="europe_pmc", pmid="77")),
        (paper("1", pmid="77", doi="10.1/a"), paper("9", source="feed", pmid="77", doi="10.1/other")),
        (paper("1", doi="10.1/AbC"), paper("9", source="feed", doi="10.1/aBc")),
        (paper("1"), paper("1")),
    ],
    ids=["pmid", "pmid before doi", "doi in any case", "source and id"],
)
def test_the_same_paper_from_two_sources_is_one(inbox: Inbox, first: Paper, second: Paper) -> None:
    assert inbox.add([first], now=NOW) == 1
    assert inbox.add([second], now=NOW) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper("1", pmid="77"), paper("1", pmid="78")),
        (paper("1", doi="10.1/a"), paper("1", doi="10.1/b")),
        (paper("1", source="pubmed"), paper("1", source="feed")),
        (paper("77", source="pmid-feed"), paper("1", pmid="77")),
    ],
)
def test_different_papers_are_two(inbox: Inbox, first: Paper, second: Paper) -> None:
    assert inbox.add([first, second], now=NOW) == 2


def test_the_newest_come_first(inbox: Inbox) -> None:
    inbox.add([paper("old")], now=NOW)
    undated = paper("undated")
    early = replace(paper("early"), seen=date(2026, 11, 1))
    late = replace(paper("late"), seen=date(2026, 11, 20))
    inbox.add([undated, late, early, paper("last added")], now=NOW + timedelta(microseconds=1))
    titles = [candidate.paper.id for candidate in inbox.candidates()]
    assert titles == ["late", "early", "last added", "undated", "old"]


def test_gives_the_candidates_of_one_state(inbox: Inbox) -> None:
    inbox.add([paper("1")], now=NOW)
    assert len(inbox.candidates(CandidateState.NEW)) == 1
    assert inbox.candidates(CandidateState.KEPT) == ()
    assert inbox.candidates(CandidateState.SKIPPED) == ()


def test_a_cursor_is_empty_before_the_first_run(inbox: Inbox) -> None:
    assert inbox.cursor("pubmed") == Cursor()


def test_remembers_where_each_source_ended_last(inbox: Inbox) -> None:
    inbox.advance("pubmed", Cursor(position="2026-11-20"))
    inbox.advance("feed", Cursor(position="etag-7"))
    inbox.advance("pubmed", Cursor(position="2026-11-22"))
    assert inbox.cursor("pubmed") == Cursor(position="2026-11-22")
    assert inbox.cursor("feed") == Cursor(position="etag-7")


def test_papers_that_fail_half_way_leave_nothing(inbox: Inbox) -> None:
    def broken() -> Iterator[Paper]:
        yield paper("1")
        raise ConnectionError("the source went away")

    with pytest.raises(ConnectionError):
        inbox.add(broken(), now=NOW)
    assert inbox.candidates() == ()
