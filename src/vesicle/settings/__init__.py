"""`config.yaml`: what may stand in it, and how it becomes what the core uses."""

import re
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError, field_validator

from vesicle.curate.rules import Rules
from vesicle.model.checkup import Doctor
from vesicle.model.errors import UserError
from vesicle.model.issue import Mailbox, Newsletter
from vesicle.model.problem import Problem
from vesicle.model.rates import Rate, Rates
from vesicle.settings.addresses import mailbox
from vesicle.settings.content import ContentSettings
from vesicle.settings.editor import EditorSettings
from vesicle.settings.kinds import Language, When, Zone
from vesicle.settings.newsletters import NewsletterSettings
from vesicle.settings.plugins import ChannelSettings, PluginSettings, SourceSettings
from vesicle.settings.retention import RetentionSettings
from vesicle.settings.running import LoggingSettings, MonitorSettings
from vesicle.settings.strict import Line, Strict
from vesicle.text.complaints import field_names, problems
from vesicle.text.marked import Marked


def _url(text: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.\-]+(:\d+)?(/[^\s?#]*)?", text):
        raise ValueError("is not an https address | write it as https://example.org")
    return text.rstrip("/")


def _template(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", text):
        raise ValueError(f"cannot be `{text}` | write a name of small letters, digits and hyphens")
    return text


class SiteSettings(Strict):
    """The site as a whole."""

    name: Line = Field(description="Name of the site or team.")
    url: Annotated[str, AfterValidator(_url)] = Field(
        description="Address of the public pages; links to images and to unsubscribe start with it."
    )
    language: Language = Field(default="en", description="Language of content files without a suffix.")
    zone: Zone = Field(default="UTC", description="IANA time zone of sources and channels that name none.")


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
    contact: Annotated[Line, AfterValidator(mailbox)] | None = Field(
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
    sources: dict[str, SourceSettings] = Field(default={}, description="Where new papers come from.")
    crossref: CrossrefSettings = Field(
        default=CrossrefSettings(), description="Where a second opinion on papers comes from."
    )
    follow_up: When = Field(
        default="every monday at 05:00",
        description="When `vesicle run` looks again at what was kept or published, in the site's zone.",
    )
    content: ContentSettings = Field(default=ContentSettings(), description="Where content comes from.")
    rules: Rules = Field(default=Rules(), description="How papers are ranked; see Watching the literature.")
    checks: dict[str, PluginSettings] = Field(
        default={}, description="Options of checks; all run by default."
    )
    channels: dict[str, ChannelSettings] = Field(default={}, description="Where newsletters and posts go.")
    sending: SendingSettings = Field(default=SendingSettings(), description="How issues are sent.")
    notices: NoticesSettings = Field(
        default=NoticesSettings(), description="Mails to one person outside an issue."
    )
    editor: EditorSettings = Field(
        default=EditorSettings(), description="Who is told by mail what needs a person."
    )
    webhooks: dict[str, PluginSettings] = Field(
        default={}, description="Mail providers that tell what became of mails."
    )
    returns: ReturnsSettings = Field(default=ReturnsSettings(), description="What comes back.")
    pages: PagesSettings = Field(default=PagesSettings(), description="The public pages.")
    monitor: MonitorSettings = Field(
        default=MonitorSettings(), description="How others notice that `vesicle run` is well."
    )
    logging: LoggingSettings = Field(
        default=LoggingSettings(), description="What `vesicle run` and `vesicle serve` write down."
    )
    retention: RetentionSettings = Field(
        default=RetentionSettings(), description="How long what is in the database is kept."
    )
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
            readers_time=one.when.removeprefix("reader's "),
            grace=timedelta(hours=one.grace_hours),
            compose_ahead=timedelta(days=one.compose_days),
            min_items=one.min_items,
            site_url=self.site.url,
            audience=one.audience.audience(),
        )

    def letterhead(self) -> Newsletter:
        """Give the newsletter in whose name notices go out; raises UserError where there is none.

        They are in its languages and in those of the pages: who signs up in Persian is asked in Persian.
        """
        newsletter = self.newsletter(self._writer())
        languages = dict.fromkeys((*newsletter.languages, *self.pages.languages))
        return replace(newsletter, languages=tuple(languages))

    def desk(self) -> Newsletter:
        """Give the newsletter in whose name the editor is told; raises UserError where there is none."""
        return self.newsletter(self.editor.newsletter or self._writer())

    def _writer(self) -> str:
        return self.notices.newsletter or next(iter(self.newsletters), "")


def load(marked: Marked) -> Settings:
    """Read settings; raises UserError with every problem of the file."""
    try:
        settings = Settings.model_validate(marked.value)
        _check_writers(settings, marked)
        _check_channels(settings, marked)
        return settings
    except ValidationError as error:
        known = field_names(Settings.model_json_schema())
        raise UserError(problems(error.errors(), marked, known=known)) from error


def _check_writers(settings: Settings, marked: Marked) -> None:
    """Raise UserError where the notices, or the words to the editor, name a newsletter that there is not."""
    named = {"notices": settings.notices.newsletter, "editor": settings.editor.newsletter}
    problems = [
        Problem(
            code="fields.wrong-value",
            text=f"`{part} newsletter` cannot be `{slug}`: there is no such newsletter",
            where=marked.place((part, "newsletter")),
            mend=f"known: {', '.join(settings.newsletters) or 'none'}",
        )
        for part, slug in named.items()
        if slug and slug not in settings.newsletters
    ]
    if problems:
        raise UserError(problems)


def _check_channels(settings: Settings, marked: Marked) -> None:
    """Raise UserError where e-mail has slots of posts."""
    mail = settings.channels.get("email")
    if mail and mail.when:
        problem = Problem(
            code="fields.wrong-value",
            text="`channels email when` cannot be: newsletters go out by e-mail, at their `cadence`",
            where=marked.place(("channels", "email", "when")),
            mend="take it out",
        )
        raise UserError([problem])
