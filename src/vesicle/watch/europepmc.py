import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.model.paper import Correction, Cursor, Page, Paper, Passage
from vesicle.net.replies import items_at, json_object, number_at, text_at, texts_at
from vesicle.ports import Fetch
from vesicle.text.days import day, refuse_unsound, since
from vesicle.text.inline import inline

_WHO = "Europe PMC"
_FIRST_MARK = "*"
# How Europe PMC headlines the parts of an abstract: `<h4>Background</h4>words`.
_HEADLINE = re.compile(r"<h[1-6]\b[^>]*>(.*?)</h[1-6]>", re.IGNORECASE | re.DOTALL)
# Europe PMC's words for what PubMed calls by the RefType.
_KINDS = {"preprint of": "UpdateIn", "published in": "UpdateIn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a search for preprints: *query* in the syntax of europepmc.org.

    Each run asks *overlap_days* further back than the last one ended, the first one *first_days*; *page* is
    how many preprints come in one answer, 1000 at most.
    """

    query: str
    base: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    overlap_days: int = 5
    first_days: int = 30
    page: int = 100

    def __post_init__(self) -> None:
        refuse_unsound(self, name="europepmc", query=self.query, syntax="europepmc.org", most=1000)


class Source:
    """Preprints of all servers that Europe PMC reads (bioRxiv, medRxiv, Research Square, ...), by keyword."""

    def __init__(self, options: Options, *, fetch: Fetch, today: Callable[[], date]) -> None:
        self._options, self._fetch, self._today = options, fetch, today

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the preprints that Europe PMC took in since *cursor*, a day.

        Raises TemporaryFailure where an answer is broken, or where fewer preprints came than were counted.
        """
        today, options = self._today(), self._options
        first = since(
            cursor.position, today=today, overlap_days=options.overlap_days, first_days=options.first_days
        )
        query = f"({' '.join(options.query.split())}) AND SRC:PPR AND (CREATION_DATE:[{first} TO 3000-12-31])"
        came: set[str] = set()
        count: int | None = None
        for reply in self._replies(query):
            count = _count(reply) if count is None else count
            papers = _papers(reply, known=came)
            came.update(paper.id for paper in papers)
            yield Page(papers=papers, cursor=Cursor(position=today.isoformat()), found=count, query=query)
        if len(came) < (count or 0):
            raise TemporaryFailure(f"{_WHO} counted {count:,} preprints and gave {len(came):,}")

    def _replies(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Yield answer after answer, until one names no mark, or one that was used, or holds nothing."""
        mark, used = _FIRST_MARK, set[str]()
        while mark and mark not in used:
            used.add(mark)
            reply = json_object(self._fetch(self._url(query, mark)), who=_WHO)
            _refuse_error(reply)
            yield reply
            mark = text_at(reply, "nextCursorMark") if items_at(reply, "resultList", "result") else ""

    def _url(self, query: str, mark: str) -> str:
        parameters = {
            "query": query,
            "resultType": "core",
            "format": "json",
            "pageSize": self._options.page,
            "cursorMark": mark,
        }
        return f"{self._options.base.rstrip('/')}/search?{urlencode(parameters)}"


def _refuse_error(reply: Mapping[str, Any]) -> None:
    said, code = text_at(reply, "errMsg"), number_at(reply, "errCode") or 0
    if said:
        text = f"{_WHO} says: {said[:300]}"
        raise PermanentFailure(text) if 400 <= code < 500 else TemporaryFailure(text)
    # A mark that it does not know is answered with `{"version": "6.9"}` and status 200.
    if _count(reply) is None:
        raise TemporaryFailure(f"{_WHO} answered a search without a count")


def _count(reply: Mapping[str, Any]) -> int | None:
    return number_at(reply, "hitCount")


def _papers(reply: Mapping[str, Any], *, known: set[str]) -> tuple[Paper, ...]:
    papers = {text_at(item, "id"): item for item in items_at(reply, "resultList", "result")}
    return tuple(_paper(id_, item) for id_, item in papers.items() if id_ and id_ not in known)


def _paper(id_: str, item: Mapping[str, Any]) -> Paper:
    title = inline(text_at(item, "title"))
    published = text_at(item, "firstPublicationDate")
    return Paper(
        source="europepmc",
        id=id_,
        doi=text_at(item, "doi"),
        url=f"https://europepmc.org/article/PPR/{quote(id_, safe='')}",
        title=title.text or f"({id_}, without a title)",
        title_html=title.html,
        authors=_authors(item),
        journal=text_at(item, "bookOrReportDetails", "publisher"),
        published=published,
        year=number_at(item, "pubYear") or (day(published) or date.min).year or None,
        seen=day(text_at(item, "dateOfCreation")) or day(text_at(item, "firstIndexDate")),
        changed=day(text_at(item, "dateOfRevision")),
        language=text_at(item, "language"),
        abstract=_abstract(text_at(item, "abstractText")),
        types=("Preprint",),
        keywords=texts_at(item, "keywordList", "keyword"),
        corrections=_corrections(item),
        version=number_at(item, "versionNumber") or 1,
    )


def _authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    listed = (
        text_at(author, "fullName") or text_at(author, "collectiveName")
        for author in items_at(item, "authorList", "author")
    )
    names = tuple(filter(None, listed))
    return names or tuple(
        name for part in text_at(item, "authorString").rstrip(".").split(",") if (name := part.strip())
    )


def _abstract(html: str) -> tuple[Passage, ...]:
    # re.split with one group gives words, then headline and words in turn.
    first, *rest = _HEADLINE.split(html)
    parts = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
    read = ((inline(label).text, inline(words)) for label, words in parts)
    return tuple(
        Passage(text=words.text, label=label.upper(), html=words.html) for label, words in read if words.text
    )


def _corrections(item: Mapping[str, Any]) -> tuple[Correction, ...]:
    links = items_at(item, "commentCorrectionList", "commentCorrection")
    return tuple(
        Correction(
            kind=_KINDS.get(kind.lower(), kind.title().replace(" ", "")),
            pmid=text_at(link, "id") if text_at(link, "source") == "MED" else "",
            source=text_at(link, "reference"),
            note=text_at(link, "note"),
        )
        for link in links
        if (kind := text_at(link, "type"))
    )
