"""A story to its card, and to what the card says to those who cannot see it."""

import json
import re
import unicodedata
from collections.abc import Mapping

from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.render import locale
from vesicle.render.story import Story

DEFAULT = "card/default.typ"

_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
"""All but the two spaces at which no line breaks."""

# A name such as TGF-β1, IL-6 or COVID-19 is one word, which a line must not end in.
_HYPHENS = re.compile(r"(?<=\w)-(?=[0-9\u0370-\u03ff])|(?<=[A-Z0-9])-(?=[A-Z])|(?<=[\u0370-\u03ff])-(?=\w)")
# Neither must it between a sign and its numbers, nor between a number and its unit. In Arabic script it would
# even turn the sign around: "≥" at the end of a line is read as "≤".
_SIGNS = re.compile(r" (?=[<>≤≥=≠≈∼~±×] )|(?<=[<>≤≥=≠≈∼~±×]) (?=\S)")
_UNITS = re.compile(r"(?<=\d) (?=(?:[%°]|[µμmnkc]?(?:g|l|L|m|M|mol|Da)\b))")
_COUNTS = re.compile(r"(?<=\d) (?=\w)")

# What tells where a paper is found, after what tells which it is.
_NUMBER = re.compile(r"(?<=.), (?:doi:\S+|PMID \d+)$")
_ENDS = ".!?…。؟"
_WITHOUT_FULL_STOPS = ("th", "lo")


def card(story: Story, *, frame: Frame, site: str, templates: Mapping[str, str], outlet: str = "") -> Card:
    """Make the card of *story* by `card/<outlet>.typ` where there is such a template, else by the default."""
    name = f"card/{outlet}.typ"
    name = name if name in templates else DEFAULT
    data = {
        "dir": story.direction,
        "labels": [_COUNTS.sub("\u00a0", _held(label)) for label in _labels(story)],
        "lang": story.item.lang.partition("-")[0].lower(),
        "site": _line(site),
        "source": _source(story),
        "template": name,
        "text": _held(_text(story)),
        "title": _held(story.item.title),
    }
    return Card(
        source=templates[name],
        data=json.dumps(data, ensure_ascii=False, sort_keys=True),
        frame=frame,
    )


def page_card(
    title: str, text: str, *, lang: str, frame: Frame, site: str, templates: Mapping[str, str]
) -> Card:
    """Make the card of a page of the site, for where a link to it is shown."""
    data = {
        "dir": locale.direction(lang),
        "labels": [],
        "lang": lang.partition("-")[0].lower(),
        "site": _line(site),
        "source": "",
        "template": DEFAULT,
        "text": _held(text),
        "title": _held(title),
    }
    return Card(
        source=templates[DEFAULT], data=json.dumps(data, ensure_ascii=False, sort_keys=True), frame=frame
    )


def alt(story: Story, *, site: str, most: int | None = None) -> str:
    """Say in words what the card of *story* shows, in *most* characters: less of it where it is too long.

    Nothing is cut: what is left out first is the text below the title, last the source. A title that is too
    long by itself is given whole, for a check to refuse.
    """
    title, text, labels = _line(story.item.title), _line(_text(story)), " · ".join(_labels(story))
    source = _source(story)
    ways = ((title, text, labels, source, _line(site)), (title, labels, source), (title, labels))
    said = (_sentences(parts, story.item.lang) for parts in ways)
    return next((words for words in said if most is None or len(words) <= most), title)


def _labels(story: Story) -> list[str]:
    """Give the labels as they stand in a row: the first with a capital."""
    labels = [_line(label) for label in story.labels]
    return [label[:1].upper() + label[1:] if index == 0 else label for index, label in enumerate(labels)]


def _text(story: Story) -> str:
    """Give what stands below the title: the summary of a finding, the first quote of an explainer."""
    item = story.item
    return item.snippets[0].text if item.snippets and not item.paper else item.summary


def _source(story: Story) -> str:
    """Say where it comes from: authors, journal and year of a paper, the place of a quote."""
    words = _line(story.sources[0].words) if story.sources else ""
    return _NUMBER.sub("", words).replace("doi.org/", "doi:").rstrip("/")


def _sentences(parts: tuple[str, ...], lang: str) -> str:
    stop = "" if lang.partition("-")[0] in _WITHOUT_FULL_STOPS else "."
    return " ".join(part if part.endswith(tuple(_ENDS)) else part + stop for part in parts if part)


def _line(text: str) -> str:
    """Give *text* as one line, composed: a font may have é, and place an accent beside its e less well."""
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text).strip())


def _held(text: str) -> str:
    """Give *text* as one line, with what belongs together held together."""
    held = _SIGNS.sub("\u00a0", _HYPHENS.sub("\u2011", _line(text)))
    return _UNITS.sub("\u00a0", held)
