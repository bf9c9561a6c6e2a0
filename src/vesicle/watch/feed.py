import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from vesicle.model.errors import PermanentFailure
from vesicle.model.paper import Cursor, Page, Paper
from vesicle.ports import Fetch
from vesicle.text.feeds import Entry, entry_time, read_feed
from vesicle.text.inline import inline

_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"?#]+")
# A text that is nothing but a DOI, however it is dressed: `doi:10.…`, `https://doi.org/10.…`.
_WHOLE_DOI = re.compile(
    r"\s*(?:https?://(?:dx\.)?doi\.org/|(?:info:)?doi[:/]\s*)?(10\.\d{4,9}/[^\s<>\"?#]+)\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a journal's feed: *feed* is its URL (RSS or Atom), or a file's path."""

    feed: str


class Source:
    """The newest papers of any RSS or Atom feed, without an abstract: what a feed gives is a teaser."""

    def __init__(self, options: Options, *, fetch: Fetch, today: Callable[[], date] | None = None) -> None:
        # A feed tells its own days, so *today*, which every source is given, is not asked.
        self._feed = options.feed
        self._fetch = fetch

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the whole feed as one page; the cursor's position is the newest entry's time (UTC).

        A paper is known by its DOI, else by the entry's id. Raises TemporaryFailure on an answer that is no
        feed this time, and PermanentFailure on one whose entries have no title, or neither id nor link.
        """
        feed = read_feed(self._fetch(self._feed), name=self._feed)
        journal = inline(feed.title).text
        papers: dict[str, Paper] = {}
        for paper in (_paper(entry, journal) for entry in feed.entries):
            if paper:
                papers.setdefault(paper.id, paper)
        if feed.entries and not papers:
            raise PermanentFailure(f"{self._feed} is a feed, but no entry has a title and a link")
        times = [time.isoformat() for entry in feed.entries if (time := entry_time(entry))]
        newest = replace(cursor, position=max(times, default=cursor.position))
        yield Page(papers=tuple(papers.values()), cursor=newest, found=len(papers), query=self._feed)


def _paper(entry: Entry, journal: str) -> Paper | None:
    title, doi = inline(_text(entry, "title")), _doi(entry)
    url = f"https://doi.org/{doi}" if doi else _link(entry)
    if not title.text or not url:
        return None
    time = entry_time(entry)
    published = _text(entry, "prism_publicationdate") or (f"{time:%Y-%m-%d}" if time else "")
    year = re.match(r"(?:19|20)\d\d", published)
    return Paper(
        source="feed",
        id=doi.lower() or _text(entry, "id") or url,
        doi=doi,
        url=url,
        title=title.text,
        title_html=title.html,
        authors=_authors(entry),
        journal=inline(_text(entry, "prism_publicationname") or _text(entry, "dc_source")).text or journal,
        published=published,
        year=int(year[0]) if year else None,
        seen=time.date() if time else None,
    )


def _doi(entry: Entry) -> str:
    """Find the paper's own DOI: in a field that holds one alone, else within the link."""
    for name in ("prism_doi", "dc_identifier", "id", "link"):
        found = _WHOLE_DOI.fullmatch(_text(entry, name))
        if found:
            return found[1]
    # https://journal.example/doi/full/10.1000/a.1
    within = _DOI.search(_link(entry))
    return within[0] if within else ""


def _link(entry: Entry) -> str:
    link = "".join(_text(entry, "link").split())
    return link if link.startswith(("https://", "http://")) else ""


def _authors(entry: Entry) -> tuple[str, ...]:
    names = (inline(str(author.get("name", ""))).text for author in entry.get("authors", ()))
    return tuple(filter(None, names))


def _text(entry: Entry, name: str) -> str:
    found = entry.get(name, "")
    return found.strip() if isinstance(found, str) else ""
