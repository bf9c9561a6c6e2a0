"""What every check promises, third parties' as well: a new file in `check` is tested by being there."""

import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from importlib import import_module
from types import ModuleType

import pytest

import vesicle.check
from vesicle.model.issue import Issue, IssueStatus, Section
from vesicle.model.item import (
    Claim,
    Design,
    Evidence,
    Image,
    Item,
    Kind,
    PaperReference,
    Snippet,
    Status,
    Subject,
)
from vesicle.model.limits import Length, Limits, Outlet, Unit
from vesicle.model.message import Link, Message, Picture
from vesicle.model.paper import FiledPaper, Paper, Standing
from vesicle.model.problem import Place
from vesicle.ports import Case, Check, Part
from vesicle.text.fingerprint import fingerprint

NAMES = [module.name for module in pkgutil.iter_modules(vesicle.check.__path__)]
WHERE = Place(file="content/findings/bad.md", line=1)
COPIED = "one two three four five six seven eight nine ten eleven twelve thirteen"


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(f"vesicle.check.{request.param}")


@pytest.fixture
def check(module: ModuleType) -> Check:
    made: Check = module.Check(module.Options())
    return made


def bad_items() -> Iterator[Item]:
    for kind in Kind:
        for status in Status:
            yield Item(
                slug=f"{kind}-{status}",
                lang="en",
                kind=kind,
                title="X" * 300,
                summary="",
                body=f"{COPIED} [x](javascript:x) [y]()",
                status=status,
                updated=date(2026, 11, 22),
                where=WHERE,
                image=Image(src="x.png", alt="", credit="", licence="", where=WHERE),
                paper=PaperReference(pmid="1"),
                claims=(Claim(text=COPIED, passage="", where=WHERE),),
                evidence=Evidence(design=Design.OPINION, subjects=tuple(Subject)[1:]),
                snippets=(Snippet(text="", source="", where=WHERE),),
            )


def bad_case() -> Case:
    issue = Issue(
        slug="one",
        newsletter="none",
        number=0,
        due=datetime(2026, 11, 26, 9),  # noqa: DTZ001 - wall-clock time of the newsletter's zone
        subject="LOUD\r\nAND LOUDER",
        preheader="",
        intro="",
        lang="en",
        status=IssueStatus.READY,
        sections=(Section(heading="", items=(), where=WHERE),),
        where=WHERE,
    )
    message = Message(
        channel="email",
        slug="one",
        lang="en",
        text="",
        html="x" * 200_000,
        links=(Link(url="#", text=""),),
        pictures=(Picture(src="x.png", alt=None),),
    )
    post = Message(channel="birds", slug="one", lang="en", text="too long for birds")
    birds = Limits(lengths=(Length(most=1, unit=Unit.CHARACTERS),), checked=date(2026, 11, 22))
    record = Paper(source="made-up", id="1", title="T", url="https://example.org/1")
    papers = {"1": FiledPaper(paper=record, fingerprint=fingerprint(COPIED))}
    standings = {"1": Standing.RETRACTED}
    items = tuple(bad_items())
    return Case(
        items=items,
        papers=papers,
        issue=issue,
        messages=(message, post),
        standings=standings,
        outlets={"birds": Outlet(name="birds", limits=birds)},
    )


def test_checks_are_found() -> None:
    assert len(NAMES) >= 8


def test_options_are_a_frozen_dataclass_with_defaults(module: ModuleType) -> None:
    defaults = module.Options()
    assert is_dataclass(module.Options)
    assert module.Options.__dataclass_params__.frozen  # type: ignore[union-attr] # typeshed does not know it
    assert all(field.kw_only for field in fields(module.Options))
    assert not hasattr(defaults, "__dict__")


def test_a_check_says_which_parts_it_reads(check: Check) -> None:
    assert check.needs
    assert check.needs <= frozenset(Part)


def test_an_empty_case_has_no_problems(check: Check) -> None:
    assert list(check.check(Case(items=(), papers={}))) == []


def test_two_runs_give_the_same(module: ModuleType, check: Check) -> None:
    first = list(check.check(bad_case()))
    assert first
    assert first == list(check.check(bad_case()))
    assert first == list(module.Check(module.Options()).check(bad_case()))


def test_parts_that_are_not_needed_change_nothing(check: Check) -> None:
    case = bad_case()
    less = Case(
        items=case.items if Part.ITEMS in check.needs else (),
        papers=case.papers if Part.PAPERS in check.needs else {},
        messages=case.messages if Part.MESSAGES in check.needs else (),
        standings=case.standings if Part.STANDINGS in check.needs else {},
        outlets=case.outlets if Part.OUTLETS in check.needs else {},
        issue=case.issue,
    )
    assert list(check.check(less)) == list(check.check(case))


def test_every_problem_says_which_rule_what_where_and_how_to_mend_it(
    module: ModuleType, check: Check
) -> None:
    name = module.__name__.rpartition(".")[2]
    for problem in check.check(bad_case()):
        assert problem.code.startswith(f"{name}.")
        assert problem.text
        assert problem.mend
        assert problem.where.file
        assert "\n" not in problem.text
