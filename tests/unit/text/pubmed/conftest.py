"""Builders of PubMed XML for the tests of the parser."""

from collections.abc import Callable

import pytest

from vesicle.model.paper import Paper
from vesicle.text.pubmed import papers

Build = Callable[..., bytes]


def article_set(*records: str, prolog: str = "") -> bytes:
    return f"{prolog}<PubmedArticleSet>{''.join(records)}</PubmedArticleSet>".encode()


def record(
    article: str = "<ArticleTitle>A title.</ArticleTitle>",
    *,
    citation: str = "",
    data: str = "",
    pmid: str = "<PMID Version='1'>123</PMID>",
) -> str:
    return (
        f"<PubmedArticle><MedlineCitation Status='MEDLINE'>{pmid}<Article>{article}</Article>{citation}"
        f"</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )


@pytest.fixture(name="article_set")
def _article_set() -> Build:
    return article_set


@pytest.fixture(name="record")
def _record() -> Callable[..., str]:
    return record


@pytest.fixture
def one() -> Callable[..., Paper]:
    """Parse a set of one record built of the given parts."""

    def parsed(*args: str, **parts: str) -> Paper:
        (paper,) = papers(article_set(record(*args, **parts))).papers
        return paper

    return parsed
