"""What all pages have in common: the site, its words, its templates, and how a page is made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from jinja2 import Environment
from starlette.responses import HTMLResponse

from vesicle.model.message import Card
from vesicle.pipeline.reception import Reception
from vesicle.render import locale
from vesicle.render.environment import environment, render
from vesicle.render.words import Words, words
from vesicle.text.languages import preferred
from vesicle.web.limits import Limits
from vesicle.web.visit import Visit

Reports = Callable[[str, bytes, Mapping[str, str]], None]
"""Take in what a provider reports: its name, the body, the headers. Raises what `web.hooks` answers by."""


class Gallery(Protocol):
    """Where pictures of cards come from."""

    def picture(self, card: Card) -> bytes:
        """Give the picture of *card*, drawn now if it was not before."""
        ...

    def drawn(self, name: str) -> bytes | None:
        """Give the picture of the card called *name*, None where it was not drawn."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages say of the site.

    *url* has no final slash. *topics* has for each topic its name by language. *contact* is the address that
    readers, and whoever finds a hole, can write to.
    """

    name: str
    url: str
    postal_address: str
    contact: str
    topics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All that the pages are made with."""

    site: Site
    reception: Reception
    templates: Mapping[str, str]
    limits: Limits
    reports: Reports
    gallery: Gallery
    vocabularies: dict[str, Words] = field(default_factory=dict, repr=False)
    # While something large is written (an issue is frozen for a million people), every form waits for it, up
    # to a minute: these may wait in a thread, so that others are left for those who only look.
    writers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(16), repr=False)

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages of the pages, the site's own first."""
        return self.reception.offer.languages

    @property
    def base(self) -> str:
        """Give the path below which the pages are, for a site that is not at the top of its host."""
        return urlsplit(self.site.url).path.rstrip("/")

    @property
    def jinja(self) -> Environment:
        """Give the environment of the templates."""
        return environment(self.templates)

    def language(self, visit: Visit, person: str = "") -> str:
        """Give the language of a page: that of its address, else the *person*'s, else the browser's."""
        known = self.languages
        return next((one for one in (visit.lang, person) if one in known), preferred(visit.accepts, known))

    def words(self, lang: str) -> Words:
        """Give the interface words of a language of the pages."""
        if lang not in self.vocabularies:
            self.vocabularies[lang] = words(self.templates, lang)
        return self.vocabularies[lang]

    def topics(self, lang: str) -> list[tuple[str, str]]:
        """Give the topics that are offered, each with its name in *lang* or the first there is."""
        return [
            (slug, names.get(lang) or next(iter(names.values()))) for slug, names in self.site.topics.items()
        ]

    def mail_languages(self, own: str = "") -> list[tuple[str, str]]:
        """Give the languages that mails can be in, a reader's *own* among them, each by its own name."""
        offered = dict.fromkeys((*self.languages, *([own] if own else [])))
        return [(one, locale.language_name(one, reader=one)) for one in offered]

    def page(self, name: str, lang: str, values: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
        """Give the page of the template `web/<name>.html.j2`."""
        text = self.text(f"web/{name}.html.j2", lang, values)
        return HTMLResponse(text, status_code=status, headers={"Content-Language": lang})

    def note(self, about: str, lang: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Give a page that says one thing: the words `page <about> title` and `page <about> text`."""
        return self.page("note", lang, {"about": about, **_NOTHING, **values}, status=status)

    def text(self, template: str, lang: str, values: Mapping[str, object]) -> str:
        """Render a template with what all have in common."""
        common = {
            "lang": lang,
            "direction": locale.direction(lang),
            "words": self.words(lang),
            "site": self.site,
            "base": self.base,
            "query": f"?lang={lang}",
            "languages": self.mail_languages(),
            "topics": self.topics(lang),
        }
        return render(self.jinja, template, {**common, **values})


# What a note may speak of.
_NOTHING: dict[str, object] = {"date": None, "hours": 0}


def hours(length: timedelta) -> int:
    """Give *length* in whole hours."""
    return round(length / timedelta(hours=1))
