from dataclasses import replace

import pytest

from vesicle.check.standing import Check, Options
from vesicle.model.item import Item, PaperReference, Status
from vesicle.model.paper import Standing
from vesicle.model.problem import Problem
from vesicle.ports import Case


def problems(item: Item, standing: Standing | None, *, paper: str = "1") -> list[Problem]:
    standings = {paper: standing} if standing else {}
    return list(Check(Options()).check(Case(items=(item,), papers={}, standings=standings)))


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.RETRACTED, "standing.retracted"),
        (Standing.WITHDRAWN, "standing.withdrawn"),
        (Standing.DELETED, "standing.deleted"),
        (Standing.CONCERN, "standing.concern"),
        (Standing.NOTICE, "standing.notice"),
    ],
)
def test_a_paper_that_does_not_stand_stops_the_item(finding: Item, standing: Standing, code: str) -> None:
    (problem,) = problems(finding, standing)
    assert problem.code == code
    assert problem.is_error
    assert problem.where == finding.place("paper")


def test_a_draft_is_stopped_as_well(finding: Item) -> None:
    assert problems(replace(finding, status=Status.DRAFT), Standing.RETRACTED)


def test_a_correction_is_a_warning(finding: Item) -> None:
    (problem,) = problems(finding, Standing.CORRECTED)
    assert problem.code == "standing.corrected"
    assert not problem.is_error


@pytest.mark.parametrize("standing", [Standing.SOUND, None])
def test_a_sound_paper_and_an_unknown_one_pass(finding: Item, standing: Standing | None) -> None:
    assert problems(finding, standing) == []


def test_another_paper_does_not_matter(finding: Item) -> None:
    assert problems(finding, Standing.RETRACTED, paper="2") == []


def test_a_retired_item_and_an_explainer_pass(finding: Item, explainer: Item) -> None:
    assert problems(replace(finding, status=Status.RETIRED), Standing.RETRACTED) == []
    assert problems(explainer, Standing.RETRACTED) == []


def test_a_paper_named_by_its_doi_is_found(finding: Item) -> None:
    named = replace(finding, paper=PaperReference(doi="10.1000/A"))
    assert problems(named, Standing.RETRACTED, paper="10.1000_a")
