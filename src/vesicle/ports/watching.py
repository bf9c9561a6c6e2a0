"""Where papers come from, and where they are kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Cursor,
    Harvest,
    Judgement,
    Link,
    Page,
    Paper,
    Standing,
    Stored,
)


class Source(Protocol):
    """Where papers come from: `watch/<name>.py`."""

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield pages of papers since *cursor*, oldest page first.

        Raises TemporaryFailure or PermanentFailure when the outside world fails; the pages yielded
        before are whole.
        """
        ...


@runtime_checkable
class Refetching(Protocol):
    """A source that can fetch its records again by their PMIDs."""

    def papers(self, pmids: Sequence[str]) -> Iterator[Page]:
        """Yield the records of *pmids* as they are now, those that did not come named as missing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper on its way into the inbox, judged and linked."""

    paper: Paper
    judgement: Judgement
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored already about a paper that comes in: its standing, if it is known, and its relatives."""

    standing: Standing | None
    relatives: tuple[Paper, ...]


class Inbox(Protocol):
    """The candidates that sources found, the editor's decisions, and how each source's runs went.

    A *name* is a PMID, a DOI, or an identity (`text.identity`). Every method is one transaction.
    """

    def store(self, entries: Iterable[Entry], *, now: datetime) -> Stored:
        """Store papers, all or none: new ones become candidates, known ones are brought up to date.

        A paper is known by its PMID, else by its DOI (case folded), else by source and id. Of two versions
        of a PMID the higher is kept. A record without an abstract does not take away one that is there.
        The editor's decision and when it was first found stay. The same entries again change nothing.
        """
        ...

    def delete(self, pmids: Iterable[str], *, now: datetime) -> int:
        """Mark papers that their source has withdrawn as deleted; return how many were not so before."""
        ...

    def known(self, papers: Sequence[Paper]) -> tuple[Known, ...]:
        """Give for each of *papers*, in their order, its standing and its relatives.

        Relatives are stored papers that could belong with it, itself aside, in the order they were stored:
        they have the same DOI, the same title (`text.identity.title_key`), or one names the other's PMID in
        its corrections.
        """
        ...

    def candidates(self, state: CandidateState | None = None) -> tuple[Candidate, ...]:
        """Give candidates of one state or all: the highest score first, then the newest."""
        ...

    def find(self, name: str) -> Candidate | None:
        """Give the candidate called *name*, or None."""
        ...

    def decide(self, name: str, state: CandidateState, *, because: str = "", now: datetime) -> None:
        """Remember what the editor decided; raises UserError where nothing has that name."""
        ...

    def flag(self, name: str, standing: Standing, *, now: datetime) -> bool:
        """Remember that somebody was told of a paper's standing; False where that was done before."""
        ...

    def cursor(self, source: str) -> Cursor:
        """Give where the last complete run of *source* ended; an empty cursor before the first."""
        ...

    def finish(self, harvest: Harvest, cursor: Cursor | None, *, now: datetime) -> None:
        """Keep the account of a run and, where it was complete, the cursor it ended at."""
        ...

    def last(self, source: str) -> Harvest | None:
        """Give the account of the last run of *source*, complete or not; None before the first."""
        ...

    def succeeded(self, source: str) -> datetime | None:
        """Give when a run of *source* last ended complete; None before the first."""
        ...
