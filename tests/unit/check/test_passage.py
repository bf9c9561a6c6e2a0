from dataclasses import replace

import pytest

from vesicle.check.passage import Check, Options
from vesicle.model.item import Item, PaperReference, Status
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Problem
from vesicle.ports import Case


def problems(item: Item, *papers: FiledPaper) -> list[Problem]:
    case = Case(items=(item,), papers={paper.paper.id: paper for paper in papers})
    return list(Check(Options()).check(case))


def with_passage(item: Item, passage: str) -> Item:
    return replace(item, claims=(replace(item.claims[0], passage=passage),))


def test_a_quoted_sentence_bears_its_claim(finding: Item, paper: FiledPaper) -> None:
    assert problems(finding, paper) == []


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        ("", "passage.missing"),
        ("Scars became larger in all of them.", "passage.not-in-paper"),
        ("became smaller in all", "passage.not-in-paper"),
        (
            "Scars became smaller in all of them. No study was blinded. Scars became smaller in all of them.",
            "passage.long",
        ),
    ],
)
def test_what_does_not_bear_a_claim_stops_it(
    finding: Item, paper: FiledPaper, passage: str, code: str
) -> None:
    changed = with_passage(finding, passage)
    (problem,) = problems(changed, paper)
    assert (problem.code, problem.is_error, problem.where) == (code, True, changed.claims[0].where)


def test_two_sentences_may_stand_together(finding: Item, paper: FiledPaper) -> None:
    both = "Scars became smaller in all of them.\nNo study was blinded."
    assert problems(with_passage(finding, both), paper) == []


def test_a_ready_finding_needs_claims(finding: Item, paper: FiledPaper) -> None:
    assert [problem.code for problem in problems(replace(finding, claims=()), paper)] == ["passage.no-claims"]


def test_a_draft_may_still_lack_them(finding: Item, paper: FiledPaper) -> None:
    assert problems(replace(finding, claims=(), status=Status.DRAFT), paper) == []


@pytest.mark.parametrize(("status", "is_error"), [(Status.READY, True), (Status.DRAFT, False)])
def test_a_paper_that_is_not_on_file(finding: Item, status: Status, is_error: bool) -> None:
    (problem,) = problems(replace(finding, status=status))
    assert (problem.code, problem.is_error, problem.where.line) == ("passage.no-paper", is_error, 8)
    assert "content/papers/1.json" in problem.mend


def test_a_finding_without_a_paper(finding: Item) -> None:
    assert [problem.code for problem in problems(replace(finding, paper=None))] == ["passage.no-reference"]


def test_a_paper_is_found_by_its_doi(finding: Item, paper: FiledPaper) -> None:
    by_doi = replace(finding, paper=PaperReference(doi="10.1000/X"))
    filed = replace(paper, paper=replace(paper.paper, id="10.1000_x"))
    assert problems(by_doi, filed) == []


def test_explainers_and_retired_findings_are_left_alone(finding: Item, explainer: Item) -> None:
    assert problems(explainer) == []
    assert problems(replace(finding, status=Status.RETIRED, claims=())) == []
