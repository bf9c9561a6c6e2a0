from collections.abc import Mapping
from dataclasses import replace

from vesicle.model.item import Item, PaperReference, Snippet
from vesicle.model.paper import FiledPaper, Fingerprint, Paper
from vesicle.model.problem import Place
from vesicle.render.story import Source, story
from vesicle.render.words import words

PAPER = Paper(
    source="s",
    id="1",
    title="T",
    url="https://pubmed.ncbi.nlm.nih.gov/1/",
    pmid="1",
    doi="10.5555/x",
    authors=("Fern A", "Reed S"),
    journal="J Moss",
    year=2025,
)
FILED = FiledPaper(
    paper=PAPER, fingerprint=Fingerprint(sentences=frozenset(), shingles=frozenset(), numbers=())
)


def sources(
    item: Item, templates: Mapping[str, str], papers: Mapping[str, FiledPaper] | None = None
) -> tuple[Source, ...]:
    known = words(templates, "en")
    return story(item, papers or {}, words=known, lang="en", site_url="https://s.example").sources


def test_citation_takes_from_the_filed_paper_what_the_finding_lacks(
    finding: Item, templates: Mapping[str, str]
) -> None:
    item = replace(finding, paper=PaperReference(pmid="1"))
    assert sources(item, templates, {"1": FILED}) == (
        Source(words="Fern A et al., J Moss, 2025, doi:10.5555/x", url="https://doi.org/10.5555/x"),
    )


def test_citation_without_a_filed_paper(finding: Item, templates: Mapping[str, str]) -> None:
    by_title = replace(finding, paper=PaperReference(title="Dust", journal="J Dust", year=2024))
    assert sources(by_title, templates) == (Source(words="Dust, J Dust, 2024", url=""),)
    by_number = replace(finding, paper=PaperReference(pmid="7"))
    assert sources(by_number, templates) == (
        Source(words="PMID 7", url="https://pubmed.ncbi.nlm.nih.gov/7/"),
    )


def test_a_single_author_stands_alone(finding: Item, templates: Mapping[str, str]) -> None:
    alone = replace(FILED, paper=replace(PAPER, authors=("Fern A",)))
    item = replace(finding, paper=PaperReference(pmid="1"))
    assert sources(item, templates, {"1": alone})[0].words.startswith("Fern A, J Moss")


def test_sources_of_snippets_are_named_once(finding: Item, templates: Mapping[str, str]) -> None:
    where = Place(file="f")
    given = ("https://a.example/b", "PMID 3", "https://a.example/b", "a book")
    snippets = tuple(Snippet(text="t", source=source, where=where) for source in given)
    assert sources(replace(finding, paper=None, snippets=snippets), templates) == (
        Source(words="a.example/b", url="https://a.example/b"),
        Source(words="PMID 3", url="https://pubmed.ncbi.nlm.nih.gov/3/"),
        Source(words="a book", url=""),
    )
