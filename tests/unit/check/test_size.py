from dataclasses import replace

import pytest

from vesicle.check.size import Check, Options
from vesicle.model.message import Message
from vesicle.ports import Case


def codes(message: Message, options: Options | None = None) -> list[str]:
    case = Case(items=(), papers={}, messages=(message,))
    return [problem.code for problem in Check(options or Options()).check(case)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(90_000, []), (90_001, ["size.near"]), (100_000, ["size.near"]), (100_001, ["size.over"])],
)
def test_the_limits_themselves_are_allowed(message: Message, size: int, expected: list[str]) -> None:
    assert codes(replace(message, html="x" * size)) == expected


def test_bytes_count_and_not_characters(message: Message) -> None:
    assert codes(replace(message, html="ก" * 33_334)) == ["size.over"]


def test_the_limits_can_be_set(message: Message) -> None:
    assert codes(message, Options(warn=5, most=10)) == ["size.over"]


def test_only_a_message_that_is_too_large_stops_the_issue(message: Message) -> None:
    case = Case(items=(), papers={}, messages=(replace(message, html="x" * 95_000),))
    assert not any(problem.is_error for problem in Check(Options()).check(case))
