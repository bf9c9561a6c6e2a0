"""An issue of a newsletter to the message that is sent: HTML, text and headers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from vesicle.model.content import Content
from vesicle.model.errors import ContentError
from vesicle.model.issue import Issue, Newsletter, Section, Wording
from vesicle.model.message import Message, Personal
from vesicle.model.problem import Problem
from vesicle.render import locale, mail, markdown, mjml
from vesicle.render.environment import environment, render
from vesicle.render.story import Story, note, story
from vesicle.render.words import Words, words
from vesicle.text.html import links, pictures

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
        subject=mail.line(wording.subject),
        preheader=mail.line(wording.preheader),
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
        "filler": mail.filler(wording.preheader),
        "unsubscribe_url": Personal.UNSUBSCRIBE_URL.value,
        "choose_url": Personal.CHOOSE_URL.value,
    }


def _minutes(wording: Wording, chapters: tuple[Chapter, ...]) -> int:
    intro = locale.reading_time(markdown.text(wording.intro), wording.lang)
    return locale.whole_minutes(
        intro + sum(story.minutes for chapter in chapters for story in chapter.stories)
    )


def _headers(issue: Issue, newsletter: Newsletter, lang: str) -> Iterator[mail.Header]:
    yield "Reply-To", mail.line(newsletter.reply_to)
    yield from mail.leaving(newsletter)
    # RFC 2369: whoever answers for the letter, and where it can be read.
    answers = quote(mail.line(newsletter.reply_to), safe="@+")
    yield "List-Help", f"<mailto:{answers}?subject=help>"
    yield "List-Owner", f"<mailto:{answers}>"
    yield "List-Archive", f"<{quote(newsletter.site_url, safe=_URL_SAFE)}>"
    yield from mail.automatic(newsletter, lang=lang, slug=issue.slug, stream="newsletter")
