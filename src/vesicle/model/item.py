"""An item: a finding or an explainer, as the editor wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from vesicle.model.problem import Place


class Kind(StrEnum):
    """What an item is."""

    FINDING = "finding"
    EXPLAINER = "explainer"


class Status(StrEnum):
    """How far the editor is with an item: only a ready one is composed into an issue."""

    DRAFT = "draft"
    READY = "ready"
    RETIRED = "retired"


class Design(StrEnum):
    """The type of evidence, strongest for a question of treatment first."""

    GUIDELINE = "guideline"
    SYSTEMATIC_REVIEW = "systematic review"
    RANDOMISED_TRIAL = "randomised trial"
    CONTROLLED_TRIAL = "controlled trial"
    OBSERVATIONAL = "observational study"
    CASE_SERIES = "case series"
    CASE_REPORT = "case report"
    REVIEW = "review"
    ANIMAL_STUDY = "animal study"
    LABORATORY_STUDY = "laboratory study"
    OPINION = "opinion"


class Subject(StrEnum):
    """Who or what was studied."""

    PEOPLE = "people"
    ANIMALS = "animals"
    CELLS = "cells"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The three labels of a finding: reviewed by peers or not, type of evidence, subjects.

    After the labels for press releases of the Science Media Centre and the Academy of Medical
    Sciences. *size* is free text with a unit, such as "24 rats" or "16 studies".
    """

    design: Design
    subjects: tuple[Subject, ...]
    peer_reviewed: bool = True
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperReference:
    """How a finding names its paper: by PMID, DOI, or title with journal and year where neither is known."""

    pmid: str = ""
    doi: str = ""
    title: str = ""
    journal: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One checkable sentence of a finding, with the passage of the paper that bears it (a quote)."""

    text: str
    passage: str
    where: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A short text to quote from an explainer, with its source (PMID, DOI or URL)."""

    text: str
    source: str
    where: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of an item; *src* is its file name in `content/images`, *alt* says what it shows."""

    src: str
    alt: str
    credit: str
    licence: str
    where: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A finding or an explainer in one language.

    *body* is Markdown; *social* holds the editor's own wording per channel; *where* is the first line of
    the file, *places* the line of each front matter field.
    """

    slug: str
    lang: str
    kind: Kind
    title: str
    summary: str
    body: str
    status: Status
    updated: date
    where: Place
    author: str = ""
    topics: tuple[str, ...] = ()
    image: Image | None = None
    social: Mapping[str, str] = field(default_factory=dict)
    paper: PaperReference | None = None
    claims: tuple[Claim, ...] = ()
    caveat: str = ""
    evidence: Evidence | None = None
    snippets: tuple[Snippet, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def is_finding(self) -> bool:
        """Tell whether the item rests on one paper."""
        return self.kind is Kind.FINDING

    def place(self, name: str) -> Place:
        """Give the line of a front matter field, or the top of the file where it is not written."""
        return self.places.get(name, self.where)
