from typing import Any

import pytest

from vesicle.curate.evidence import evidence, is_preprint
from vesicle.model.item import Design, Evidence, Subject
from vesicle.model.paper import Paper


def label(paper: Paper) -> Evidence:
    found = evidence(paper)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("types", "design"),
    [
        (("Practice Guideline", "Review"), Design.GUIDELINE),
        (("Meta-Analysis", "Randomized Controlled Trial"), Design.SYSTEMATIC_REVIEW),
        (("Randomized Controlled Trial", "Clinical Trial, Phase II"), Design.RANDOMISED_TRIAL),
        (("Controlled Clinical Trial",), Design.CONTROLLED_TRIAL),
        (("Clinical Trial, Phase I",), Design.CASE_SERIES),  # nothing says that there was a comparison
        (("Observational Study",), Design.OBSERVATIONAL),
        (("Case Reports", "Review"), Design.CASE_REPORT),
        (("Journal Article", "Review"), Design.REVIEW),
        (("Editorial",), Design.OPINION),
    ],
)
def test_publication_types_come_first(make: Any, types: tuple[str, ...], design: Design) -> None:
    text = "Mice were given moss, and in vitro cells were cultured."
    assert label(make("Moss", text, types=types)).design is design


@pytest.mark.parametrize(
    ("title", "text", "design"),
    [
        ("Moss: a systematic review", "Mice were included.", Design.SYSTEMATIC_REVIEW),
        ("Moss", "We searched PubMed and Embase for trials.", Design.SYSTEMATIC_REVIEW),
        ("Practice guideline for moss", "Use moss.", Design.GUIDELINE),
        ("Moss for sleep: a randomized controlled trial", "It grew.", Design.RANDOMISED_TRIAL),
        ("Moss", "Sixty patients were randomly assigned to moss or nothing.", Design.RANDOMISED_TRIAL),
        ("Moss", "In a placebo-controlled study 60 patients received moss.", Design.CONTROLLED_TRIAL),
        ("Moss", "A retrospective look at 60 patients of a randomized trial.", Design.OBSERVATIONAL),
        ("Moss", "In this cohort study 60 women were seen.", Design.OBSERVATIONAL),
        ("Moss", "In a single-arm study 12 patients received moss.", Design.CASE_SERIES),
        ("Moss in a sleeper: a case report", "He slept.", Design.CASE_REPORT),
        ("Moss", "Rats were randomly divided into groups of moss and water.", Design.ANIMAL_STUDY),
        ("Moss", "In vitro, moss was kept with cultured fibroblasts.", Design.LABORATORY_STUDY),
        ("Moss", "This review looks at moss in mice and in vitro.", Design.REVIEW),
        ("Recent advances in moss", "Moss is given to mice.", Design.REVIEW),
    ],
)
def test_the_text_tells_the_design_else(make: Any, title: str, text: str, design: Design) -> None:
    assert label(make(title, text)).design is design


@pytest.mark.parametrize(
    "text",
    [
        "Moss is green.",
        "A randomized controlled trial is needed for patients with poor sleep.",
        "Poor sleep affects 700,000 patients worldwide.",
    ],
)
def test_nothing_is_guessed(make: Any, text: str) -> None:
    assert evidence(make("Moss", text)) is None


@pytest.mark.parametrize(
    ("text", "mesh", "subjects"),
    [
        ("24 mice were given moss.", (), (Subject.ANIMALS,)),
        ("24 mice were given moss, and cells were cultured.", (), (Subject.ANIMALS, Subject.CELLS)),
        ("Cultured cells of men.", ("Humans",), (Subject.CELLS,)),
        ("24 patients received moss, as mice did, in a cohort study.", ("Humans",), (Subject.PEOPLE,)),
        ("In vitro work, as in 24 patients.", ("Animals",), (Subject.ANIMALS, Subject.CELLS)),
    ],
)
def test_subjects_are_those_of_mesh_and_text(
    make: Any, text: str, mesh: tuple[str, ...], subjects: tuple[Subject, ...]
) -> None:
    assert label(make("Moss", text, mesh=mesh)).subjects == subjects


def test_a_case_report_is_of_people_unless_of_animals_alone(make: Any) -> None:
    assert label(make("Moss: a case report", "A man slept, as mice do.")).subjects == (Subject.PEOPLE,)
    assert label(make("Moss: a case report", "Two horses slept.")).subjects == (Subject.ANIMALS,)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Forty-eight healthy rats were given moss.", "forty-eight rats"),
        ("A total of 1,200 patients were enrolled in a cohort study.", "1,200 patients"),
        ("Of type 2 diabetic rats, 16 rats slept.", "16 rats"),
        ("Mice (n = 24) were given moss.", "24 mice"),
        ("Mice slept (n = 8 per group).", "n = 8 per group"),
        ("Mice slept well.", ""),
        ("Some 300 patients ail each year. Mice slept.", ""),
    ],
)
def test_the_size_is_given_as_written(make: Any, text: str, size: str) -> None:
    assert label(make("Moss", text)).size == size


def test_a_systematic_review_counts_studies(make: Any) -> None:
    text = "We searched PubMed. In all, 16 preclinical studies with 400 mice were included."
    assert label(make("Moss", text)).size == "16 studies"


@pytest.mark.parametrize(
    "changes",
    [
        {"types": ("Preprint",)},
        {"journal": "bioRxiv : the preprint server for biology"},
        {"source": "medrxiv"},
    ],
)
def test_a_preprint_is_not_reviewed_by_peers(make: Any, changes: dict[str, Any]) -> None:
    paper = make("Moss", "24 mice slept.", **changes)
    assert is_preprint(paper)
    assert not label(paper).peer_reviewed


def test_an_article_that_had_a_preprint_is_none(odd: dict[str, Paper]) -> None:
    assert not is_preprint(odd["33576494"])
    assert is_preprint(odd["34013271"])
