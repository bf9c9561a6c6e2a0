"""An issue of a newsletter to the message that is sent: HTML, text and headers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formataddr
from urllib.parse import quote

from vesicle.model.content import Content
from vesicle.model.errors import ContentError
from vesicle.model.issue import Issue, Newsletter, Section, Wording
from vesicle.model.message import Message, Personal
from vesicle.model.problem import Problem
from vesicle.render import locale, markdown, mjml
from vesicle.render.environment import environment, render
from vesicle.render.story import Story, note, story
from vesicle.render.words import Words, words
from vesicle.text.html import links, pictures

# Gmail shows up to 200 characters behind the subject (resend/react-email PR 3100): what follows the
# preheader is filled up with characters that take room and show nothing.
PREHEADER_ROOM = 200
_FILLER = "\u034f\u200c\u00a0"
# What may stand in a URL as it is (RFC 3986, section 2).
_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A section of an issue as a template shows it."""

    heading: str
    stories: tuple[Story, ...]


def newsletter(
    issue: Issue, newsletter: Newsletter, content: Content, *, lang: str, templates: Mapping[str, str]
) -> Message:
    """Render *issue* for the readers of *lang*; what has no translation appears in another language, marked.

    Raises ContentError where an item is missing or a template is broken.
    """
    known = words(templates, lang)
    chapters = _chapters(issue, newsletter, content, lang=lang, words=known)
    view = _view(issue, newsletter, chapters, lang=lang, words=known)
    jinja = environment(templates)
    html = mjml.compile(render(jinja, "newsletter/issue.mjml.j2", view))
    wording = issue.wording(lang)
    return Message(
        channel="email",
        slug=issue.slug,
        lang=lang,
        subject=_line(wording.subject),
        preheader=_line(wording.preheader),
        html=html,
        text=render(jinja, "newsletter/issue.txt.j2", view),
        links=links(html),
        pictures=pictures(html),
        sender=newsletter.sender,
        headers=tuple(_headers(issue, newsletter, lang)),
    )


def _chapters(
    issue: Issue, newsletter: Newsletter, content: Content, *, lang: str, words: Words
) -> tuple[Chapter, ...]:
    if missing := tuple(_missing(issue, content, newsletter.fallback)):
        raise ContentError(missing)
    headings = issue.wording(lang).headings
    own = tuple(section.heading for section in issue.sections)
    return tuple(
        Chapter(
            heading=heading,
            stories=tuple(
                story(item, content.papers, words=words, lang=lang, site_url=newsletter.site_url)
                for slug in section.items
                if (item := content.item(slug, lang, newsletter.fallback))
            ),
        )
        for section, heading in zip(issue.sections, headings + own[len(headings) :], strict=False)
    )


def _missing(issue: Issue, content: Content, fallback: str) -> Iterator[Problem]:
    for section in issue.sections:
        for slug in section.items:
            if not content.item(slug, fallback, fallback):
                yield _missing_item(slug, section)


def _missing_item(slug: str, section: Section) -> Problem:
    return Problem(
        code="issue.missing-item",
        text=f"there is no item called {slug}",
        where=section.where,
        mend="write the slug of a finding or an explainer, which is its file name without .md",
    )


def _view(
    issue: Issue, newsletter: Newsletter, chapters: tuple[Chapter, ...], *, lang: str, words: Words
) -> dict[str, object]:
    wording = issue.wording(lang)
    return {
        "issue": issue,
        "newsletter": newsletter,
        "wording": wording,
        "wording_direction": locale.direction(wording.lang),
        "wording_note": note(wording.lang, words=words, lang=lang),
        "chapters": chapters,
        "words": words,
        "lang": lang,
        "direction": locale.direction(lang),
        "minutes": _minutes(wording, chapters),
        "filler": _FILLER * max(0, PREHEADER_ROOM - len(wording.preheader)),
        "unsubscribe_url": Personal.UNSUBSCRIBE_URL.value,
        "choose_url": Personal.CHOOSE_URL.value,
    }


def _minutes(wording: Wording, chapters: tuple[Chapter, ...]) -> int:
    intro = locale.reading_time(markdown.text(wording.intro), wording.lang)
    return locale.whole_minutes(
        intro + sum(story.minutes for chapter in chapters for story in chapter.stories)
    )


def _headers(issue: Issue, newsletter: Newsletter, lang: str) -> Iterator[tuple[str, str]]:
    domain = newsletter.sender.domain.encode("idna").decode("ascii")
    yield "Reply-To", _line(newsletter.reply_to)
    yield "List-Id", formataddr((_line(newsletter.name), f"{newsletter.slug}.{domain}"))
    yield "List-Unsubscribe", f"<{Personal.UNSUBSCRIBE_URL}>"
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    # RFC 2369: whoever answers for the letter, and where it can be read.
    answers = quote(_line(newsletter.reply_to), safe="@+")
    yield "List-Help", f"<mailto:{answers}?subject=help>"
    yield "List-Owner", f"<mailto:{answers}>"
    yield "List-Archive", f"<{quote(newsletter.site_url, safe=_URL_SAFE)}>"
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    yield "Feedback-ID", f"{issue.slug}:{newsletter.slug}:newsletter:{_sender_id(domain)}"
    yield "Content-Language", lang


def _sender_id(domain: str) -> str:
    """Give 5 to 15 letters and digits that stay the same (support.google.com/mail/answer/6254652)."""
    return re.sub(r"[^a-z0-9]", "", domain)[-15:].rjust(5, "0")


def _line(text: str) -> str:
    """Put *text* on one line: a line break would end its header."""
    return " ".join(text.split())
