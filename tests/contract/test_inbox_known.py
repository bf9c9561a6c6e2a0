"""What every inbox knows about many papers at once is what it knows about each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.conftest import alike

from vesicle.model.paper import Correction, Judgement, Paper, Standing
from vesicle.ports import Entry, Inbox
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper
from vesicle.text.identity import paper_identity

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TITLE = "Exosomes of stem cells heal the skin of mice"
PMIDS = ("1", "2", "3", "4")

PAPERS = st.builds(
    Paper,
    source=st.sampled_from(["pubmed", "feed"]),
    id=st.sampled_from(["a", "b", "c", "d"]),
    title=st.sampled_from([TITLE, TITLE.upper() + ".", "Dust heals the skin of mice", "A letter", ""]),
    url=st.just("https://example.org"),
    pmid=st.sampled_from(["", *PMIDS]),
    doi=st.sampled_from(["", "10.1/a", "10.1/A", "10.1/b"]),
    corrections=st.lists(
        st.builds(Correction, kind=st.just("ErratumFor"), pmid=st.sampled_from(["", *PMIDS])), max_size=2
    ).map(tuple),
)
STANDINGS = st.sampled_from([Standing.SOUND, Standing.CORRECTED, Standing.CONCERN, Standing.RETRACTED])
# One run brings all its papers at once, the next some more.
RUNS = st.lists(st.lists(st.tuples(PAPERS, STANDINGS), max_size=4), max_size=3)


def entry(one: Paper, standing: Standing = Standing.SOUND) -> Entry:
    return Entry(paper=one, judgement=Judgement(score=1, reasons=(), standing=standing, is_preprint=False))


def identities(papers: Sequence[Paper]) -> set[str]:
    return {paper_identity(one) for one in papers}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without a row, to be copied: making one anew for each example takes long."""
    path = tmp_path_factory.mktemp("empty") / "vesicle.db"
    open_database(str(path)).close()
    return path


@contextmanager
def fresh(kind: str, empty: Path) -> Iterator[Inbox]:
    if kind == "memory":
        yield MemoryInbox()
        return
    with TemporaryDirectory() as folder:
        database = open_database(str(copy(empty, folder)))
        yield SqlInbox(database)
        database.close()


@pytest.mark.parametrize("kind", ["memory", "sql"])
@settings(deadline=None, max_examples=40)
@given(runs=RUNS, asked=st.lists(PAPERS, max_size=5))
def test_relatives_of_many_are_those_of_each_alone(
    kind: str, empty: Path, runs: list[list[tuple[Paper, Standing]]], asked: list[Paper]
) -> None:
    with fresh(kind, empty) as inbox:
        for run in runs:
            inbox.store([entry(one, standing) for one, standing in run], now=NOW)
        stored = [one.paper for one in inbox.candidates()]
        questions = [*asked, *stored, *reversed(stored)]
        answers = inbox.known(questions)
        assert len(answers) == len(questions)
        for one, known in zip(questions, answers, strict=True):
            assert identities(known.relatives) == identities(alike(inbox, one))
            assert len(known.relatives) == len(alike(inbox, one))


@pytest.mark.parametrize("kind", ["memory", "sql"])
@settings(deadline=None, max_examples=40)
@given(runs=RUNS)
def test_the_standing_of_a_stored_paper_is_the_one_it_was_stored_with(
    kind: str, empty: Path, runs: list[list[tuple[Paper, Standing]]]
) -> None:
    with fresh(kind, empty) as inbox:
        for run in runs:
            inbox.store([entry(one, standing) for one, standing in run], now=NOW)
        found = inbox.candidates()
        for candidate, known in zip(found, inbox.known([one.paper for one in found]), strict=True):
            assert candidate.judgement
            assert known.standing is candidate.judgement.standing


def test_of_nothing_nothing_is_known(inbox: Inbox) -> None:
    assert inbox.known([]) == ()
    inbox.store([entry(paper("1"))], now=NOW)
    assert inbox.known([]) == ()


def test_an_unknown_paper_has_no_standing_and_can_have_relatives(inbox: Inbox) -> None:
    stored = paper("1", title=TITLE)
    inbox.store([entry(stored, Standing.CONCERN)], now=NOW)
    stranger, twin = inbox.known([paper("7"), paper("8", title=TITLE)])
    assert (stranger.standing, stranger.relatives) == (None, ())
    assert (twin.standing, twin.relatives) == (None, (stored,))


def test_answers_come_in_the_order_of_the_questions_and_as_often(inbox: Inbox) -> None:
    standings = (Standing.RETRACTED, Standing.SOUND, Standing.CORRECTED)
    papers = [paper(str(number)) for number in (3, 1, 2)]
    inbox.store(map(entry, papers, standings), now=NOW)
    asked = [papers[1], papers[0], paper("9"), papers[2], papers[0]]
    assert [known.standing for known in inbox.known(asked)] == [
        Standing.SOUND,
        Standing.RETRACTED,
        None,
        Standing.CORRECTED,
        Standing.RETRACTED,
    ]


@pytest.mark.parametrize(
    "asked",
    [
        Paper(source="feed", id="x", title="", url="", pmid="1"),
        Paper(source="feed", id="x", title="", url="", doi="10.1/A"),
        Paper(source="pubmed", id="1", title="", url=""),
    ],
    ids=["pmid", "doi in another case", "source and id"],
)
def test_a_paper_is_known_by_any_of_its_names(inbox: Inbox, asked: Paper) -> None:
    inbox.store([entry(paper("1", doi="10.1/a"), Standing.RETRACTED)], now=NOW)
    (known,) = inbox.known([asked])
    assert (known.standing, known.relatives) == (Standing.RETRACTED, ())


def test_another_pmid_with_the_same_doi_is_another_paper_and_a_relative(inbox: Inbox) -> None:
    # A notice and its article, or the chapters of a book, can share a DOI: one's fate is not the other's.
    stored = paper("1", doi="10.1/a")
    inbox.store([entry(stored, Standing.RETRACTED)], now=NOW)
    (known,) = inbox.known([paper("2", title="Another one", doi="10.1/A")])
    assert (known.standing, known.relatives) == (None, (stored,))


def test_what_is_told_is_as_of_now(inbox: Inbox) -> None:
    one, other = paper("1", title=TITLE), paper("2", title=TITLE)
    inbox.store([entry(one), entry(other)], now=NOW)
    changed = replace(other, title="A wholly other title of it")
    inbox.store([entry(one, Standing.CONCERN), entry(changed)], now=NOW)
    assert [(known.standing, known.relatives) for known in inbox.known([one, changed])] == [
        (Standing.CONCERN, ()),
        (Standing.SOUND, ()),
    ]
    inbox.delete(["1"], now=NOW)
    assert inbox.known([one])[0].standing is Standing.DELETED


def test_asking_changes_nothing(inbox: Inbox) -> None:
    inbox.store([entry(paper("1", title=TITLE))], now=NOW)
    before = inbox.candidates()
    inbox.known([paper("2", title=TITLE), replace(paper("1"), version=7)])
    assert inbox.candidates() == before


def test_many_are_answered_at_once(inbox: Inbox) -> None:
    many = [paper(str(number), doi=f"10.1/{number}", title=f"{TITLE} {number // 2}") for number in range(100)]
    inbox.store(map(entry, many), now=NOW)
    answers = inbox.known(many)
    assert {known.standing for known in answers} == {Standing.SOUND}
    for number, known in enumerate(answers):
        assert [one.pmid for one in known.relatives] == [str(number ^ 1)]
