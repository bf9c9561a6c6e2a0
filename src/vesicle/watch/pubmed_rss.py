import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from vesicle.model.errors import PermanentFailure
from vesicle.model.paper import Cursor, Page, Paper
from vesicle.net.eutils import BASE, Eutils
from vesicle.ports import Fetch
from vesicle.text.feeds import Entry, entry_time, read_feed

_PMID = re.compile(r"pubmed:([1-9]\d{0,8})")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"]+")
# The last line of an entry: `PMID:<a …>…</a> | PMC:<a …>…</a> | DOI:<a …>10.…</a>`. A DOI elsewhere in the
# entry may be one that the abstract mentions, a data set's for instance.
_DOI_LINE = re.compile(r"\|\s*DOI:\s*<a\b[^>]*>\s*(10\.\d{4,9}/[^\s<>\"]+)\s*</a>")
# The first line of an entry: `Mol Biol Rep. 2021 Nov 5. doi: …`, `J Cell Sci. 2021 May-Jun;12(3):1-9.`
_PRINTED = re.compile(r"\.\s+((?:19|20)\d\d(?: [A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?(?: \d{1,2})?)?)[.;:]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a PubMed feed: *feed* is the URL that "Create RSS" gave on pubmed.gov, or a file's path.

    The feed names the papers, and their records come from NCBI, which wants *email* and *tool* with every
    request and gives more requests a second for an *api_key*. With *records* off, a paper is what the feed
    says of it, without an abstract, and NCBI is not asked.
    """

    feed: str
    records: bool = True
    email: str = ""
    tool: str = "vesicle"
    api_key: str = field(default="", repr=False, metadata={"secret": True})
    base: str = BASE


class Source:
    """The newest papers of one saved PubMed search, by its RSS feed.

    A feed holds at most 100 papers and no abstract to rely on: its teaser is cut, or only the conclusions.
    """

    def __init__(self, options: Options, *, fetch: Fetch, today: Callable[[], date] | None = None) -> None:
        # A feed tells its own days, so *today*, which every source is given, is not asked.
        self._feed = options.feed
        self._fetch = fetch
        self._eutils = _eutils(options, fetch) if options.records else None

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the whole feed as one page; the cursor's position is the newest entry's time (UTC).

        The feed cannot be asked for a part of it, so the same papers come again until they leave it.
        Raises TemporaryFailure on an answer that is no feed this time (empty, cut off, a web page), and
        PermanentFailure on one that never will be PubMed's; either where the records fail.
        """
        entries = read_feed(self._fetch(self._feed), name=self._feed).entries
        papers: dict[str, Paper] = {}
        for paper in filter(None, map(_paper, entries)):
            papers.setdefault(paper.id, paper)
        if entries and not papers:
            raise PermanentFailure(f"{self._feed} is a feed, but not one of PubMed: no entry has a PMID")
        times = [time.isoformat() for entry in entries if (time := entry_time(entry))]
        newest = replace(cursor, position=max(times, default=cursor.position))
        page = Page(papers=tuple(papers.values()), cursor=newest, found=len(papers), query=self._feed)
        yield _with_records(page, self._eutils) if self._eutils else page


def _with_records(page: Page, eutils: Eutils) -> Page:
    records = eutils.records([paper.id for paper in page.papers])
    return replace(page, papers=records.papers, missing=records.missing, deleted=records.deleted)


def _eutils(options: Options, fetch: Fetch) -> Eutils:
    return Eutils(
        fetch=fetch, base=options.base, tool=options.tool, email=options.email, api_key=options.api_key
    )


def _paper(entry: Entry) -> Paper | None:
    found = _PMID.fullmatch(str(entry.get("id", "")).strip())
    if not found:
        return None
    content = _content(entry)
    printed = _PRINTED.search(content.partition("</p>")[0])
    published = printed[1] if printed else ""
    time = entry_time(entry)
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


def _day(time: datetime | None) -> date | None:
    return time.date() if time else None


def _plain(text: str) -> str:
    return " ".join(_TAG.sub("", html.unescape(text)).split())
