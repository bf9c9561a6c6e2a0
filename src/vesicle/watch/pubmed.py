from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from vesicle.model.errors import PermanentFailure
from vesicle.model.paper import Cursor, Page
from vesicle.net.eutils import BASE, BATCH, WINDOW, Eutils, Found
from vesicle.ports import Fetch
from vesicle.text.days import refuse_unsound, since

_CREATED = "crdt"
"""The day a record was made: the one date by which no record slips past (publication dates lie anywhere)."""
_REVISED = "lr"
_FIRST = date(1900, 1, 1)
"""No record of PubMed was made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a PubMed search: *query* as on pubmed.gov, in one line or several.

    NCBI wants *email* and *tool* with every request. Each run asks *overlap_days* further back than the
    last one ended, because records come late and PubMed's days are those of the US east coast; the first
    run asks *first_days* back. *page* is how many records are fetched at once, 200 at most.
    """

    query: tuple[str, ...] | str
    email: str
    tool: str = "vesicle"
    api_key: str = field(default="", repr=False, metadata={"secret": True})
    base: str = BASE
    overlap_days: int = 5
    page: int = BATCH
    first_days: int = 30

    def __post_init__(self) -> None:
        refuse_unsound(self, name="pubmed", query=self.term, syntax="pubmed.gov", most=BATCH)

    @property
    def term(self) -> str:
        """Give the query as one line."""
        lines = self.query if isinstance(self.query, str) else "\n".join(self.query)
        return " ".join(lines.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Days of one date field, both ends included; without *last*, up to whatever is newest."""

    field: str
    first: date
    last: date | None = None

    def __str__(self) -> str:
        last = f"{self.last:%Y/%m/%d}" if self.last else "3000"
        return f'("{self.first:%Y/%m/%d}"[{self.field}] : "{last}"[{self.field}])'

    def halves(self, today: date) -> "tuple[_Span, _Span] | None":
        """Split at a day; None where there is one day alone."""
        last = self.last or today
        if self.first >= last:
            return None
        middle = self.first + (last - self.first) // 2
        return replace(self, last=middle), replace(self, first=middle + timedelta(days=1))


class Source:
    """What a PubMed search finds that was made, or revised, since the last run: whole records."""

    def __init__(self, options: Options, *, fetch: Fetch, today: Callable[[], date]) -> None:
        self._options = options
        self._today = today
        self._eutils = Eutils(
            fetch=fetch, base=options.base, tool=options.tool, email=options.email, api_key=options.api_key
        )

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the records made since *cursor*, a day, with those revised since then, by PMID upwards.

        All searching is done before the first page, so `found` is true on every page; query and translation
        are without the days, to be compared from run to run. The first run looks for new records alone:
        there is nothing yet to bring up to date. Raises TemporaryFailure or PermanentFailure
        where NCBI fails.
        """
        today, term = self._today(), self._options.term
        # PubMed leaves out words that it does not know; of a query of such words alone the days would
        # remain, and find all of PubMed. The query by itself finds nothing then.
        bare = self._eutils.search(term, start=0, size=0)
        searches = [bare, *self._since(cursor, today=today)] if bare.count else [bare]
        ids = sorted({pmid for found in searches for pmid in found.ids}, key=int)
        blank = Page(
            papers=(),
            cursor=Cursor(position=today.isoformat()),
            found=len(ids),
            query=term,
            translation=bare.translation,
            warnings=tuple(dict.fromkeys(warning for found in searches for warning in found.warnings)),
        )
        yield from self._pages(ids, blank)

    def _since(self, cursor: Cursor, *, today: date) -> Iterator[Found]:
        options = self._options
        first = since(
            cursor.position, today=today, overlap_days=options.overlap_days, first_days=options.first_days
        )
        for kind in (_CREATED, _REVISED) if cursor.position else (_CREATED,):
            yield from self._searched(options.term, _Span(field=kind, first=first), today=today)

    def papers(self, pmids: Sequence[str]) -> Iterator[Page]:
        """Yield the records of *pmids* as they are now, those that did not come named as missing.

        Raises TemporaryFailure or PermanentFailure where NCBI fails.
        """
        return self._pages(list(pmids), Page(papers=(), cursor=Cursor(), found=len(pmids)))

    def _pages(self, ids: list[str], blank: Page) -> Iterator[Page]:
        if not ids:
            yield blank
        for start in range(0, len(ids), self._options.page):
            records = self._eutils.records(ids[start : start + self._options.page])
            yield replace(blank, papers=records.papers, missing=records.missing, deleted=records.deleted)

    def _searched(self, term: str, span: _Span, *, today: date) -> Iterator[Found]:
        """Yield searches that together name all that *term* finds in *span*, each within PubMed's reach."""
        found = self._eutils.search(_narrowed(term, span), start=0, size=WINDOW)
        if found.count <= WINDOW:
            yield found
            return
        for narrower, part in _parts(term, span, today=today):
            yield from self._searched(narrower, part, today=today)


def _narrowed(term: str, span: _Span) -> str:
    return f"({term}) AND {span}"


def _parts(term: str, span: _Span, *, today: date) -> Iterator[tuple[str, _Span]]:
    """Give searches that share out a search which finds too much; a day of revisions is split by creation."""
    halves = span.halves(today)
    if halves:
        yield from ((term, half) for half in halves)
    elif span.field == _REVISED:
        yield _narrowed(term, span), _Span(field=_CREATED, first=_FIRST)
    else:
        raise PermanentFailure(
            f"the query finds more than {WINDOW:,} records made on {span.first}, and PubMed gives no more:"
            " make it narrower"
        )
