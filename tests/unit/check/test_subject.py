from dataclasses import replace

import pytest

from vesicle.check.subject import Check, Options
from vesicle.model.issue import Issue, Wording
from vesicle.model.message import Message
from vesicle.model.problem import Problem
from vesicle.ports import Case

GOOD = "A line of fifty characters that adds to the subject"


def problems(issue: Issue | None, *messages: Message) -> list[Problem]:
    return list(Check(Options()).check(Case(items=(), papers={}, issue=issue, messages=messages)))


def codes(issue: Issue) -> list[str]:
    return [problem.code for problem in problems(issue)]


def test_a_good_subject_passes(issue: Issue, message: Message) -> None:
    assert problems(issue, message) == []


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", ["subject.empty"]),
        ("  ", ["subject.empty"]),
        ("x" * 60, []),
        ("x" * 61, ["subject.long"]),
        ("DNA, RNA", []),
        ("MSC EXOSOMES WORK", ["subject.capitals"]),
        ("Old rats\r\nBcc: all@example.org", ["subject.control"]),
        ("Old\trats", ["subject.control"]),
        ("Old\u2028rats", ["subject.control"]),
        ("موش‌های پیر و پوست نو", []),
    ],
)
def test_subjects(issue: Issue, subject: str, expected: list[str]) -> None:
    assert codes(replace(issue, subject=subject)) == expected


@pytest.mark.parametrize(
    ("preheader", "expected"),
    [
        ("", ["subject.preheader-empty"]),
        ("x" * 39, ["subject.preheader-length"]),
        ("x" * 40, []),
        ("x" * 110, []),
        ("x" * 111, ["subject.preheader-length"]),
        ("old rats, new SKIN ", ["subject.preheader-same"]),
        (GOOD + "\n", ["subject.control"]),
    ],
)
def test_preheaders(issue: Issue, preheader: str, expected: list[str]) -> None:
    assert codes(replace(issue, preheader=preheader)) == expected


def test_only_what_breaks_the_mail_is_an_error(issue: Issue) -> None:
    found = problems(replace(issue, subject="LOUD AND LONG " * 6, preheader="short"))
    assert len(found) == 3
    assert not any(problem.is_error for problem in found)


def test_problems_stand_at_their_own_lines(issue: Issue) -> None:
    places = [problem.where.line for problem in problems(replace(issue, subject="", preheader=""))]
    assert places == [4, 5]


def test_a_translation_is_judged_under_its_own_name(issue: Issue) -> None:
    thai = Wording(lang="th", subject="", preheader=GOOD, intro="", headings=("ผล",))
    (problem,) = problems(replace(issue, translations={"th": thai}))
    assert problem.text == "the subject in th is empty"


def test_the_same_fault_in_issue_and_message_is_said_once(issue: Issue, message: Message) -> None:
    english, thai = replace(message, subject=""), replace(message, subject="", lang="th")
    assert [problem.code for problem in problems(replace(issue, subject=""), english, thai)] == [
        "subject.empty"
    ]


def test_a_post_has_no_subject_and_needs_none() -> None:
    assert problems(None, Message(channel="bluesky", slug="one/wounds", lang="en", text="Hello")) == []


def test_a_message_without_an_issue_is_judged(message: Message) -> None:
    assert [problem.code for problem in problems(None, replace(message, subject=""))] == ["subject.empty"]
