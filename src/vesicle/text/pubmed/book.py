from collections.abc import Iterable

from vesicle.model.paper import Paper
from vesicle.text.pubmed.dates import day, first_year, printed
from vesicle.text.pubmed.parts import (
    authors_of,
    ids_of,
    keywords_of,
    located_doi,
    other_passages,
    passages,
    pmid_of,
    seen_on,
    title_of,
    url_of,
    version_of,
)
from vesicle.text.pubmed.tree import Element, child, text, texts


def book(record: Element) -> Paper:
    """Read a `PubmedBookArticle`: a chapter, whose journal is the book, or a whole book.

    Raises PermanentFailure where it has no PMID.
    """
    document, data = child(record, "BookDocument"), child(record, "PubmedBookData")
    volume, vernacular = child(document, "Book"), child(document, "VernacularTitle")
    pmid, is_chapter, published = (
        pmid_of(document),
        bool(text(child(document, "ArticleTitle"))),
        _date(document),
    )
    titles = (child(document, "ArticleTitle"), vernacular, child(volume, "BookTitle"))
    title, title_html = title_of(pmid, titles)
    authors, affiliations = _authors(document, volume)
    ids = ids_of(data) | ids_of(document)
    return Paper(
        source="pubmed",
        id=pmid,
        pmid=pmid,
        version=version_of(document),
        url=url_of(pmid),
        # The book's own DOI would make all its chapters one paper.
        doi=located_doi(document) or ids.get("doi", "") or ("" if is_chapter else located_doi(volume)),
        pmcid=ids.get("pmc", "").partition(".")[0],
        title=title,
        title_html=title_html,
        vernacular_title=text(vernacular),
        authors=authors,
        affiliations=affiliations,
        journal=text(child(volume, "BookTitle")) if is_chapter else "",
        published=published,
        year=first_year(published),
        seen=seen_on(data),
        changed=day(child(document, "DateRevised")),
        language=", ".join(texts(document, "Language")),
        abstract=tuple(passages(child(document, "Abstract"))),
        other_abstracts=tuple(other_passages(document)),
        types=texts(document, "PublicationType"),
        keywords=keywords_of(document),
        is_book=True,
    )


def _authors(document: Element, volume: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the chapter's authors, else the book's, else its editors."""
    lists = (*document.iterchildren("AuthorList"), *volume.iterchildren("AuthorList"))
    own = [one for one in lists if one.getparent() is document and one.get("Type") != "editors"]
    books = [one for one in lists if one.getparent() is volume and one.get("Type") != "editors"]
    found: Iterable[Element] = own or books or lists
    return authors_of(found)


def _date(document: Element) -> str:
    """Give the day a chapter was contributed, else the date of the book, which may be decades older."""
    return printed(child(document, "ContributionDate")) or printed(child(document, "Book", "PubDate"))
