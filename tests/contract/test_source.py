"""What every source promises: a new file in `watch` is tested by being there."""

import pkgutil
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import ModuleType

import pytest

import vesicle.watch
from vesicle.model.errors import OutsideError, TemporaryFailure
from vesicle.model.paper import Cursor, Page
from vesicle.ports import Source

NAMES = [module.name for module in pkgutil.iter_modules(vesicle.watch.__path__)]

# What the outside answers each source with, whatever it asks for.
ANSWERS = {
    "pubmed_rss": b"<rss version='2.0'><channel><item><guid>pubmed:1</guid><title>One</title></item>"
    b"<item><guid>pubmed:2</guid><title>Two</title></item></channel></rss>"
}


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(f"vesicle.watch.{request.param}")


def name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def made(module: ModuleType, answer: bytes) -> Source:
    options = module.Options(**{field.name: "https://example.org/feed" for field in fields(module.Options)})
    source: Source = module.Source(options, fetch=lambda _: answer)
    return source


def test_sources_are_found() -> None:
    assert NAMES


def test_options_are_a_frozen_dataclass(module: ModuleType) -> None:
    assert is_dataclass(module.Options)
    assert module.Options.__dataclass_params__.frozen  # type: ignore[union-attr] # typeshed does not know it
    assert all(field.kw_only for field in fields(module.Options))


def test_pages_hold_papers_that_can_be_named_and_linked(module: ModuleType) -> None:
    pages = list(made(module, ANSWERS[name(module)]).fetch(Cursor()))
    papers = [paper for page in pages for paper in page.papers]
    assert papers
    assert all(isinstance(page, Page) for page in pages)
    assert all(paper.id and paper.title and paper.url.startswith("https://") for paper in papers)
    assert {paper.source for paper in papers} == {name(module)}
    assert len({paper.id for paper in papers}) == len(papers)


def test_the_same_answer_gives_the_same_pages(module: ModuleType) -> None:
    source = made(module, ANSWERS[name(module)])
    first = list(source.fetch(Cursor()))
    assert first == list(source.fetch(Cursor()))
    assert first == list(source.fetch(first[-1].cursor))


def test_nonsense_is_a_failure_of_the_outside_and_not_a_quiet_day(module: ModuleType) -> None:
    with pytest.raises(OutsideError):
        list(made(module, b"nonsense").fetch(Cursor()))


def test_a_failure_to_fetch_comes_through(module: ModuleType) -> None:
    def away(address: str) -> bytes:
        raise TemporaryFailure(f"{address} is away")

    options = module.Options(**{field.name: "https://example.org/feed" for field in fields(module.Options)})
    with pytest.raises(TemporaryFailure, match="is away"):
        list(module.Source(options, fetch=away).fetch(Cursor()))
