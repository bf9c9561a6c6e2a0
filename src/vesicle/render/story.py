"""An item as a template shows it: with its labels, its sources and how long it takes to read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from vesicle.model.item import Item, PaperReference
from vesicle.model.paper import FiledPaper, Paper
from vesicle.render import locale, markdown
from vesicle.render.words import Words, labels
from vesicle.text.citations import paper_id, paper_url, source_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source in words, and its link, empty where it has none."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An item with what the reader is told about it; *note* says which language it is in, if another."""

    item: Item
    direction: str
    note: str
    labels: tuple[str, ...]
    sources: tuple[Source, ...]
    minutes: float
    picture: str

    @property
    def whole_minutes(self) -> int:
        """Give the reading time in whole minutes, at least one."""
        return locale.whole_minutes(self.minutes)


def story(item: Item, papers: Mapping[str, FiledPaper], *, words: Words, lang: str, site_url: str) -> Story:
    """Make the story of *item* for a reader of *lang*."""
    return Story(
        item=item,
        direction=locale.direction(item.lang),
        note=note(item.lang, words=words, lang=lang),
        labels=labels(item.evidence, words) if item.is_finding else (),
        sources=tuple(_sources(item, papers)),
        minutes=locale.reading_time(_read_words(item), item.lang),
        picture=f"{site_url}/images/{item.image.src}" if item.image else "",
    )


def note(written: str, *, words: Words, lang: str) -> str:
    """Say to a reader of *lang* which language a text is *written* in; nothing where it is theirs."""
    if written == lang:
        return ""
    return words["in language"].format(language=locale.language_name(written, reader=lang))


def _sources(item: Item, papers: Mapping[str, FiledPaper]) -> Iterator[Source]:
    if item.paper:
        filed = papers.get(paper_id(item.paper))
        yield _citation(item.paper, filed.paper if filed else None)
    for source in dict.fromkeys(snippet.source.strip() for snippet in item.snippets):
        yield Source(words=source.removeprefix("https://"), url=source_url(source))


def _citation(reference: PaperReference, paper: Paper | None) -> Source:
    if paper:
        reference = replace(
            reference,
            pmid=reference.pmid or paper.pmid,
            doi=reference.doi or paper.doi,
            journal=reference.journal or paper.journal,
            year=reference.year or paper.year,
        )
    authors = paper.authors if paper else ()
    author = f"{authors[0]} et al." if len(authors) > 1 else "".join(authors)
    number = f"doi:{reference.doi}" if reference.doi else reference.pmid and f"PMID {reference.pmid}"
    parts = (author or reference.title, reference.journal, reference.year and str(reference.year), number)
    url = paper_url(reference) or (paper.url if paper else "")
    return Source(words=", ".join(part for part in parts if part), url=url)


def _read_words(item: Item) -> str:
    return "\n".join((item.title, item.summary, markdown.text(item.body), item.caveat))
