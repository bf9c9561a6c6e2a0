"""What every inbox does with records of papers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from vesicle.model.item import Design, Evidence, Subject
from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Correction,
    Judgement,
    Link,
    Paper,
    Passage,
    Reason,
    Relation,
    Standing,
    Stored,
)
from vesicle.ports import Entry, Inbox

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SOUND = Judgement(score=1, reasons=(), standing=Standing.SOUND, is_preprint=False)


def paper(number: str = "1", *, source: str = "pubmed", pmid: str = "", doi: str = "") -> Paper:
    return Paper(
        source=source, id=number, title=f"Paper {number}", url=f"https://x.org/{number}", pmid=pmid, doi=doi
    )


def entries(*papers: Paper) -> list[Entry]:
    return [Entry(paper=one, judgement=SOUND) for one in papers]


def standing_of(inbox: Inbox, name: str) -> Standing | None:
    found = inbox.find(name)
    assert found
    return found.judgement.standing if found.judgement else None


def only(inbox: Inbox) -> Candidate:
    (candidate,) = inbox.candidates()
    return candidate


FULL = Paper(
    source="pubmed",
    id="34095124",
    title="β-catenin in exosomes",
    title_html="β-catenin in <i>exosomes</i>",
    vernacular_title="เบต้าแคทีนิน",
    language="eng",
    url="https://pubmed.ncbi.nlm.nih.gov/34095124/",
    pmid="34095124",
    doi="10.1155/2021/AbC",
    pmcid="PMC1",
    authors=("Ångström A", "สมชาย ใจดี"),
    affiliations=("Mahidol",),
    journal="Stem Cells Int",
    published="2021 May-Jun",
    year=2021,
    seen=date(2021, 6, 7),
    changed=date(2021, 7, 1),
    abstract=(Passage(label="RESULTS", text="Nine donors.", html="<b>Nine</b>"), Passage(text="5% more.")),
    other_abstracts=(Passage(label="plain-language-summary", text="Nine gave."),),
    types=("Journal Article",),
    mesh=("Humans",),
    keywords=("secretome",),
    corrections=(
        Correction(kind="ErratumIn", pmid="7", source="J 2022", note="n"),
        Correction(kind="UpdateOf"),
    ),
    status="MEDLINE",
    version=2,
    is_book=True,
)
JUDGED = Judgement(
    score=0.1 + 0.2,
    reasons=(Reason(rule="topic", points=2.5, words=("exosome",)), Reason(rule="letter", points=-1)),
    standing=Standing.CORRECTED,
    is_preprint=True,
    evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS, Subject.CELLS), size="24 rats"),
)
LINKS = (Link(relation=Relation.PREPRINT_OF, to="pmid:8"), Link(relation=Relation.ABOUT, to="doi:10.1/x"))


# what is stored


def test_gives_a_paper_back_whole_and_new(inbox: Inbox) -> None:
    assert inbox.store([Entry(paper=FULL, judgement=JUDGED, links=LINKS)], now=NOW) == Stored(
        new=1, changed=0
    )
    assert inbox.candidates() == (Candidate(paper=FULL, found=NOW, judgement=JUDGED, links=LINKS),)
    assert inbox.find("34095124") == only(inbox)


def test_gives_a_paper_of_which_little_is_known_back_whole(inbox: Inbox) -> None:
    inbox.store(entries(paper()), now=NOW)
    assert only(inbox) == Candidate(paper=paper(), found=NOW, judgement=SOUND)


def test_counts_what_is_new(inbox: Inbox) -> None:
    assert inbox.store(entries(paper("1"), paper("2")), now=NOW) == Stored(new=2, changed=0)
    assert inbox.store(entries(paper("2"), paper("3")), now=NOW) == Stored(new=1, changed=0)
    assert inbox.store(iter(entries(paper("1"), paper("2"), paper("3"))), now=NOW) == Stored(new=0, changed=0)
    assert len(inbox.candidates()) == 3


def test_nothing_stored_is_nothing_new(inbox: Inbox) -> None:
    assert inbox.store([], now=NOW) == Stored(new=0, changed=0)
    assert inbox.candidates() == ()


def test_one_paper_twice_in_a_run_is_one_candidate(inbox: Inbox) -> None:
    assert inbox.store(entries(paper("1"), paper("1")), now=NOW) == Stored(new=1, changed=0)


def test_the_same_entries_again_change_nothing(inbox: Inbox) -> None:
    same = [
        Entry(paper=FULL, judgement=JUDGED, links=LINKS),
        *entries(replace(FULL, version=1, doi="10.1155/2021/old"), replace(FULL, source="feed", abstract=())),
        *entries(paper("1", doi="10.1/a"), paper("2", source="feed", pmid="2", doi="10.1/A")),
    ]
    inbox.store(same, now=NOW)
    before = inbox.candidates()
    assert inbox.store(same, now=LATER) == Stored(new=0, changed=0)
    assert inbox.candidates() == before


def test_entries_that_fail_half_way_leave_nothing(inbox: Inbox) -> None:
    inbox.store(entries(paper("0")), now=NOW)

    def broken() -> Iterator[Entry]:
        yield from entries(replace(paper("0"), title="Changed"), paper("1"))
        raise ConnectionError("the source went away")

    with pytest.raises(ConnectionError):
        inbox.store(broken(), now=LATER)
    assert only(inbox).paper == paper("0")
    assert inbox.find("pubmed:1") is None
    assert inbox.store(entries(paper("1")), now=LATER) == Stored(new=1, changed=0)


# which papers are one


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper("1", pmid="77"), paper("9", source="europe_pmc", pmid="77")),
        (paper("1", pmid="77", doi="10.1/a"), paper("9", source="feed", pmid="77", doi="10.1/other")),
        (paper("1", doi="10.1/AbC"), paper("9", source="feed", doi="10.1/aBc")),
        (paper("1", doi="10.1/AbC"), paper("9", source="feed", doi="10.1/aBc", pmid="77")),
        (paper("1", doi="10.1/AbC", pmid="77"), paper("9", source="feed", doi="10.1/aBc")),
        (paper("1"), paper("1")),
        (paper("1"), paper("1", doi="10.1/a")),
        (paper("1", doi="10.1/a"), paper("1")),
        (paper("1"), paper("1", pmid="1")),
    ],
    ids=[
        "pmid",
        "pmid before doi",
        "doi",
        "doi, then pmid",
        "pmid, then doi",
        "id",
        "doi new",
        "doi gone",
        "pmid new",
    ],
)
def test_the_same_paper_from_two_sources_is_one(inbox: Inbox, first: Paper, second: Paper) -> None:
    assert inbox.store(entries(first), now=NOW).new == 1
    assert inbox.store(entries(second), now=LATER).new == 0
    assert only(inbox).found == NOW
    assert only(inbox).paper.pmid == (first.pmid or second.pmid)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper("1", pmid="77"), paper("1", pmid="78")),
        (paper("1", pmid="77", doi="10.1/a"), paper("2", pmid="78", doi="10.1/a")),
        (paper("1", doi="10.1/a"), paper("1", doi="10.1/b")),
        (paper("1", source="pubmed"), paper("1", source="feed")),
        (paper("77", source="pmid-feed"), paper("1", pmid="77")),
    ],
    ids=["pmid", "one doi, two pmids", "doi", "source", "like a pmid"],
)
def test_different_papers_are_two(inbox: Inbox, first: Paper, second: Paper) -> None:
    assert inbox.store(entries(first, second), now=NOW).new == 2
    assert inbox.store(entries(first, second), now=NOW) == Stored(new=0, changed=0)
    assert {candidate.paper for candidate in inbox.candidates()} == {first, second}


def test_a_paper_known_by_doi_and_later_by_pmid_keeps_decision_and_when_it_was_found(inbox: Inbox) -> None:
    inbox.store(entries(paper("1", source="feed", doi="10.1/a")), now=NOW)
    inbox.decide("10.1/a", CandidateState.SKIPPED, because="off topic", now=NOW)
    known = paper("5", pmid="5", doi="10.1/A")
    assert inbox.store(entries(known), now=LATER) == Stored(new=0, changed=1)
    assert only(inbox) == Candidate(
        paper=known, found=NOW, state=CandidateState.SKIPPED, judgement=SOUND, because="off topic"
    )
    assert inbox.find("5") == inbox.find("10.1/a") == inbox.find("feed:1") == only(inbox)


def two_rows_of_one(inbox: Inbox) -> None:
    inbox.store(entries(paper("1", source="feed", doi="10.1/a")), now=NOW)
    inbox.store(entries(paper("5", pmid="5")), now=LATER)
    assert len(inbox.candidates()) == 2


def test_two_that_turn_out_to_be_one_paper_are_joined(inbox: Inbox) -> None:
    two_rows_of_one(inbox)
    both = paper("5", pmid="5", doi="10.1/a")
    assert inbox.store(entries(both), now=LATER) == Stored(new=0, changed=1)
    assert only(inbox) == Candidate(paper=both, found=NOW, judgement=SOUND)
    assert inbox.find("5") == inbox.find("10.1/a") == inbox.find("feed:1") == only(inbox)
    assert inbox.store(entries(both), now=LATER) == Stored(new=0, changed=0)
    assert inbox.store(entries(paper("1", source="feed", doi="10.1/a")), now=LATER).new == 0


@pytest.mark.parametrize("name", ["5", "10.1/a"])
def test_of_two_that_are_joined_the_decided_one_wins(inbox: Inbox, name: str) -> None:
    two_rows_of_one(inbox)
    inbox.decide(name, CandidateState.SKIPPED, because="seen", now=NOW)
    inbox.store(entries(paper("5", pmid="5", doi="10.1/a")), now=LATER)
    assert (only(inbox).state, only(inbox).because) == (CandidateState.SKIPPED, "seen")


@pytest.mark.parametrize("last", ["5", "10.1/a"])
def test_of_two_decided_ones_the_later_decision_wins(inbox: Inbox, last: str) -> None:
    two_rows_of_one(inbox)
    for name in ("5", "10.1/a"):
        is_last = name == last
        state = CandidateState.KEPT if is_last else CandidateState.SKIPPED
        inbox.decide(name, state, because=name, now=LATER if is_last else NOW)
    inbox.store(entries(paper("5", pmid="5", doi="10.1/a")), now=LATER)
    assert (only(inbox).state, only(inbox).because) == (CandidateState.KEPT, last)


def test_three_that_turn_out_to_be_one_are_joined_and_told_of_once(inbox: Inbox) -> None:
    two_rows_of_one(inbox)
    inbox.store(entries(paper("7")), now=LATER)
    for name in ("5", "10.1/a", "pubmed:7"):
        inbox.flag(name, Standing.CONCERN, now=NOW)
    inbox.flag("5", Standing.RETRACTED, now=NOW)
    both = paper("7", pmid="5", doi="10.1/a")
    assert inbox.store(entries(both, paper("8")), now=LATER) == Stored(new=1, changed=1)
    assert {one.paper.id for one in inbox.candidates()} == {"7", "8"}
    assert not inbox.flag("10.1/a", Standing.CONCERN, now=LATER)
    assert not inbox.flag("pubmed:7", Standing.RETRACTED, now=LATER)


def test_joined_within_one_call_with_a_new_one(inbox: Inbox) -> None:
    inbox.store(entries(paper("1", source="feed", doi="10.1/a")), now=NOW)
    both = [paper("5", pmid="5"), paper("5", pmid="5", doi="10.1/a")]
    assert inbox.store(entries(*both), now=LATER) == Stored(new=0, changed=1)
    assert only(inbox).paper == both[1]


# what a later record changes


def test_a_later_record_brings_a_paper_up_to_date(inbox: Inbox) -> None:
    inbox.store([Entry(paper=FULL, judgement=SOUND, links=LINKS)], now=NOW)
    inbox.decide("34095124", CandidateState.KEPT, now=NOW)
    new = replace(FULL, title="Another title", mesh=(), keywords=("other",), doi="10.1155/2021/right")
    assert inbox.store([Entry(paper=new, judgement=JUDGED)], now=LATER) == Stored(new=0, changed=1)
    kept = Candidate(paper=new, found=NOW, state=CandidateState.KEPT, judgement=JUDGED)
    assert inbox.candidates() == (kept,)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(paper=replace(FULL, keywords=()), judgement=JUDGED, links=LINKS),
        Entry(paper=FULL, judgement=replace(JUDGED, reasons=()), links=LINKS),
        Entry(paper=FULL, judgement=JUDGED, links=LINKS[:1]),
    ],
    ids=["record", "judgement", "links"],
)
def test_any_difference_is_a_change_and_only_then(inbox: Inbox, entry: Entry) -> None:
    other = entries(paper("2"))
    inbox.store([Entry(paper=FULL, judgement=JUDGED, links=LINKS), *other], now=NOW)
    assert inbox.store([entry, *other], now=LATER) == Stored(new=0, changed=1)
    assert inbox.store([entry, *other], now=LATER) == Stored(new=0, changed=0)


def test_what_changes_and_changes_back_in_one_call_has_not_changed(inbox: Inbox) -> None:
    inbox.store(entries(FULL), now=NOW)
    assert inbox.store(entries(replace(FULL, title="No"), FULL), now=LATER) == Stored(new=0, changed=0)


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
@pytest.mark.parametrize("is_one_call", [True, False])
def test_of_two_versions_of_a_pmid_the_higher_is_kept(
    inbox: Inbox, numbers: tuple[int, int], is_one_call: bool
) -> None:
    versions = [
        replace(FULL, version=number, doi=f"10.1/v{number}", title=f"v{number}") for number in numbers
    ]
    for part in [versions] if is_one_call else [[one] for one in versions]:
        inbox.store(entries(*part), now=NOW)
    assert only(inbox).paper == replace(FULL, version=2, doi="10.1/v2", title="v2")
    assert inbox.find("10.1/v1") == inbox.find("10.1/v2") == only(inbox)
    assert inbox.store(entries(*versions), now=LATER) == Stored(new=0, changed=0)


def test_a_pmid_that_is_borrowed_brings_its_version_so_that_the_same_record_changes_nothing_again(
    inbox: Inbox,
) -> None:
    retracted = Judgement(score=1, reasons=(), standing=Standing.RETRACTED, is_preprint=False)
    inbox.store([Entry(paper=paper(source="feed", doi="10.1/a"), judgement=retracted)], now=NOW)
    second = replace(paper(pmid="1", doi="10.1/a"), version=2)
    assert inbox.store(entries(second), now=NOW) == Stored(new=0, changed=1)
    assert inbox.store(entries(second), now=LATER) == Stored(new=0, changed=0)
    assert standing_of(inbox, "1") is Standing.RETRACTED


@pytest.mark.parametrize("source", ["pubmed", "feed"])
def test_a_record_without_abstract_does_not_take_away_one_that_is_there(inbox: Inbox, source: str) -> None:
    inbox.store(entries(FULL), now=NOW)
    poor = paper("34095124", source=source, pmid="34095124")
    inbox.store(entries(poor), now=LATER)
    assert only(inbox).paper.abstract == FULL.abstract
    assert only(inbox).paper.doi == FULL.doi


def test_an_abstract_that_comes_later_is_taken(inbox: Inbox) -> None:
    inbox.store(entries(replace(FULL, abstract=())), now=NOW)
    assert inbox.store(entries(FULL), now=LATER) == Stored(new=0, changed=1)
    assert only(inbox).paper == FULL


@pytest.mark.parametrize("is_rich_first", [True, False])
def test_two_sources_settle_on_the_fuller_record(inbox: Inbox, is_rich_first: bool) -> None:
    rich = Entry(paper=FULL, judgement=JUDGED, links=LINKS)
    poor = Entry(paper=replace(FULL, source="feed", id="a", abstract=(), mesh=()), judgement=SOUND)
    for one in (rich, poor) if is_rich_first else (poor, rich):
        inbox.store([one], now=NOW)
    assert only(inbox) == Candidate(paper=FULL, found=NOW, judgement=JUDGED, links=LINKS)
    for one in (poor, rich, poor):
        assert inbox.store([one], now=LATER) == Stored(new=0, changed=0)


def test_another_source_gives_the_identifiers_that_were_missing(inbox: Inbox) -> None:
    inbox.store(entries(replace(FULL, doi="", pmcid="")), now=NOW)
    poor = replace(paper("1", source="feed", pmid=FULL.pmid, doi="10.1/a"), pmcid="PMC9", version=2)
    assert inbox.store(entries(poor), now=LATER) == Stored(new=0, changed=1)
    assert only(inbox).paper == replace(FULL, doi="10.1/a", pmcid="PMC9")


def test_a_graver_standing_is_taken_from_a_poorer_record_and_stays(inbox: Inbox) -> None:
    retracted = replace(SOUND, standing=Standing.RETRACTED)
    poor = replace(paper("1", source="crossref", doi=FULL.doi), pmid=FULL.pmid, version=2)
    inbox.store(entries(FULL), now=NOW)
    assert inbox.store([Entry(paper=poor, judgement=retracted)], now=LATER).changed == 1
    assert inbox.store(entries(FULL), now=LATER) == Stored(new=0, changed=0)
    assert standing_of(inbox, FULL.pmid) is Standing.RETRACTED
