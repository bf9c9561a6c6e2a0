"""What is a link, a hashtag or a mention in a text of Bluesky, by its bytes.

The server takes any offsets without complaint, beyond the end or within a letter too (bluesky-social/atproto,
server 0.5, tried 2026-11-22), so they are made here alone, and from the text as it is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import regex

from vesicle.model.message import Link
from vesicle.text.counting.tlds import tlds
from vesicle.text.rich.placed import placed

# The rules are those of the reference (bluesky-social/atproto, packages/api rich-text, tests of 2026-08-20).
_LINK = regex.compile(
    r"(?<![^\s(])(?:(?P<scheme>https?://)\S+|(?P<domain>[a-z][a-z0-9]*(?:\.[a-z0-9]+)+)\S*)", regex.IGNORECASE
)
_MENTION = regex.compile(r"(?<![^\s(])@(?P<handle>[a-zA-Z0-9.\-]*[a-zA-Z0-9])(?![a-zA-Z0-9_])")
_INVISIBLE = r"\u00AD\u2060\u200A-\u200D\u20E2"
_HASHTAG = regex.compile(rf"(?<!\S)[#＃](?!\uFE0F)(?P<tag>[^\s{_INVISIBLE}]+)")
_CASHTAG = regex.compile(r"(?<![^\s(])\$(?P<tag>[A-Za-z][A-Za-z0-9]{0,4})(?=[\s.,;:!?)\"'’]|$)")
_LAST_MARKS = regex.compile(r"\p{P}+$")
_SAYS_SOMETHING = regex.compile(r"[^0-9\p{P}]")
_MOST_OF_TAG = 64  # UTF-16 units in the reference, graphemes in the lexicon: the fewer


@dataclass(frozen=True, slots=True)
class Facet:
    """What the bytes from *start* to before *end* are; *value* is the URL, the tag, or the handle."""

    start: int
    end: int
    kind: Literal["link", "tag", "mention"]
    value: str


def facets(text: str, links: Sequence[Link]) -> tuple[Facet, ...]:
    """Give the facets of *text* in its order: the places of *links*, further links, hashtags and cashtags.

    A link whose shown words are cut has its whole URL here. Mentions are left out: they would need the DID.
    """
    given = [
        Facet(*_in_bytes(text, start, end), "link", link.url) for start, end, link in placed(text, links)
    ]
    found = [one for one in detect(text) if one.kind != "mention" and not _is_in(one, given)]
    return tuple(sorted((*given, *found), key=lambda one: one.start))


def detect(text: str) -> tuple[Facet, ...]:
    """Give what the reference finds in *text*, in its order; of two that overlap the first alone."""
    found = sorted(
        (*_links(text), *_mentions(text), *_hashtags(text), *_cashtags(text)), key=lambda one: one.start
    )
    kept: list[Facet] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def as_records(found: Sequence[Facet]) -> list[dict[str, Any]]:
    """Write *found* as the lexicon `app.bsky.richtext.facet` has them; of a mention the value is the DID."""
    return [
        {
            "index": {"byteStart": one.start, "byteEnd": one.end},
            "features": [
                {"$type": f"app.bsky.richtext.facet#{one.kind}", _VALUES[one.kind]: one.value},
            ],
        }
        for one in found
    ]


_VALUES = {"link": "uri", "tag": "tag", "mention": "did"}


def _links(text: str) -> Iterator[Facet]:
    for match in _LINK.finditer(text):
        if match["domain"] and not _ends_as_domain(match["domain"]):
            continue
        shown = match[0]
        if shown.endswith((".", ",", ";", ":", "!", "?")):
            shown = shown[:-1]
        if shown.endswith(")") and "(" not in shown:
            shown = shown[:-1]
        url = shown if match["scheme"] else f"https://{shown}"
        yield Facet(*_in_bytes(text, match.start(), match.start() + len(shown)), "link", url)


def _mentions(text: str) -> Iterator[Facet]:
    for match in _MENTION.finditer(text):
        if _ends_as_domain(match["handle"]) or match["handle"].endswith(".test"):
            yield Facet(*_in_bytes(text, *match.span()), "mention", match["handle"])


def _hashtags(text: str) -> Iterator[Facet]:
    for match in _HASHTAG.finditer(text):
        tag = _LAST_MARKS.sub("", match["tag"])
        if _SAYS_SOMETHING.search(tag) and len(tag.encode("utf-16-le")) // 2 <= _MOST_OF_TAG:
            yield Facet(*_in_bytes(text, match.start(), match.start("tag") + len(tag)), "tag", tag)


def _cashtags(text: str) -> Iterator[Facet]:
    for match in _CASHTAG.finditer(text):
        yield Facet(*_in_bytes(text, *match.span()), "tag", f"${match['tag'].upper()}")


def _ends_as_domain(name: str) -> bool:
    return "." in name and name.rpartition(".")[2] in tlds()


def _in_bytes(text: str, start: int, end: int) -> tuple[int, int]:
    before = len(text[:start].encode())
    return before, before + len(text[start:end].encode())


def _is_in(facet: Facet, others: Sequence[Facet]) -> bool:
    return any(facet.start < other.end and other.start < facet.end for other in others)
