"""A paper: a bibliographic record, what became of it, and what may be kept of it beside the content."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from vesicle.model.item import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of an abstract, with its label ("RESULTS") where it has one.

    *html* is the same text with its markup (i, b, sup, sub and no attributes), escaped; empty where the
    text has none.
    """

    text: str
    label: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A link of PubMed from one record to another (`CommentsCorrections`).

    *kind* is the RefType of the PubMed DTD ("RetractionIn", "ErratumFor", "UpdateOf", ...); *pmid* is empty
    where the record gives a citation (*source*) alone.
    """

    kind: str
    pmid: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A bibliographic record from a source.

    *published* is as printed ("2021 May-Jun") and *year* the first year in it; *seen* is the day the record
    was made (create date) and *changed* the day it was last revised. *abstract* stays in the local
    database: it may be under copyright and is never published. *title_html* is the title with its markup,
    as in `Passage`. *language* is as the source writes it ("eng"); *status* and *version* are PubMed's.
    """

    source: str
    id: str
    title: str
    url: str
    pmid: str = ""
    doi: str = ""
    pmcid: str = ""
    authors: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    journal: str = ""
    published: str = ""
    year: int | None = None
    seen: date | None = None
    changed: date | None = None
    title_html: str = ""
    vernacular_title: str = ""
    language: str = ""
    abstract: tuple[Passage, ...] = ()
    other_abstracts: tuple[Passage, ...] = ()
    types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    status: str = ""
    version: int = 1
    is_book: bool = False

    @property
    def text(self) -> str:
        """Give title and abstract as one plain text, an empty line between the parts."""
        return "\n\n".join((self.title, *(part.text for part in self.abstract)))


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


class Standing(StrEnum):
    """What has become of a paper since it was published, gravest first."""

    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted from its source"
    CONCERN = "expression of concern"
    NOTICE = "notice about another paper"
    CORRECTED = "corrected"
    SOUND = "no correction known"

    @property
    def may_be_promoted(self) -> bool:
        """Tell whether a finding may be made of such a paper."""
        return self in (Standing.CORRECTED, Standing.SOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Points of a score, with the rule and the words of the paper that earned them."""

    rule: str
    points: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules make of a paper: how much it matters here and why, what kind of evidence it is.

    *evidence* is None where neither publication types nor text tell the design.
    """

    score: float
    reasons: tuple[Reason, ...]
    standing: Standing
    is_preprint: bool
    evidence: Evidence | None = None


class Relation(StrEnum):
    """How two papers belong together. They are linked, never merged."""

    SAME_WORK = "probably the same work"
    PREPRINT_OF = "preprint of"
    ARTICLE_OF = "article of the preprint"
    NOTICE_ABOUT = "notice about"
    NOTICED_BY = "has a notice"
    ABOUT = "about the same paper"
    TRANSLATION = "another language of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A relation from one paper to the paper whose identity is *to* (see `text.identity`)."""

    relation: Relation
    to: str


class CandidateState(StrEnum):
    """What the editor said of a candidate."""

    NEW = "new"
    KEPT = "kept"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper in the inbox, with when it was first found (UTC) and what is known of it.

    *because* is the editor's reason for skipping it.
    """

    paper: Paper
    found: datetime
    state: CandidateState = CandidateState.NEW
    judgement: Judgement | None = None
    links: tuple[Link, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a source's last complete run ended; *position* means something to that source alone."""

    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some papers of a run, and the cursor that is true once the whole run is stored.

    *found* is how many the source says there are in the run, on every page the same, None where it does
    not say. *missing* are ids that were asked for and did not come, *deleted* ids the source has withdrawn.
    """

    papers: tuple[Paper, ...]
    cursor: Cursor
    found: int | None = None
    missing: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    query: str = ""
    translation: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """The account of one run of a source: *found* = *fetched* + missing when all is well.

    *translation* is what the source made of the *query*; *problem* says why the run is not complete, in
    one sentence, and is empty when it is.
    """

    source: str
    found: int
    new: int
    fetched: int = 0
    changed: int = 0
    missing: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    query: str = ""
    translation: str = ""
    warnings: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What storing papers came to."""

    new: int
    changed: int
