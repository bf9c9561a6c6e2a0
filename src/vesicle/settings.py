"""`config.yaml`: what may stand in it, and how it becomes what the core uses."""

import re
from dataclasses import replace
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from vesicle.curate.rules import Rules
from vesicle.model.checkup import Doctor
from vesicle.model.errors import UserError
from vesicle.model.issue import ApprovalRule, Mailbox, Newsletter
from vesicle.model.problem import Problem
from vesicle.model.rates import Rate, Rates
from vesicle.model.subscriber import Audience
from vesicle.schedule.calendar import Calendar
from vesicle.text.complaints import field_names, problems
from vesicle.text.lines import is_one_line
from vesicle.text.marked import Marked


def _mailbox(text: str) -> str:
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+", address) or not is_one_line(name):
        raise ValueError('is not an address | write `"A Name <name@example.org>"`')
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"cannot be `{text}` | write an IANA zone such as Asia/Bangkok") from error
    return text


def _url(text: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.\-]+(:\d+)?(/[^\s?#]*)?", text):
        raise ValueError("is not an https address | write it as https://example.org")
    return text.rstrip("/")


def _cadence(text: str) -> str:
    Calendar.parse(text)
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError(f"cannot be `{text}` | write a language tag such as en, th or fa")
    return text


def _template(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", text):
        raise ValueError(f"cannot be `{text}` | write a name of small letters, digits and hyphens")
    return text


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("holds a line break or a control character | write it in one line")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]
Language = Annotated[str, AfterValidator(_language)]


class Strict(BaseModel):
    """Settings that refuse fields nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSettings(Strict):
    """The site as a whole."""

    name: Line = Field(description="Name of the site or team.")
    url: Annotated[str, AfterValidator(_url)] = Field(
        description="Address of the public pages; links to images and to unsubscribe start with it."
    )
    language: Language = Field(default="en", description="Language of content files without a suffix.")


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
    sender: Annotated[Line, AfterValidator(_mailbox)] = Field(description='From: `"Name <address>"`.')
    reply_to: Annotated[Line, AfterValidator(_mailbox)] | None = Field(
        default=None, description="Where answers go; the sender where it is not written."
    )
    postal_address: Line = Field(
        description="Postal address in the footer; the law of many countries asks for it."
    )
    about: Line = Field(description="Why the reader gets this mail, in one sentence.")
    zone: Annotated[str, AfterValidator(_zone)] = Field(description="IANA time zone of `due` and `cadence`.")
    cadence: Annotated[str, AfterValidator(_cadence)] = Field(
        description="When an issue is due: `every thursday at 09:00`, `every weekday at 07:30`, "
        "`first monday of the month at 08:00`."
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


class PluginSettings(BaseModel):
    """A plug-in of any kind; every other field is an option of its own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    by: str = Field(
        default="", description="The plug-in: a name, or `package.module:Class`; its own name if empty."
    )
    enabled: bool = Field(default=True, description="`false` switches it off.")

    def options(self) -> dict[str, Any]:
        """Give the fields that belong to the plug-in itself."""
        return dict(self.model_extra or {})


class CrossrefSettings(Strict):
    """Crossref, asked for a second opinion on what became of a paper."""

    base: Line = Field(default="https://api.crossref.org", description="Address of its API.")
    mailto: str = Field(default="", description="Your address, which Crossref asks for.")


class SendingSettings(Strict):
    """How `vesicle send` and `vesicle run` send."""

    undo_seconds: int = Field(
        default=60,
        ge=0,
        le=3600,
        description="Seconds that `vesicle send` waits before the first mail; Ctrl-C then holds the issue.",
    )
    patience_hours: int = Field(
        default=48,
        ge=1,
        le=120,
        description="Hours for which a reader who cannot be reached is tried again; then it has failed.",
    )


class WelcomeSettings(Strict):
    """One step of the welcome series."""

    template: Annotated[str, AfterValidator(_template)] = Field(
        default="welcome-1",
        description="Name of its templates, `notice/NAME.mjml.j2` and `notice/NAME.txt.j2`; one that is not "
        "there is told by `vesicle check`.",
    )
    after_days: int = Field(
        default=0, ge=0, le=365, description="Days from the confirmation to this step; 0 sends it at once."
    )


class NoticesSettings(Strict):
    """Mails to one person outside an issue: to confirm, to welcome, with the link to one's data."""

    newsletter: str = Field(
        default="",
        description="Slug of the newsletter whose sender, postal address and languages they have; the first "
        "where it is not written.",
    )
    welcome: tuple[WelcomeSettings, ...] = Field(
        default=(WelcomeSettings(),), description="The welcome series, `[]` for none."
    )

    def steps(self) -> tuple[tuple[str, timedelta], ...]:
        """Give the template of each step of the welcome series, and when it is due after the confirmation."""
        return tuple((step.template, timedelta(days=step.after_days)) for step in self.welcome)


class PagesSettings(Strict):
    """The public pages of `vesicle serve`."""

    languages: tuple[Language, ...] = Field(
        default=("en", "th", "fa"),
        min_length=1,
        description="Languages of the pages, and those that readers can choose; the site's own first.",
    )
    topics: dict[Line, dict[Language, Line]] = Field(
        default={},
        description="What readers can choose to read about: for each topic its name by language, as "
        "`skin: {en: Skin, th: ผิวหนัง}`. A newsletter is bound to topics by its `audience`.",
    )
    wording: Line = Field(
        default="1",
        description="Name of the present words of consent (`page consent`); give a new one with new words.",
    )
    contact: Annotated[Line, AfterValidator(_mailbox)] | None = Field(
        default=None,
        description="Address that readers, and whoever finds a hole, can write to; that of the first "
        "newsletter's `reply_to` where it is not written.",
    )
    proxies: tuple[Line, ...] = Field(
        default=(),
        description="Addresses or networks of the proxies in front, as `127.0.0.1`; the address of a visitor "
        "is believed from them alone.",
    )
    posts_per_minute: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="Forms that one network (/24, /48) may send in a minute, but for those to leave.",
    )

    mails_per_network: int = Field(
        default=60,
        ge=1,
        le=100_000,
        description="Mails in an hour because of what one network (/24, /48) asked for on the pages; more is "
        "refused, without a word on the page and with one in the log.",
    )
    mails_per_domain: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="The same for addresses of one domain, but for large providers of mailboxes.",
    )

    @field_validator("topics")
    @classmethod
    def _named(cls, topics: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for slug, names in topics.items():
            if not names:
                raise ValueError(f"has no name for `{slug}` | write one, as `{{en: {slug}}}`")
        return topics


class ReturnsSettings(Strict):
    """What comes back: bounces, complaints, wishes to leave."""

    mailboxes: dict[str, PluginSettings] = Field(
        default={},
        description="Where mails come back to, by a name of your own; each says `by:` which kind it is.",
    )
    most_complaints: float = Field(
        default=0.001,
        gt=0,
        le=1,
        description="An issue is held when this share of the mails that were accepted brought complaints; "
        "Gmail wants less than 0.001 and acts from 0.003 on.",
    )
    least_complaints: int = Field(default=3, ge=1, description="But not before there are so many.")
    most_bounces: float = Field(
        default=0.02, gt=0, le=1, description="The same for mails that bounced for good."
    )
    least_bounces: int = Field(default=10, ge=1, description="But not before there are so many.")

    def rates(self) -> Rates:
        """Give the rates beyond which an issue is held."""
        return Rates(
            complaints=Rate(share=self.most_complaints, least=self.least_complaints),
            bounces=Rate(share=self.most_bounces, least=self.least_bounces),
        )


class Settings(Strict):
    """The whole of `config.yaml`."""

    site: SiteSettings
    newsletters: dict[str, NewsletterSettings] = Field(default={}, description="The series, by slug.")
    sources: dict[str, PluginSettings] = Field(default={}, description="Where new papers come from.")
    crossref: CrossrefSettings = Field(
        default=CrossrefSettings(), description="Where a second opinion on papers comes from."
    )
    rules: Rules = Field(default=Rules(), description="How papers are ranked; see Watching the literature.")
    checks: dict[str, PluginSettings] = Field(
        default={}, description="Options of checks; all run by default."
    )
    channels: dict[str, PluginSettings] = Field(default={}, description="Where newsletters and posts go.")
    sending: SendingSettings = Field(default=SendingSettings(), description="How issues are sent.")
    notices: NoticesSettings = Field(
        default=NoticesSettings(), description="Mails to one person outside an issue."
    )
    webhooks: dict[str, PluginSettings] = Field(
        default={}, description="Mail providers that tell what became of mails."
    )
    returns: ReturnsSettings = Field(default=ReturnsSettings(), description="What comes back.")
    pages: PagesSettings = Field(default=PagesSettings(), description="The public pages.")
    doctor: Doctor = Field(default=Doctor(), description="What `vesicle doctor` looks at besides.")
    database: str = Field(
        default=".vesicle/vesicle.db", description="The SQLite file, from the site's folder."
    )

    def newsletter(self, slug: str) -> Newsletter:
        """Give the newsletter called *slug*; raises UserError where there is none."""
        if slug not in self.newsletters:
            known = ", ".join(self.newsletters) or "none"
            raise UserError(f"no newsletter called '{slug}' in config.yaml", mend=f"known: {known}")
        one = self.newsletters[slug]
        name, address = parseaddr(one.sender)
        return Newsletter(
            slug=slug,
            name=one.name,
            sender=Mailbox(name=name or one.name, address=address),
            reply_to=parseaddr(one.reply_to or one.sender)[1],
            postal_address=one.postal_address,
            about=one.about,
            zone=one.zone,
            cadence=one.cadence,
            languages=one.languages,
            fallback=one.fallback or one.languages[0],
            max_items=one.max_items,
            approval=one.approval,
            site_url=self.site.url,
            audience=one.audience.audience(),
        )

    def letterhead(self) -> Newsletter:
        """Give the newsletter in whose name notices go out; raises UserError where there is none.

        They are in its languages and in those of the pages: who signs up in Persian is asked in Persian.
        """
        newsletter = self.newsletter(self.notices.newsletter or next(iter(self.newsletters), ""))
        languages = dict.fromkeys((*newsletter.languages, *self.pages.languages))
        return replace(newsletter, languages=tuple(languages))


def load(marked: Marked) -> Settings:
    """Read settings; raises UserError with every problem of the file."""
    try:
        settings = Settings.model_validate(marked.value)
        _check_notices(settings, marked)
        return settings
    except ValidationError as error:
        known = field_names(Settings.model_json_schema())
        raise UserError(problems(error.errors(), marked, known=known)) from error


def _check_notices(settings: Settings, marked: Marked) -> None:
    """Raise UserError where the notices name a newsletter that there is not."""
    slug = settings.notices.newsletter
    if slug and slug not in settings.newsletters:
        problem = Problem(
            code="fields.wrong-value",
            text=f"`notices newsletter` cannot be `{slug}`: there is no such newsletter",
            where=marked.place(("notices", "newsletter")),
            mend=f"known: {', '.join(settings.newsletters) or 'none'}",
        )
        raise UserError([problem])
