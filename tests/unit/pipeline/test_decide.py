import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import UserError
from vesicle.model.item import Status
from vesicle.model.paper import CandidateState, Correction, Paper, Passage, Standing
from vesicle.pipeline.collect import Desk, entries
from vesicle.pipeline.decide import Kept, keep, skip
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
ABSTRACT = "Nine donors gave cells. The wounds of 24 mice closed in 11 days instead of 16."
ARTICLE = paper(
    "34000001",
    title="Exosomes of stem cells heal the skin of mice",
    doi="10.1234/Skin.5",
    authors=("Doe J", "Roe R"),
    journal="Journal of Made-up Medicine",
    published="2026 Nov 3",
    year=2026,
    abstract=(Passage(text=ABSTRACT, label="RESULTS"),),
    other_abstracts=(Passage(text="Neun Spender gaben Zellen."),),
)
FINDING = "findings/exosomes-of-stem-cells-heal-the-skin-of-mice.md"
FILED = "papers/34000001.json"


@pytest.fixture
def desk() -> Desk:
    made = Desk(inbox=MemoryInbox(), rules=Rules(), now=NOW)
    put(made, ARTICLE)
    return made


@pytest.fixture
def content(tmp_path: Path) -> ContentFolder:
    known = Known(newsletters=frozenset(), channels=frozenset())
    return ContentFolder(tmp_path, language="en", known=known)


def put(desk: Desk, *papers: Paper) -> None:
    desk.inbox.store(entries(papers, desk), now=NOW)


def state_of(desk: Desk, name: str) -> tuple[CandidateState, str]:
    found = desk.inbox.find(name)
    assert found
    return found.state, found.because


def files(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("name", ["34000001", "10.1234/skin.5", "pmid:34000001"])
def test_keeping_writes_a_draft_finding_and_the_papers_file(
    desk: Desk, content: ContentFolder, tmp_path: Path, name: str
) -> None:
    kept = keep(name, desk.inbox, content, now=NOW)
    assert kept == Kept(finding=FINDING, is_new=True, paper=FILED)
    assert files(tmp_path) == {f"content/{FINDING}", f"content/{FILED}"}
    assert state_of(desk, "34000001") == (CandidateState.KEPT, "")
    text = (tmp_path / "content" / FINDING).read_text(encoding="utf-8")
    assert "status: draft" in text
    assert f"updated: {date(2026, 11, 22)}" in text


def test_the_papers_file_is_read_back_as_it_was_and_without_its_abstract(
    desk: Desk, content: ContentFolder, tmp_path: Path
) -> None:
    keep("34000001", desk.inbox, content, now=NOW)
    filed = content.read().papers["34000001"]
    assert filed.paper == replace(ARTICLE, abstract=(), other_abstracts=())
    assert filed.fingerprint.sentences
    everything = "".join(one.read_text(encoding="utf-8") for one in tmp_path.rglob("*") if one.is_file())
    for secret in ("donors gave", "wounds of 24 mice", "Neun Spender"):
        assert secret not in everything
    assert "abstract" not in json.loads((tmp_path / "content" / FILED).read_text())["paper"]


def test_the_draft_is_no_ready_finding_until_a_person_fills_it_in(desk: Desk, content: ContentFolder) -> None:
    keep("34000001", desk.inbox, content, now=NOW)
    read = content.read()
    assert not [item for item in read.items.values() if item.status is Status.READY]
    assert not [problem for problem in read.problems if problem.where.file.startswith("content/papers")]


def test_a_finding_that_is_there_is_left_as_it_is(desk: Desk, content: ContentFolder, tmp_path: Path) -> None:
    keep("34000001", desk.inbox, content, now=NOW)
    (tmp_path / "content" / FINDING).write_text("what a person wrote", encoding="utf-8")
    assert keep("34000001", desk.inbox, content, now=NOW) == Kept(finding=FINDING, is_new=False, paper=FILED)
    assert (tmp_path / "content" / FINDING).read_text(encoding="utf-8") == "what a person wrote"


def test_a_skipped_paper_can_be_kept_after_all(desk: Desk, content: ContentFolder) -> None:
    skip("34000001", desk.inbox, because="in mice", now=NOW)
    keep("34000001", desk.inbox, content, now=NOW)
    assert state_of(desk, "34000001") == (CandidateState.KEPT, "")


def test_skipping_remembers_why_and_gives_what_was_skipped(desk: Desk) -> None:
    skipped = skip("10.1234/SKIN.5", desk.inbox, because="in mice; wait for people", now=NOW)
    assert skipped.paper == ARTICLE
    assert state_of(desk, "34000001") == (CandidateState.SKIPPED, "in mice; wait for people")


def test_what_was_skipped_stays_so_when_it_comes_again(desk: Desk) -> None:
    skip("34000001", desk.inbox, because="in mice", now=NOW)
    put(desk, replace(ARTICLE, journal="Another Journal"))
    assert state_of(desk, "34000001") == (CandidateState.SKIPPED, "in mice")


def test_a_name_that_nothing_has_is_the_users_error_and_writes_nothing(
    desk: Desk, content: ContentFolder, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="'34999999'") as kept:
        keep("34999999", desk.inbox, content, now=NOW)
    with pytest.raises(UserError, match="'34999999'") as skipped:
        skip("34999999", desk.inbox, because="", now=NOW)
    for raised in (kept, skipped):
        assert "vesicle inbox" in raised.value.problems[0].mend
    assert files(tmp_path) == set()
    assert state_of(desk, "34000001") == (CandidateState.NEW, "")


REFUSED: dict[str, tuple[dict[str, object], Standing]] = {
    "retracted": ({"types": ("Journal Article", "Retracted Publication")}, Standing.RETRACTED),
    "withdrawn": ({"title": "WITHDRAWN: Exosomes of stem cells"}, Standing.WITHDRAWN),
    "under concern": ({"corrections": (Correction(kind="ExpressionOfConcernIn"),)}, Standing.CONCERN),
    "retraction notice": (
        {
            "types": ("Retraction of Publication",),
            "corrections": (Correction(kind="RetractionOf", pmid="34000001"),),
            "title": ARTICLE.title,
        },
        Standing.NOTICE,
    ),
    "erratum": ({"types": ("Published Erratum",), "title": ARTICLE.title}, Standing.NOTICE),
}


@pytest.mark.parametrize(("changes", "standing"), REFUSED.values(), ids=REFUSED)
def test_no_finding_is_made_of_what_does_not_stand(
    desk: Desk, content: ContentFolder, tmp_path: Path, changes: dict[str, object], standing: Standing
) -> None:
    put(desk, paper("34000002", **changes))
    with pytest.raises(UserError, match=f"PMID 34000002: {standing.value}"):
        keep("34000002", desk.inbox, content, now=NOW)
    assert files(tmp_path) == set()
    assert state_of(desk, "34000002") == (CandidateState.NEW, "")


def test_no_finding_is_made_of_a_paper_that_only_a_notice_says_is_retracted(
    desk: Desk, content: ContentFolder, tmp_path: Path
) -> None:
    changes, _ = REFUSED["retraction notice"]
    put(desk, paper("34000002", **changes))
    put(desk, ARTICLE)
    with pytest.raises(UserError, match="PMID 34000001: retracted"):
        keep("34000001", desk.inbox, content, now=NOW)
    assert files(tmp_path) == set()


def test_no_finding_is_made_of_a_paper_that_its_source_deleted(
    desk: Desk, content: ContentFolder, tmp_path: Path
) -> None:
    desk.inbox.delete(["34000001"], now=NOW)
    with pytest.raises(UserError, match="deleted"):
        keep("34000001", desk.inbox, content, now=NOW)
    assert files(tmp_path) == set()


def test_what_was_kept_stays_on_the_list_when_its_paper_is_retracted(
    desk: Desk, content: ContentFolder
) -> None:
    keep("34000001", desk.inbox, content, now=NOW)
    put(desk, replace(ARTICLE, types=("Retracted Publication",)))
    assert [one.paper.pmid for one in desk.inbox.candidates(CandidateState.KEPT)] == ["34000001"]
    with pytest.raises(UserError, match="retracted"):
        keep("34000001", desk.inbox, content, now=NOW)
