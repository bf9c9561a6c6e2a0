"""A newsletter and its issues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from vesicle.model.problem import Place
from vesicle.model.subscriber import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address of a sender."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """Give the part of the address after the `@`, in lower case."""
        return self.address.rpartition("@")[2].lower()


class ApprovalRule(StrEnum):
    """Who lets an issue go: a person, or nobody because `approval: automatic` is written down."""

    PERSON = "person"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A series with a sender, a cadence and an audience.

    *cadence* is in plain words ("every thursday at 09:00") and *zone* the IANA zone it is meant in;
    an issue is rendered once for each of *languages*, and a text that has no translation appears in
    *fallback*, marked as such. With *readers_time* ("09:00") each reader gets it at that time of their own
    zone. An issue later than *grace* does not go out by itself; one is composed *compose_ahead* of its time,
    by hand where that is nothing, of *min_items* to *max_items*.
    """

    slug: str
    name: str
    sender: Mailbox
    reply_to: str
    postal_address: str
    about: str
    zone: str
    cadence: str
    languages: tuple[str, ...]
    fallback: str
    max_items: int
    approval: ApprovalRule
    site_url: str
    audience: Audience = field(default_factory=Audience)
    readers_time: str = ""
    grace: timedelta = timedelta(hours=6)
    compose_ahead: timedelta = timedelta(0)
    min_items: int = 1


class IssueStatus(StrEnum):
    """The editor's wish for an issue; what was approved and sent is the database's to know."""

    DRAFT = "draft"
    READY = "ready"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of an issue and the slugs of the items below it."""

    heading: str
    items: tuple[str, ...]
    where: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved an issue, when (UTC), and the hash of what they saw."""

    by: str
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of an issue in one language: what a translation file of the issue may give."""

    lang: str
    subject: str
    preheader: str
    intro: str
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One number of a newsletter.

    *due* is the wall-clock time of the newsletter's zone, without a zone of its own; *intro* is the
    editor's introduction in Markdown; *translations* maps a language to the same words in it.
    """

    slug: str
    newsletter: str
    number: int
    due: datetime
    subject: str
    preheader: str
    intro: str
    lang: str
    status: IssueStatus
    sections: tuple[Section, ...]
    where: Place
    approval: Approval | None = None
    translations: Mapping[str, Wording] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Give the slugs of all items, in the order they are read."""
        return tuple(slug for section in self.sections for slug in section.items)

    def wording(self, lang: str) -> Wording:
        """Give the issue's words in *lang*, or in its own language where it has no such translation."""
        own = Wording(
            lang=self.lang,
            subject=self.subject,
            preheader=self.preheader,
            intro=self.intro,
            headings=tuple(section.heading for section in self.sections),
        )
        return self.translations.get(lang, own)

    def place(self, name: str) -> Place:
        """Give the line of a front matter field, or the top of the file where it is not written."""
        return self.places.get(name, self.where)
