import html
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from xml.parsers import expat

import feedparser

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.model.paper import Cursor, Page, Paper
from vesicle.ports import Fetch

_PMID = re.compile(r"pubmed:([1-9]\d{0,8})")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"]+")
# The last line of an entry: `PMID:<a …>…</a> | PMC:<a …>…</a> | DOI:<a …>10.…</a>`. A DOI elsewhere in the
# entry may be one that the abstract mentions, a data set's for instance.
_DOI_LINE = re.compile(r"\|\s*DOI:\s*<a\b[^>]*>\s*(10\.\d{4,9}/[^\s<>\"]+)\s*</a>")
# The first line of an entry: `Mol Biol Rep. 2021 Nov 5. doi: …`, `J Cell Sci. 2021 May-Jun;12(3):1-9.`
_PRINTED = re.compile(r"\.\s+((?:19|20)\d\d(?: [A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?(?: \d{1,2})?)?)[.;:]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html)\b", re.IGNORECASE)

Entry = Mapping[str, Any]
"""An entry as feedparser gives it; only strings, lists and dates below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a PubMed feed: *feed* is the URL that "Create RSS" gave on pubmed.gov, or a file's path."""

    feed: str


class Source:
    """The newest papers of one saved PubMed search, by its RSS feed.

    A feed holds at most 100 papers and no abstract to rely on: its teaser is cut, or only the conclusions,
    so papers come without an abstract.
    """

    def __init__(self, options: Options, *, fetch: Fetch) -> None:
        self._feed = options.feed
        self._fetch = fetch

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the whole feed as one page; the cursor's position is the newest entry's time (UTC).

        The feed cannot be asked for a part of it, so the same papers come again until they leave it.
        Raises TemporaryFailure on an answer that is no feed this time (empty, cut off, a web page), and
        PermanentFailure on one that never will be PubMed's.
        """
        entries = _entries(self._fetch(self._feed), self._feed)
        papers: dict[str, Paper] = {}
        for paper in filter(None, map(_paper, entries)):
            papers.setdefault(paper.id, paper)
        if entries and not papers:
            raise PermanentFailure(f"{self._feed} is a feed, but not one of PubMed: no entry has a PMID")
        times = [time.isoformat() for entry in entries if (time := _time(entry))]
        newest = replace(cursor, position=max(times, default=cursor.position))
        yield Page(papers=tuple(papers.values()), cursor=newest)


def _entries(data: bytes, feed: str) -> list[Entry]:
    _refuse_unsound(data, feed)
    # A stream, because feedparser takes bytes for the name of a file before it takes them for a feed.
    parsed = feedparser.parse(
        BytesIO(data),
        response_headers={"content-type": "application/rss+xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        raise PermanentFailure(f"{feed} is XML, but not a feed")
    return list(parsed.entries)


def _refuse_unsound(data: bytes, feed: str) -> None:
    """Let pass only well-formed XML in UTF-8 that declares nothing: feedparser would guess at the rest."""
    if not data.strip():
        raise TemporaryFailure(f"{feed} is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemporaryFailure(f"{feed} is not text in UTF-8: {error.reason}") from error
    if _WEB_PAGE.match(text):
        raise TemporaryFailure(f"{feed} is a web page, not a feed; if it stays so, make the feed anew")

    def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        # Entities declared there can swell a small file to gigabytes ("billion laughs").
        raise PermanentFailure(f"{feed} declares a document type, which no PubMed feed does; it is not read")

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise TemporaryFailure(f"{feed} is broken or cut off: {error}") from error


def _paper(entry: Entry) -> Paper | None:
    found = _PMID.fullmatch(str(entry.get("id", "")).strip())
    if not found:
        return None
    content = _content(entry)
    printed = _PRINTED.search(content.partition("</p>")[0])
    published = printed[1] if printed else ""
    time = _time(entry)
    return Paper(
        source="pubmed_rss",
        id=found[1],
        pmid=found[1],
        # The feed's own link carries the reader's user agent.
        url=f"https://pubmed.ncbi.nlm.nih.gov/{found[1]}/",
        title=_plain(str(entry.get("title", ""))) or f"(PMID {found[1]}, without a title)",
        doi=_doi(entry, content),
        authors=tuple(
            name for author in entry.get("authors", ()) if (name := _plain(author.get("name", "")))
        ),
        journal=_plain(str(entry.get("dc_source", ""))),
        published=published,
        year=int(published[:4]) if published else None,
        seen=_day(time),
    )


def _content(entry: Entry) -> str:
    parts = entry.get("content", ())
    return str(parts[0].get("value", "")) if parts else ""


def _doi(entry: Entry, content: str) -> str:
    # feedparser keeps the last dc:identifier only: the DOI where there is one, else pmc or pmid.
    identifier = str(entry.get("dc_identifier", "")).strip()
    if identifier.startswith("doi:"):
        found = _DOI.fullmatch(identifier.removeprefix("doi:").strip())
        return found[0] if found else ""
    line = _DOI_LINE.search(content)
    return html.unescape(line[1]) if line else ""


def _time(entry: Entry) -> datetime | None:
    parsed = entry.get("published_parsed")
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def _day(time: datetime | None) -> date | None:
    return time.date() if time else None


def _plain(text: str) -> str:
    return " ".join(_TAG.sub("", html.unescape(text)).split())
