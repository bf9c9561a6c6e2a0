"""What every source promises: a new file in `watch` is tested by being there."""

import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from importlib import import_module
from types import ModuleType

import pytest

import vesicle.watch
from vesicle.model.errors import OutsideError, TemporaryFailure
from vesicle.model.paper import Cursor, Page
from vesicle.ports import Fetch, Source

NAMES = [module.name for module in pkgutil.iter_modules(vesicle.watch.__path__)]
TODAY = date(2026, 11, 22)

# What stands in an option that has no default, and in one that some sources cannot do without.
GIVEN = {"feed": "https://example.org/feed", "query": "exosome", "email": "editor@example.org"}

ARTICLES = "".join(
    f'<PubmedArticle><MedlineCitation Status="Publisher"><PMID Version="1">{pmid}</PMID><Article><Journal/>'
    f"<ArticleTitle>Paper {pmid}</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    for pmid in (1, 2)
)
# What the outside answers, by a part of the URL that is asked for.
ANSWERS: Mapping[str, bytes] = {
    "/esearch.fcgi?": json.dumps({"esearchresult": {"count": "2", "idlist": ["2", "1"]}}).encode(),
    "/efetch.fcgi?": f"<PubmedArticleSet>{ARTICLES}</PubmedArticleSet>".encode(),
    "/europepmc/": json.dumps(
        {
            "hitCount": 2,
            "resultList": {"result": [{"id": "PPR1", "title": "One"}, {"id": "PPR2", "title": "Two"}]},
        }
    ).encode(),
    "clinicaltrials": json.dumps(
        {
            "totalCount": 2,
            "studies": [
                {"protocolSection": {"identificationModule": {"nctId": id_, "briefTitle": "A trial"}}}
                for id_ in ("NCT00000001", "NCT00000002")
            ],
        }
    ).encode(),
    "/feed": b"<rss version='2.0'><channel>"
    b"<item><guid>pubmed:1</guid><title>One</title><link>https://example.org/1</link></item>"
    b"<item><guid>pubmed:2</guid><title>Two</title><link>https://example.org/2</link></item></channel></rss>",
}


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(f"vesicle.watch.{request.param}")


def outside(url: str) -> bytes:
    return next(body for part, body in ANSWERS.items() if part in url)


def made(module: ModuleType, fetch: Fetch) -> Source:
    known = {field.name: field for field in fields(module.Options)}
    assert all(name in GIVEN for name, field in known.items() if field.default is MISSING)
    options = module.Options(**{name: value for name, value in GIVEN.items() if name in known})
    source: Source = module.Source(options, fetch=fetch, today=lambda: TODAY)
    return source


def test_sources_are_found() -> None:
    assert {"pubmed", "pubmed_rss", "europepmc", "feed", "clinicaltrials"} <= set(NAMES)


def test_options_are_a_frozen_dataclass(module: ModuleType) -> None:
    assert is_dataclass(module.Options)
    assert module.Options.__dataclass_params__.frozen  # type: ignore[union-attr] # typeshed does not know it
    assert all(field.kw_only for field in fields(module.Options))


def test_a_key_is_a_secret_and_never_shown(module: ModuleType) -> None:
    keys = [field for field in fields(module.Options) if field.name.endswith(("key", "password", "token"))]
    assert all(field.metadata.get("secret") and not field.repr for field in keys)


def test_pages_hold_papers_that_can_be_named_and_linked(module: ModuleType) -> None:
    pages = list(made(module, outside).fetch(Cursor()))
    papers = [paper for page in pages for paper in page.papers]
    assert len(papers) == 2
    assert all(isinstance(page, Page) for page in pages)
    assert all(paper.id and paper.title and paper.url.startswith("https://") for paper in papers)
    # A record of PubMed is one, however its PMID was learnt.
    name = module.__name__.rpartition(".")[2]
    assert {paper.source for paper in papers} <= {name, "pubmed"}
    assert len({paper.id for paper in papers}) == len(papers)


def test_every_page_accounts_for_the_whole_run(module: ModuleType) -> None:
    pages = list(made(module, outside).fetch(Cursor()))
    assert {page.found for page in pages} == {2}
    assert all(page.query for page in pages)
    assert sum(len(page.papers) + len(page.missing) for page in pages) == 2


def test_the_same_answers_give_the_same_papers(module: ModuleType) -> None:
    source = made(module, outside)
    first = list(source.fetch(Cursor()))
    assert first == list(source.fetch(Cursor()))
    again = list(source.fetch(first[-1].cursor))
    assert [page.papers for page in again] == [page.papers for page in first]
    assert again[-1].cursor == first[-1].cursor


@pytest.mark.parametrize("body", [b"nonsense", b"", b"<html>busy</html>", b"{}", b"[]", b"<x/>", b"\xff\xfe"])
def test_nonsense_is_a_failure_of_the_outside_and_not_a_quiet_day(module: ModuleType, body: bytes) -> None:
    with pytest.raises(OutsideError):
        list(made(module, lambda _: body).fetch(Cursor()))


def cut(url: str) -> bytes:
    return outside(url)[:-8]


def away(url: str) -> bytes:
    raise TemporaryFailure(f"{url} is away")


@pytest.mark.parametrize("fetch", [cut, away])
def test_a_failure_to_fetch_comes_through(module: ModuleType, fetch: Callable[[str], bytes]) -> None:
    with pytest.raises(TemporaryFailure):
        list(made(module, fetch).fetch(Cursor()))
