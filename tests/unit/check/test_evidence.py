from dataclasses import replace

import pytest

from vesicle.check.evidence import Check, Options
from vesicle.model.item import Item, Status, Subject
from vesicle.model.problem import Problem
from vesicle.ports import Case


def problems(item: Item, options: Options | None = None) -> list[Problem]:
    return list(Check(options or Options()).check(Case(items=(item,), papers={})))


def codes(item: Item) -> list[str]:
    return [problem.code.removeprefix("evidence.") for problem in problems(item)]


def of_subjects(item: Item, title: str, *subjects: Subject) -> list[str]:
    assert item.evidence
    evidence = replace(item.evidence, subjects=subjects)
    return codes(replace(item, title=title, evidence=evidence))


def test_a_whole_finding_passes(finding: Item) -> None:
    assert problems(finding) == []


def test_a_missing_label_is_a_warning_and_a_missing_caveat_an_error(finding: Item) -> None:
    found = problems(replace(finding, evidence=None, caveat=" "))
    assert [(problem.code, problem.is_error) for problem in found] == [
        ("evidence.no-caveat", True),
        ("evidence.no-label", False),
    ]


@pytest.mark.parametrize(("length", "expected"), [(90, []), (91, ["title-long"])])
def test_headlines(finding: Item, length: int, expected: list[str]) -> None:
    assert codes(replace(finding, title="In rats: ".ljust(length, "x"))) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(39, ["body-length"]), (40, []), (120, []), (121, ["body-length"])]
)
def test_length_of_the_body(finding: Item, count: int, expected: list[str]) -> None:
    assert codes(replace(finding, body="word\n" * count + "* — #")) == expected


def test_words_of_a_body_without_spaces_are_not_counted(finding: Item) -> None:
    assert codes(replace(finding, lang="th", body="หนูแก่หายเร็วขึ้น")) == []


@pytest.mark.parametrize(
    ("title", "subjects", "expected"),
    [
        ("Wounds closed sooner", (Subject.ANIMALS,), ["subjects"]),
        ("Wounds of mice closed sooner", (Subject.ANIMALS,), []),
        ("The vibrating plate demonstrated it", (Subject.ANIMALS,), ["subjects"]),
        ("แผลหายเร็วขึ้นในหนู", (Subject.ANIMALS,), []),
        ("แผลหายเร็วขึ้น", (Subject.ANIMALS,), ["subjects"]),
        ("زخم موش‌ها زودتر بسته شد", (Subject.ANIMALS,), []),
        ("Stem cells calm inflammation", (Subject.CELLS,), ["subjects"]),
        ("Stem cells calm liver cells", (Subject.CELLS,), []),
        ("It calmed them in the laboratory", (Subject.CELLS,), []),
        ("เซลล์ต้นกำเนิดลดการอักเสบ", (Subject.CELLS,), ["subjects"]),
        ("ลดการอักเสบในห้องปฏิบัติการ", (Subject.CELLS,), []),
        ("Wounds of rats closed sooner", (Subject.CELLS, Subject.ANIMALS), []),
        ("Wounds closed sooner", (Subject.PEOPLE, Subject.ANIMALS), []),
        ("Wounds closed sooner", (), []),
    ],
)
def test_readers_learn_who_was_studied(
    finding: Item, title: str, subjects: tuple[Subject, ...], expected: list[str]
) -> None:
    assert of_subjects(finding, title, *subjects) == expected


def test_the_summary_may_say_it_instead(finding: Item) -> None:
    assert codes(replace(finding, title="Wounds closed sooner", summary="Seen in Rats.")) == []


def test_the_mend_gives_the_words(finding: Item) -> None:
    (problem,) = problems(replace(finding, title="Wounds closed sooner"))
    assert "in rats" in problem.mend
    assert problem.where.line == 2


def test_drafts_and_explainers_are_left_alone(finding: Item, explainer: Item) -> None:
    assert problems(replace(finding, status=Status.DRAFT, caveat="", evidence=None)) == []
    assert problems(explainer) == []


def test_words_and_numbers_can_be_set(finding: Item) -> None:
    options = Options(title_most=5, animals=("axolotl",))
    assert len(problems(finding, options)) == 2
