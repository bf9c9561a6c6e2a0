"""An item to the post of one channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from vesicle.model.item import Item
from vesicle.model.limits import Limits, Outlet
from vesicle.model.message import Link, Message, Picture
from vesicle.model.paper import FiledPaper
from vesicle.render.card import alt, card
from vesicle.render.environment import environment, render
from vesicle.render.story import Story, story
from vesicle.render.words import words
from vesicle.text.citations import source_url
from vesicle.text.fitting import fits
from vesicle.text.rich.shorten import shown
from vesicle.text.threads import split

DEFAULT = "social/default.txt.j2"

_URL = re.compile(r"https?://\S+")
_BREAK = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_AFTER_URL = ".,;:!?»”’\"'>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What posts are made with: templates, what is known of papers, the name and address of the site."""

    templates: Mapping[str, str]
    papers: Mapping[str, FiledPaper]
    site_name: str
    site_url: str


def post(item: Item, outlet: Outlet, press: Press) -> Message:
    """Render the post of *item* for a channel, in the item's own language, with its card.

    The editor's own wording for the channel replaces the template's text; evidence and link stay. A text
    that is longer than the channel takes becomes a thread where it has threads, which begins with the
    evidence. Nothing is ever cut: what does not fit stays as it is, for a check to refuse. Raises
    ContentError where a template is broken.
    """
    known = words(press.templates, item.lang)
    told = story(item, press.papers, words=known, lang=item.lang, site_url=press.site_url)
    link = _campaigned(_link(told, press.site_url), outlet, press.site_url)
    view = {
        "item": item,
        "words": known,
        "labels": told.labels,
        "link": link,
        "own_text": item.social.get(outlet.name, item.social.get(outlet.kind, "")).strip(),
        "quote": item.snippets[0].text if item.snippets else "",
    }
    name, pictures = _template(outlet, press.templates), tuple(_pictures(told, outlet, press))

    def made(*, is_thread: bool) -> Message:
        text = _tidy(render(environment(press.templates), name, view | {"is_thread": is_thread}))
        message = Message(
            channel=outlet.name,
            slug=item.slug,
            lang=item.lang,
            subject=" ".join(item.title.split()),
            text=text,
            links=tuple(_links(text)),
            pictures=pictures,
        )
        return _shortened(message) if outlet.limits.shows_short_links else message

    whole = made(is_thread=False)
    if not outlet.limits.has_threads:
        return replace(whole, text=_tidy(_BREAK.sub("", whole.text)))
    if fits(whole.text, outlet.limits.lengths) and not _BREAK.search(whole.text):
        return whole
    return _threaded(made(is_thread=True), outlet.limits)


def _template(outlet: Outlet, templates: Mapping[str, str]) -> str:
    names = (f"social/{name}.txt.j2" for name in (outlet.name, outlet.kind))
    return next((name for name in names if name in templates), DEFAULT)


def _link(told: Story, site_url: str) -> str:
    """Give the link of a post: the paper of a finding, the source of an explainer's quote, or the site."""
    if told.item.snippets:
        return source_url(told.item.snippets[0].source) or site_url
    return next((source.url for source in told.sources if source.url), site_url)


def _campaigned(url: str, outlet: Outlet, site_url: str) -> str:
    """Mark a link to the site's own pages with where it stood; never one to a paper, which is cited."""
    parts = urlsplit(url)
    if not outlet.campaign or parts.netloc != urlsplit(site_url).netloc:
        return url
    marks = {"utm_source": outlet.name, "utm_medium": "social", "utm_campaign": outlet.campaign}
    query = urlencode([*parse_qsl(parts.query), *marks.items()])
    return urlunsplit(parts._replace(query=query))


def _pictures(told: Story, outlet: Outlet, press: Press) -> list[Picture]:
    if outlet.limits.frame is None:
        return []
    drawn = card(
        told, frame=outlet.limits.frame, site=press.site_name, templates=press.templates, outlet=outlet.kind
    )
    said = alt(told, site=press.site_name, most=outlet.limits.most_alt)
    return [Picture(src=drawn.name, alt=said, card=drawn)]


def _shortened(message: Message) -> Message:
    """Show each link short, where no two would look alike: the whole address is in the link itself."""
    text, links = message.text, []
    brief = [shown(link.url) for link in message.links]
    for link, short in zip(message.links, brief, strict=True):
        is_clear = brief.count(short) == 1 and short not in text.replace(link.url, "")
        text = text.replace(link.url, short) if is_clear else text
        links.append(replace(link, text=short) if is_clear else link)
    return replace(message, text=text, links=tuple(links))


def _threaded(message: Message, limits: Limits) -> Message:
    """Make a thread of *message*, broken where its author broke it, and where it does not fit."""
    try:
        parts = split(message.text, lambda text: fits(text, limits.lengths))
    except ValueError:  # something in it is too long by itself, which is told by a check
        return message
    return replace(message, text="\n\n".join(parts), parts=parts if len(parts) > 1 else ())


def _tidy(text: str) -> str:
    lines = "\n".join(line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _links(text: str) -> list[Link]:
    urls = (_trimmed(url) for url in _URL.findall(text))
    return [Link(url=url, text=url) for url in dict.fromkeys(urls)]


def _trimmed(url: str) -> str:
    """Leave out punctuation after a URL, but keep the closing bracket of one that was opened in it."""
    url = url.rstrip(_AFTER_URL)
    return _trimmed(url[:-1]) if url.endswith(")") and url.count(")") > url.count("(") else url
