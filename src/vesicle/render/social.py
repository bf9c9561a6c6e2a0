"""An item to the post of one channel."""

import re
from collections.abc import Mapping

from vesicle.model.item import Item
from vesicle.model.message import Link, Message, Picture
from vesicle.model.paper import FiledPaper
from vesicle.render.environment import environment, render
from vesicle.render.story import Story, story
from vesicle.render.words import words
from vesicle.text.citations import source_url

DEFAULT = "social/default.txt.j2"

_URL = re.compile(r"https?://\S+")
_AFTER_URL = ".,;:!?»”’\"'>"


def post(
    item: Item, *, channel: str, papers: Mapping[str, FiledPaper], templates: Mapping[str, str], site_url: str
) -> Message:
    """Render the post of *item* for *channel*, in the item's own language, never cut to a length.

    The editor's own wording for the channel replaces the template's text; evidence and link stay.
    Raises ContentError where a template is broken.
    """
    known = words(templates, item.lang)
    told = story(item, papers, words=known, lang=item.lang, site_url=site_url)
    name = f"social/{channel}.txt.j2"
    view = {
        "item": item,
        "words": known,
        "labels": told.labels,
        "link": _link(told, site_url),
        "own_text": item.social.get(channel, "").strip(),
        "quote": item.snippets[0].text if item.snippets else "",
    }
    text = _tidy(render(environment(templates), name if name in templates else DEFAULT, view))
    return Message(
        channel=channel,
        slug=item.slug,
        lang=item.lang,
        subject=" ".join(item.title.split()),
        text=text,
        links=tuple(_links(text)),
        pictures=(Picture(src=told.picture, alt=item.image.alt),) if item.image else (),
    )


def _link(told: Story, site_url: str) -> str:
    """Give the link of a post: the paper of a finding, the source of an explainer's quote, or the site."""
    if told.item.snippets:
        return source_url(told.item.snippets[0].source) or site_url
    return next((source.url for source in told.sources if source.url), site_url)


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
