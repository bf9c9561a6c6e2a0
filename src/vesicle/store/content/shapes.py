"""What may stand in the front matter of each kind of file."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from vesicle.model.issue import IssueStatus
from vesicle.model.item import Design, Status, Subject
from vesicle.text.lines import is_one_line

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def is_slug(text: str) -> bool:
    """Tell whether *text* is made of lower-case letters, digits and single hyphens."""
    return bool(_SLUG.fullmatch(text))


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError(f"cannot be `{text}` | write lower-case letters, digits and hyphens: umbilical-cord")
    return text


def _line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("holds a line break or a control character | write it in one line")
    return text


def _pmid(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise ValueError(f"cannot be `{text}` | write the digits of the PMID alone")
    return text


def _doi(text: str) -> str:
    bare = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.strip(), flags=re.IGNORECASE)
    if not re.fullmatch(r"10\.\d{4,9}/\S+", bare):
        raise ValueError(f"cannot be `{text}` | write it as 10.1002/jev2.12404")
    return bare


def _day(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"is `{value}`, which is not a date | write it as 2026-11-26")
    return value


def _wall_time(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}", value):
        raise ValueError(f"is `{value}`, which is not a date with a time | write it as 2026-11-26 09:00")
    year = int(str(value)[:4]) if re.match(r"\d{4}-", str(value)) else 2000
    if not 2000 <= year < 2200:
        raise ValueError(f"cannot be in the year {year:04} | write a year from 2000 to 2199")
    return value


def _image_file(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.\-]*\.(png|jpe?g)", text):
        raise ValueError(f"cannot be `{text}` | write the name of a .png or .jpg file in content/images")
    return text


Line = Annotated[str, AfterValidator(_line)]
Slug = Annotated[str, AfterValidator(_slug)]
Day = Annotated[date, BeforeValidator(_day)]
WallTime = Annotated[datetime, BeforeValidator(_wall_time)]


class Shape(BaseModel):
    """Fields of a file; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperShape(Shape):
    """How a finding names its paper."""

    pmid: Annotated[str, AfterValidator(_pmid)] = ""
    doi: Annotated[str, AfterValidator(_doi)] = ""
    title: Line = ""
    journal: Line = ""
    year: int | None = Field(default=None, ge=1800, le=2200)

    @model_validator(mode="after")
    def _names_one(self) -> "PaperShape":
        if not (self.pmid or self.doi or (self.title and self.journal and self.year)):
            raise ValueError("names no paper | write `pmid`, `doi`, or `title`, `journal` and `year`")
        return self


class EvidenceShape(Shape):
    """The evidence label of a finding."""

    design: Design
    subjects: tuple[Subject, ...] = Field(min_length=1)
    peer_reviewed: bool = True
    size: Line = ""


class ClaimShape(Shape):
    """A claim and the passage that bears it."""

    text: Line
    passage: str


class SnippetShape(Shape):
    """A text to quote and its source."""

    text: Line
    source: Line


class ImageShape(Shape):
    """A picture."""

    src: Annotated[str, AfterValidator(_image_file)]
    alt: Line
    credit: Line
    licence: Line


class ItemShape(Shape):
    """Fields that findings and explainers share."""

    title: Line
    status: Status
    updated: Day
    summary: Line
    topics: tuple[Slug, ...] = Field(min_length=1)
    lang: Line | None = None
    author: Line
    image: ImageShape | None = None
    social: dict[str, str] = {}


class FindingShape(ItemShape):
    """A finding's front matter."""

    paper: PaperShape
    claims: tuple[ClaimShape, ...] = Field(min_length=1)
    caveat: Line
    evidence: EvidenceShape | None = None


class ExplainerShape(ItemShape):
    """An explainer's front matter."""

    snippets: tuple[SnippetShape, ...] = Field(min_length=1)


class SectionShape(Shape):
    """A section of an issue."""

    heading: Line
    items: tuple[Slug, ...] = Field(min_length=1)


class ApprovalShape(Shape):
    """What `vesicle approve` writes."""

    by: Line
    at: datetime
    hash: Line


class IssueShape(Shape):
    """An issue's front matter."""

    newsletter: Slug
    number: int = Field(ge=1)
    due: WallTime
    subject: Line
    preheader: Line
    status: IssueStatus
    sections: tuple[SectionShape, ...] = Field(min_length=1)
    lang: Line | None = None
    approved: ApprovalShape | None = None


class WordingShape(Shape):
    """A translation of an issue: its words alone."""

    subject: Line
    preheader: Line
    headings: tuple[Line, ...] = Field(min_length=1)
