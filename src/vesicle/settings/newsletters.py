"""The series, and who of the subscribers each goes to."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from vesicle.model.issue import ApprovalRule
from vesicle.model.subscriber import Audience
from vesicle.settings.addresses import mailbox
from vesicle.settings.kinds import Cadence, Language, Zone
from vesicle.settings.strict import Line, Strict


def _readers_time(text: str) -> str:
    if not re.fullmatch(r"(reader's ([01]\d|2[0-3]):[0-5]\d)?", text):
        raise ValueError(f"cannot be `{text}` | write `reader's 09:00`, or leave it out")
    return text


class AudienceSettings(Strict):
    """Who of the subscribers an issue goes to: confirmed, and fitting every field that is written."""

    topics: tuple[Line, ...] = Field(default=(), description="Those who chose at least one of these topics.")
    languages: tuple[Language, ...] = Field(default=(), description="Those whose language is one of these.")
    attributes: dict[Line, Line] = Field(
        default={}, description="Those whose attributes have each of these values, as `country: TH`."
    )
    since: date | None = Field(default=None, description="Those on the list from this day on.")

    def audience(self) -> Audience:
        """Give the filter that these settings are."""
        return Audience(
            topics=self.topics, languages=self.languages, attributes=self.attributes, since=self.since
        )


class NewsletterSettings(Strict):
    """One newsletter."""

    name: Line = Field(description="Name of the series, as readers see it.")
    sender: Annotated[Line, AfterValidator(mailbox)] = Field(description='From: `"Name <address>"`.')
    reply_to: Annotated[Line, AfterValidator(mailbox)] | None = Field(
        default=None, description="Where answers go; the sender where it is not written."
    )
    postal_address: Line = Field(
        description="Postal address in the footer; the law of many countries asks for it."
    )
    about: Line = Field(description="Why the reader gets this mail, in one sentence.")
    zone: Zone = Field(description="IANA time zone of `due` and `cadence`.")
    cadence: Cadence = Field(
        description="When an issue is due: `every thursday at 09:00`, `every weekday at 07:30`, "
        "`first monday of the month at 08:00`, or five fields of cron; several with `;` between them."
    )
    when: Annotated[str, AfterValidator(_readers_time)] = Field(
        default="",
        description="`reader's 09:00`: each reader gets an issue at that time of their own zone, on the day "
        "of its `due`; who has no zone has that of the newsletter.",
    )
    grace_hours: int = Field(
        default=6,
        ge=0,
        le=168,
        description="Hours after its time for which an issue goes out by itself; then a person decides.",
    )
    compose_days: int = Field(
        default=0, ge=0, le=31, description="Days before its time on which an issue is composed; 0: by hand."
    )
    min_items: int = Field(
        default=1,
        ge=1,
        le=15,
        description="An issue is not composed of fewer ready items; its slot is skipped.",
    )
    languages: tuple[Language, ...] = Field(
        default=("en",), min_length=1, description="Languages of the audience; an issue is rendered for each."
    )
    fallback: Language | None = Field(
        default=None, description="Language of a text that has no translation; the first of `languages`."
    )
    max_items: int = Field(default=6, ge=1, le=15, description="Most items in a composed issue.")
    approval: ApprovalRule = Field(
        default=ApprovalRule.PERSON, description="`person`, or `automatic` to send without approval."
    )
    audience: AudienceSettings = Field(
        default=AudienceSettings(),
        description="Who of the subscribers it goes to; all where it is not written.",
    )
