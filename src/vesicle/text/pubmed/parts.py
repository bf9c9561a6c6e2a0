"""The parts that articles and books have in common."""

from collections.abc import Iterable, Iterator
from datetime import date

from vesicle.model.errors import PermanentFailure
from vesicle.model.paper import Correction, Passage
from vesicle.text.pubmed.dates import day
from vesicle.text.pubmed.tree import Element, child, markup, text, texts

_NO_LABEL = "UNLABELLED"
_NO_TITLE = "[Not Available]."


def pmid_of(element: Element) -> str:
    """Give the PMID that is a child of *element*; raises PermanentFailure where it has none."""
    return pmid_in(child(element, "PMID"))


def pmid_in(element: Element) -> str:
    """Give the PMID that is the text of *element*; raises PermanentFailure where it is none."""
    pmid = text(element)
    if not (pmid.isascii() and pmid.isdigit()):
        raise PermanentFailure("a record of the PubMed XML has no PMID")
    return pmid


def version_of(element: Element) -> int:
    """Give the version of a record, 1 where none is written."""
    version = child(element, "PMID").get("Version", "")
    return int(version) if version.isascii() and version.isdigit() else 1


def url_of(pmid: str) -> str:
    """Give the record's page at PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"


def title_of(pmid: str, candidates: Iterable[Element]) -> tuple[str, str]:
    """Give text and HTML of the first candidate that says something; the PMID stands in for a title."""
    for candidate in candidates:
        if (found := text(candidate)) not in ("", _NO_TITLE):
            return found, markup(candidate)
    return f"(PMID {pmid}, without a title)", ""


def authors_of(lists: Iterable[Element]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the authors of AuthorLists, "Last FM" or a collective's name, and their affiliations, each once.

    An author marked as not valid is the misspelt name that an erratum has corrected, and is left out.
    """
    names: list[str] = []
    affiliations: dict[str, None] = {}
    for author in (author for one in lists for author in one.iterchildren("Author")):
        if author.get("ValidYN") == "N":
            continue
        name, places = _author(author)
        affiliations.update(dict.fromkeys(filter(None, places)))
        if name:
            names.append(name)
    return tuple(names), tuple(affiliations)


def _author(author: Element) -> tuple[str, list[str]]:
    parts: dict[str, str] = {}
    places: list[str] = []
    for part in author:
        # Until 2014 the affiliation stood in the author itself.
        if part.tag == "AffiliationInfo":
            places.extend(texts(part, "Affiliation"))
        elif part.tag == "Affiliation":
            places.append(text(part))
        else:
            parts[str(part.tag)] = text(part)
    return parts.get("CollectiveName") or _person(parts), places


def _person(parts: dict[str, str]) -> str:
    initials = parts.get("Initials") or "".join(word[0] for word in parts.get("ForeName", "").split())
    return " ".join(filter(None, (parts.get("LastName"), initials, parts.get("Suffix"))))


def passages(abstract: Element) -> Iterator[Passage]:
    """Yield the parts of an abstract that have text."""
    for part in abstract.iterchildren("AbstractText"):
        if found := text(part):
            label = part.get("Label", "").strip()
            yield Passage(text=found, label="" if label == _NO_LABEL else label, html=markup(part))


def other_passages(element: Element) -> Iterator[Passage]:
    """Yield the parts of all OtherAbstracts, labelled "type (language)", then ": " and their own label."""
    for abstract in element.iterchildren("OtherAbstract"):
        language = abstract.get("Language", "")
        of = " ".join(filter(None, (abstract.get("Type", ""), f"({language})" if language else "")))
        for part in passages(abstract):
            label = f"{of}: {part.label}" if part.label else of
            yield Passage(text=part.text, label=label, html=part.html)


def corrections_of(element: Element) -> Iterator[Correction]:
    """Yield the links to other records; what a paper merely cites ("Cites", in old records) is none."""
    for link in child(element, "CommentsCorrectionsList").iterchildren("CommentsCorrections"):
        kind = link.get("RefType", "")
        if kind != "Cites":
            source, pmid, note = (text(child(link, name)) for name in ("RefSource", "PMID", "Note"))
            yield Correction(kind=kind, pmid=pmid, source=source, note=note)


def keywords_of(element: Element) -> tuple[str, ...]:
    """Give the keywords of all lists, the author's and the indexers', each once."""
    lists = element.iterchildren("KeywordList")
    return tuple(dict.fromkeys(word for one in lists for word in texts(one, "Keyword")))


def ids_of(element: Element) -> dict[str, str]:
    """Give the ids of an ArticleIdList that is a child of *element*, by IdType, the first of each.

    Those of its references stand in further ArticleIdLists below ReferenceList.
    """
    found: dict[str, str] = {}
    for one in child(element, "ArticleIdList").iterchildren("ArticleId"):
        found.setdefault(one.get("IdType", ""), text(one))
    return found


def located_doi(element: Element) -> str:
    """Give the DOI of the first valid ELocationID of *element*, or nothing."""
    for one in element.iterchildren("ELocationID"):
        if one.get("EIdType") == "doi" and one.get("ValidYN", "Y") == "Y" and (doi := text(one)):
            return doi
    return ""


def seen_on(data: Element) -> date | None:
    """Give the day the record came to PubMed (create date)."""
    history = {one.get("PubStatus"): one for one in child(data, "History").iterchildren("PubMedPubDate")}
    return next(
        (found for name in ("entrez", "pubmed") if name in history and (found := day(history[name]))), None
    )
