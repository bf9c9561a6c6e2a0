"""What every inbox answers, and what it remembers of editors and runs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.contract.conftest import alike

from vesicle.model.errors import UserError
from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Correction,
    Cursor,
    Harvest,
    Judgement,
    Paper,
    Standing,
    Stored,
)
from vesicle.ports import Entry, Inbox

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def paper(number: str, *, pmid: str = "", doi: str = "", title: str = "", naming: str = "") -> Paper:
    return Paper(
        source="pubmed",
        id=number,
        pmid=pmid,
        doi=doi,
        title=title or f"Paper {number}",
        url=f"https://x.org/{number}",
        corrections=(Correction(kind="RetractionOf", pmid=naming),) if naming else (),
    )


def entry(one: Paper, score: float = 1, standing: Standing = Standing.SOUND) -> Entry:
    return Entry(
        paper=one, judgement=Judgement(score=score, reasons=(), standing=standing, is_preprint=False)
    )


def store(inbox: Inbox, *papers: Paper, now: datetime = NOW) -> None:
    inbox.store(map(entry, papers), now=now)


def standing_of(inbox: Inbox, name: str) -> Standing:
    found = inbox.find(name)
    assert found
    assert found.judgement
    return found.judgement.standing


# deleted papers


def test_deleted_papers_are_marked_and_counted_once(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"), paper("2", pmid="2"), paper("3", doi="10.1/a"))
    assert inbox.delete(iter(["1", "2", "2", "99"]), now=LATER) == 2
    assert inbox.delete(["2"], now=LATER) == 0
    assert [standing_of(inbox, name) for name in ("1", "2", "10.1/a")] == [
        Standing.DELETED,
        Standing.DELETED,
        Standing.SOUND,
    ]
    assert len(inbox.candidates()) == 3


def test_nothing_to_delete_is_nothing_deleted(inbox: Inbox) -> None:
    assert inbox.delete([], now=NOW) == inbox.delete(["1"], now=NOW) == 0


def test_a_deleted_paper_keeps_all_else(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"))
    inbox.decide("1", CandidateState.KEPT, now=NOW)
    before = inbox.find("1")
    inbox.delete(["1"], now=LATER)
    after = inbox.find("1")
    assert before
    assert before.judgement
    assert after == replace(before, judgement=replace(before.judgement, standing=Standing.DELETED))


def test_a_deleted_paper_that_comes_again_stays_deleted(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"))
    inbox.delete(["1"], now=NOW)
    assert inbox.store([entry(paper("1", pmid="1"))], now=LATER) == Stored(new=0, changed=0)
    inbox.store([entry(replace(paper("1", pmid="1"), journal="J"), standing=Standing.CONCERN)], now=LATER)
    assert standing_of(inbox, "1") is Standing.DELETED


def test_a_deleted_paper_can_be_retracted(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"))
    inbox.delete(["1"], now=NOW)
    inbox.store([entry(paper("1", pmid="1"), standing=Standing.RETRACTED)], now=LATER)
    assert standing_of(inbox, "1") is Standing.RETRACTED


# papers that could belong together


TITLE = "Exosomes of stem cells heal the skin of mice"


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        (paper("1", pmid="1", doi="10.1/AbC"), paper("2", pmid="2", doi="10.1/aBc")),
        (paper("1", pmid="1", title=TITLE), paper("2", pmid="2", title=TITLE.upper() + ".")),
        (paper("1", pmid="1", naming="2"), paper("2", pmid="2")),
        (paper("1", pmid="1"), paper("2", pmid="2", naming="1")),
        (paper("1", pmid="1", doi="10.1/a"), paper("2", doi="10.1/b", naming="1")),
    ],
    ids=["doi", "title", "named by the stored", "named by the asked", "without a pmid"],
)
def test_finds_what_could_belong_with_a_paper(inbox: Inbox, stored: Paper, asked: Paper) -> None:
    store(inbox, stored, paper("9", pmid="9", title="Something else, of which nobody speaks"))
    assert alike(inbox, asked) == (stored,)
    store(inbox, asked)
    assert alike(inbox, asked) == (stored,)
    assert alike(inbox, stored) == (asked,)


def test_a_paper_is_not_alike_itself_whoever_found_it(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1", doi="10.1/a", title=TITLE, naming="1"))
    assert alike(inbox, paper("1", pmid="1", title=TITLE)) == ()
    assert alike(inbox, replace(paper("x", doi="10.1/A", title=TITLE), source="feed")) == ()


def test_short_titles_and_missing_identifiers_bind_nothing(inbox: Inbox) -> None:
    store(inbox, paper("1", title="A letter"), paper("2", title="A letter"))
    assert alike(inbox, paper("3", title="A letter")) == ()


def test_the_alike_come_in_the_order_they_were_stored_and_as_they_are_now(inbox: Inbox) -> None:
    stored = [paper(str(number), pmid=str(number), title=TITLE) for number in (5, 3, 4)]
    store(inbox, *stored)
    assert alike(inbox, paper("9", pmid="9", title=TITLE)) == tuple(stored)
    store(inbox, paper("3", pmid="3", title="A wholly other title of it"))
    assert alike(inbox, paper("9", pmid="9", title=TITLE)) == (stored[0], stored[2])


def test_what_is_no_longer_named_is_no_longer_alike(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1", naming="2"))
    store(inbox, paper("1", pmid="1", naming="3"))
    assert alike(inbox, paper("2", pmid="2")) == ()
    assert alike(inbox, paper("3", pmid="3")) == (paper("1", pmid="1", naming="3"),)


# lists and names


def test_the_highest_score_comes_first_then_the_newest(inbox: Inbox) -> None:
    early = replace(paper("early"), seen=date(2026, 11, 1))
    late = replace(paper("late"), seen=date(2026, 11, 20))
    inbox.store([entry(paper("low"), -2), entry(paper("high"), 7.5)], now=NOW)
    inbox.store(map(entry, [paper("undated"), late, early, paper("last stored")]), now=NOW)
    inbox.store([entry(paper("newest"))], now=NOW + timedelta(microseconds=1))
    order = [candidate.paper.id for candidate in inbox.candidates()]
    assert order == ["high", "newest", "late", "early", "last stored", "undated", "low"]


def test_a_changed_score_changes_the_order(inbox: Inbox) -> None:
    inbox.store([entry(paper("1"), 1), entry(paper("2"), 2)], now=NOW)
    inbox.store([entry(paper("1"), 3)], now=LATER)
    assert [candidate.paper.id for candidate in inbox.candidates()] == ["1", "2"]


@pytest.mark.parametrize("state", list(CandidateState))
def test_gives_the_candidates_of_one_state(inbox: Inbox, state: CandidateState) -> None:
    store(inbox, *(paper(one.value) for one in CandidateState))
    for one in CandidateState:
        inbox.decide(f"pubmed:{one.value}", one, now=NOW)
    assert [candidate.paper.id for candidate in inbox.candidates(state)] == [state.value]


@pytest.mark.parametrize(
    "name",
    [
        "123",
        " 123 ",
        "pmid:123",
        "PMID: 123",
        "10.1/AbC(1)",
        "10.1/abc(1)",
        "doi:10.1/ABC(1)",
        "https://doi.org/10.1/AbC(1)",
        "http://dx.doi.org/10.1/AbC(1)",
        "pubmed:id",
    ],
)
def test_finds_a_paper_by_any_of_its_names(inbox: Inbox, name: str) -> None:
    store(inbox, paper("id", pmid="123", doi="10.1/AbC(1)"), paper("other", pmid="12", doi="10.1/abc"))
    found = inbox.find(name)
    assert found
    assert found.paper.id == "id"


def test_finds_a_paper_that_has_neither_pmid_nor_doi_by_its_identity(inbox: Inbox) -> None:
    store(inbox, paper("NCT01"))
    found = inbox.find("pubmed:NCT01")
    assert found
    assert found.paper.id == "NCT01"


@pytest.mark.parametrize("name", ["", "1234", "pmid:", "doi:", "10.1/", "pubmed:123", "Paper id", "١٢٣"])
def test_finds_nothing_by_another_name(inbox: Inbox, name: str) -> None:
    store(inbox, paper("id", pmid="123", doi="10.1/AbC(1)"))
    assert inbox.find(name) is None


# decisions and flags


def test_remembers_what_the_editor_decided_last_and_why(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"), paper("2", pmid="2"))
    inbox.decide("1", CandidateState.SKIPPED, because="in mice", now=NOW)
    skipped = inbox.find("1")
    assert skipped
    assert (skipped.state, skipped.because) == (CandidateState.SKIPPED, "in mice")
    inbox.decide("pmid:1", CandidateState.KEPT, now=LATER)
    kept = inbox.find("1")
    assert kept == replace(skipped, state=CandidateState.KEPT, because="")
    other = inbox.find("2")
    assert other
    assert other.state is CandidateState.NEW


def test_what_is_not_there_cannot_be_decided_or_flagged(inbox: Inbox) -> None:
    with pytest.raises(UserError, match="'77'"):
        inbox.decide("77", CandidateState.KEPT, now=NOW)
    with pytest.raises(UserError, match="'77'"):
        inbox.flag("77", Standing.RETRACTED, now=NOW)


def test_somebody_is_told_once_of_each_standing_of_each_paper(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1", doi="10.1/a"), paper("2", pmid="2"))
    assert inbox.flag("1", Standing.CONCERN, now=NOW)
    assert not inbox.flag("10.1/A", Standing.CONCERN, now=LATER)
    assert inbox.flag("1", Standing.RETRACTED, now=LATER)
    assert inbox.flag("2", Standing.RETRACTED, now=LATER)
    assert not inbox.flag("1", Standing.RETRACTED, now=LATER)


def test_a_flag_changes_nothing_of_the_candidate(inbox: Inbox) -> None:
    store(inbox, paper("1", pmid="1"))
    before: Candidate | None = inbox.find("1")
    inbox.flag("1", Standing.RETRACTED, now=LATER)
    assert inbox.find("1") == before


# runs


RUN = Harvest(
    source="pubmed",
    found=5,
    new=1,
    fetched=3,
    changed=2,
    missing=("7",),
    deleted=("8", "9"),
    query="exosome*[tiab]",
    translation='"exosomes"[tiab]',
    warnings=("สูตร",),
    problem="2 did not come",
)


def test_nothing_is_known_of_a_source_before_its_first_run(inbox: Inbox) -> None:
    assert inbox.cursor("pubmed") == Cursor()
    assert inbox.last("pubmed") is None
    assert inbox.succeeded("pubmed") is None


def test_keeps_the_account_of_a_run_and_where_it_ended(inbox: Inbox) -> None:
    inbox.finish(RUN, Cursor(position="2026-11-20"), now=NOW)
    assert inbox.last("pubmed") == RUN
    assert inbox.cursor("pubmed") == Cursor(position="2026-11-20")


def test_a_run_that_is_not_complete_leaves_the_cursor_and_is_still_the_last(inbox: Inbox) -> None:
    inbox.finish(replace(RUN, problem=""), Cursor(position="2026-11-20"), now=NOW)
    failed = Harvest(source="pubmed", found=0, new=0, problem="away")
    inbox.finish(failed, None, now=LATER)
    assert inbox.last("pubmed") == failed
    assert inbox.succeeded("pubmed") == NOW
    assert inbox.cursor("pubmed") == Cursor(position="2026-11-20")


def test_an_empty_cursor_is_a_cursor(inbox: Inbox) -> None:
    inbox.finish(RUN, Cursor(position="2026-11-20"), now=NOW)
    inbox.finish(RUN, Cursor(), now=LATER)
    assert inbox.cursor("pubmed") == Cursor()


def test_each_source_has_its_own_runs_and_cursor(inbox: Inbox) -> None:
    inbox.finish(RUN, Cursor(position="2026-11-20"), now=NOW)
    inbox.finish(replace(RUN, source="feed", found=0), Cursor(position="etag-7"), now=NOW)
    inbox.finish(replace(RUN, found=6), Cursor(position="2026-11-22"), now=NOW)
    assert inbox.cursor("pubmed") == Cursor(position="2026-11-22")
    assert inbox.cursor("feed") == Cursor(position="etag-7")
    assert inbox.last("pubmed") == replace(RUN, found=6)
    assert inbox.last("feed") == replace(RUN, source="feed", found=0)
