"""A paper: a bibliographic record, and what may be kept of it beside the content."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of an abstract, with its label ("RESULTS") where it has one."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A bibliographic record from a source.

    *published* is as printed ("2021 May-Jun"), *seen* the day the record was made (create date), and
    *abstract* stays in the local database: it may be under copyright and is never published.
    """

    source: str
    id: str
    title: str
    url: str
    pmid: str = ""
    doi: str = ""
    authors: tuple[str, ...] = ()
    journal: str = ""
    published: str = ""
    year: int | None = None
    seen: date | None = None
    abstract: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What lets a fresh clone check a quote without the abstract: hashes and numbers."""

    sentences: frozenset[str]
    shingles: frozenset[str]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPaper:
    """What `content/papers` keeps of a paper: the record without its abstract, and its fingerprint."""

    paper: Paper
    fingerprint: Fingerprint


class CandidateState(StrEnum):
    """What the editor said of a candidate."""

    NEW = "new"
    KEPT = "kept"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper in the inbox, with when it was first found (UTC)."""

    paper: Paper
    found: datetime
    state: CandidateState = CandidateState.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a source's last complete run ended; *position* means something to that source alone."""

    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some papers of a run, and the cursor that is true once they are stored."""

    papers: tuple[Paper, ...]
    cursor: Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """The account of one run of a source; *problem* says why it ended early, in one sentence."""

    source: str
    found: int
    new: int
    problem: str = ""
