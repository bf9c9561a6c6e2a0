from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from vesicle.curate.finding import draft, file_of
from vesicle.curate.judge import judge
from vesicle.curate.rules import Rules
from vesicle.model.errors import UserError
from vesicle.model.paper import Candidate, Correction, Paper, Passage, Standing
from vesicle.store.content.front import split
from vesicle.store.content.shapes import FindingShape
from vesicle.store.content.validate import validate
from vesicle.text.fingerprint import bears

TODAY = date(2026, 11, 22)
TO_FILL = {"title", "summary", "claims", "caveat", "author", "topics"}


@pytest.fixture
def write(rules: Rules) -> Any:
    def write(paper: Paper, **judged: Any) -> tuple[str, str]:
        judgement = replace(judge(paper, rules), **judged)
        found = datetime(2026, 11, 1, tzinfo=UTC)
        return draft(Candidate(paper=paper, found=found, judgement=judgement), today=TODAY)

    return write


def fields(text: str) -> dict[str, Any]:
    return dict(split(text, file="content/findings/a.md").fields.value)


def missing(text: str) -> set[str]:
    with pytest.raises(UserError) as refused:
        validate(FindingShape, split(text, file="content/findings/a.md").fields)
    return {problem.text.split("`")[1] for problem in refused.value.problems}


def test_only_what_a_person_must_write_is_missing(make: Any, write: Any) -> None:
    slug, text = write(make("Moss and sleep in rats", "24 rats were given moss.", doi="10.1000/a(b)<c>:1#x"))
    assert slug == "moss-and-sleep-in-rats"
    assert missing(text) == TO_FILL
    assert fields(text)["paper"] == {"pmid": "1", "doi": "10.1000/a(b)<c>:1#x"}
    assert fields(text)["updated"] == "2026-11-22"


def test_the_evidence_is_written_as_judged(make: Any, write: Any) -> None:
    _, text = write(make("Moss", "24 rats were given moss."))
    assert fields(text)["evidence"] == {
        "design": "animal study",
        "subjects": ["animals"],
        "peer_reviewed": "true",
        "size": "24 rats",
    }


def test_evidence_that_nothing_tells_is_left_to_the_editor(make: Any, write: Any) -> None:
    _, text = write(make("Moss", "Moss is green."))
    assert "evidence" not in fields(text)
    assert "# evidence:" in text
    _, text = write(make("Moss", "Moss is green.", types=("Review",)))
    assert "seems to be: review" in text
    assert missing(text) == TO_FILL


def test_title_and_citation_stand_in_comments(make: Any, write: Any) -> None:
    authors = ("Green A", "Brown B", "White C", "Black D")
    _, text = write(make("Moss and sleep", "Rats slept.", authors=authors, published="2026 May-Jun"))
    assert "# The paper: Moss and sleep\n# Green A et al. Journal of Moss. 2026 May-Jun\n" in text
    assert not fields(text).get("title")


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\u0085", "\n---\n"])
def test_a_title_cannot_leave_its_comment(make: Any, write: Any, end: str) -> None:
    _, text = write(make(f"Moss{end}status: ready", "Rats slept.", journal=f"J{end}author: me"))
    assert fields(text)["status"] == "draft"
    assert "author" not in fields(text)


def test_a_paper_without_pmid_and_doi_is_named_by_title_journal_and_year(make: Any, write: Any) -> None:
    _, text = write(make('Moss: "green"', "Rats slept.", pmid="", year=2026))
    assert fields(text)["paper"] == {"title": 'Moss: "green"', "journal": "Journal of Moss", "year": "2026"}
    assert missing(text) == TO_FILL


def test_a_title_without_latin_letters_still_gives_a_name(make: Any, write: Any) -> None:
    assert write(make("苔藓", "Rats slept."))[0] == "1"


def test_a_preprint_and_a_correction_are_remarked(make: Any, write: Any) -> None:
    change = Correction(kind="ErratumIn", pmid="9", source="J Moss. 2026")
    _, text = write(make("Moss", "Rats slept.", types=("Preprint",), corrections=(change,)))
    assert "# This is a preprint" in text
    assert "ErratumIn: J Moss. 2026 PMID 9" in text
    assert fields(text)["evidence"]["peer_reviewed"] == "false"


@pytest.mark.parametrize(
    "standing", [Standing.RETRACTED, Standing.WITHDRAWN, Standing.DELETED, Standing.CONCERN, Standing.NOTICE]
)
def test_a_paper_that_does_not_stand_is_refused(make: Any, write: Any, standing: Standing) -> None:
    with pytest.raises(UserError, match=standing.value):
        write(make("Moss", "Rats slept."), standing=standing)


def test_a_record_changed_since_it_was_judged_is_refused(make: Any, write: Any) -> None:
    with pytest.raises(UserError, match="retracted"):
        write(make("Moss", "Rats slept.", types=("Retracted Publication",)), standing=Standing.SOUND)


def test_a_real_notice_with_the_title_of_its_article_never_becomes_a_finding(
    odd: dict[str, Paper], write: Any
) -> None:
    with pytest.raises(UserError, match="PMID 34093767: notice about another paper"):
        write(odd["34093767"])


def test_every_real_record_that_may_be_promoted_makes_a_readable_draft(
    odd: dict[str, Paper], named: dict[str, Paper], rules: Rules, write: Any
) -> None:
    sound = [one for one in (odd | named).values() if judge(one, rules).standing.may_be_promoted]
    assert len(sound) > 90
    for paper in sound:
        assert missing(write(paper)[1]) == TO_FILL, paper.pmid


def test_the_file_of_a_paper_holds_no_abstract_and_bears_its_quotes(make: Any) -> None:
    other = (Passage(text="Plain words."),)
    filed = file_of(make("Moss", "Rats were given moss.", "They slept well.", other_abstracts=other))
    assert filed.paper.abstract == filed.paper.other_abstracts == ()
    assert bears(filed.fingerprint, "They slept well.")
    assert not bears(filed.fingerprint, "They slept badly.")
    assert "slept" not in repr(filed)
