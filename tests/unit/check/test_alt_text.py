from dataclasses import replace

import pytest

from vesicle.check.alt_text import Check, Options
from vesicle.model.item import Image, Item, Status
from vesicle.model.message import Message, Picture
from vesicle.model.problem import Place, Problem, Severity
from vesicle.ports import Case

WHERE = Place(file="content/findings/wounds.md", line=20)


def problems(*items: Item, messages: tuple[Message, ...] = ()) -> list[Problem]:
    return list(Check(Options()).check(Case(items=items, papers={}, messages=messages)))


def test_a_described_picture_passes(finding: Item, message: Message) -> None:
    assert problems(finding, messages=(message,)) == []


def test_an_empty_alt_marks_decoration_and_a_missing_one_is_an_error(message: Message) -> None:
    pictures = (Picture(src="line.png", alt=""), Picture(src="cell.png", alt=None))
    (problem,) = problems(messages=(replace(message, pictures=pictures),))
    assert (problem.code, problem.severity) == ("alt_text.missing", Severity.ERROR)
    assert "cell.png" in problem.text


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (Image(src="x.png", alt="", credit="A", licence="B", where=WHERE), "alt_text.empty"),
        (Image(src="x.png", alt="X", credit=" ", licence="B", where=WHERE), "alt_text.credit"),
        (Image(src="x.png", alt="X", credit="A", licence="", where=WHERE), "alt_text.licence"),
    ],
)
def test_an_items_picture_needs_words_maker_and_licence(finding: Item, missing: Image, code: str) -> None:
    (problem,) = problems(replace(finding, image=missing))
    assert (problem.code, problem.where) == (code, WHERE)


@pytest.mark.parametrize(("length", "expected"), [(150, []), (151, ["alt_text.long"])])
def test_alt_text_beyond_150_characters_is_warned_of(finding: Item, length: int, expected: list[str]) -> None:
    assert finding.image
    found = problems(replace(finding, image=replace(finding.image, alt="x" * length)))
    assert [problem.code for problem in found] == expected
    assert not any(problem.is_error for problem in found)


def test_a_retired_item_is_left_alone(finding: Item) -> None:
    assert finding.image
    assert problems(replace(finding, status=Status.RETIRED, image=replace(finding.image, alt=""))) == []
