"""What stands in a post: the records of its parts, by the lexicon `app.bsky.feed.post`. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vesicle.model.errors import PermanentFailure
from vesicle.model.limits import Limits
from vesicle.model.message import Card, Link, Message
from vesicle.text.atproto import is_language, tid
from vesicle.text.fitting import over
from vesicle.text.rich.facets import as_records, facets
from vesicle.text.rich.placed import placed

COLLECTION = "app.bsky.feed.post"
MOST_PICTURES = 4
"""Of `app.bsky.embed.images` (read 2026-11-22)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS = 1024

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One text of a post: its record but for what it replies to, and once it is out where it is.

    *rkey* is the key of the record. Both are fixed before anything is sent, and the same at every attempt.
    """

    rkey: str
    record: Json
    uri: str = ""
    cid: str = ""

    @property
    def is_out(self) -> bool:
        """Tell whether the server has it, as far as we know."""
        return bool(self.uri and self.cid)

    @property
    def ref(self) -> Json:
        """Give what a reply names it by."""
        return {"uri": self.uri, "cid": self.cid}


def planned(message: Message, *, blobs: Sequence[Json], moment: datetime, key: str) -> list[Part]:
    """Give the parts of *message*, a millisecond apart, the first at *moment*, with the pictures *blobs*.

    The key is a TID (atproto.com/specs/tid): microseconds, and a clock of 1024, which is that of the
    delivery with *key*, so that two which are begun at once do not meet.
    """
    clock = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % _CLOCKS
    count = len(message.texts)
    moments = [moment.astimezone(UTC) + timedelta(milliseconds=number) for number in range(count)]
    made = records(message, embed=embedded(blobs, message), created=[_written(one) for one in moments])
    return [
        Part(rkey=tid(_microseconds(at), clock), record=one) for at, one in zip(moments, made, strict=True)
    ]


def complete(parts: Sequence[Part], number: int) -> Json:
    """Give the record of the part *number* (from 0), with what it replies to: the first and the last one."""
    if number == 0:
        return parts[0].record
    return {**parts[number].record, "reply": {"root": parts[0].ref, "parent": parts[number - 1].ref}}


def shown(message: Message) -> list[tuple[Card, str]]:
    """Give the cards of *message*, each with what it shows in words."""
    return [
        (one.card, one.card.words if one.alt is None else one.alt) for one in message.pictures if one.card
    ]


def refuse(message: Message, limits: Limits) -> None:
    """Raise PermanentFailure, with all of it, where the server would not take *message* as it is."""
    if wrong := "; ".join(_wrong(message, limits)):
        raise PermanentFailure(f"the post is not sent: {wrong}")


def records(message: Message, *, embed: Json | None, created: Sequence[str]) -> list[Json]:
    """Give the record of each part of *message* but for what it replies to; *embed* is of the first.

    Raises PermanentFailure where a link is not within its text.
    """
    made: list[Json] = []
    links = list(message.links)
    for text, at in zip(message.texts, created, strict=True):
        made.append(_record(text, links=links, lang=message.lang, created=at, embed=None if made else embed))
        # Of two links with the same words in two parts, each has its own place.
        for _, _, link in placed(text, links):
            links.remove(link)
    return made


def embedded(blobs: Sequence[Json], message: Message) -> Json | None:
    """Give the pictures of *message*, which are on the server as *blobs*, in the same order."""
    if not blobs:
        return None
    images = [
        {
            "alt": alt,
            "image": blob,
            "aspectRatio": {"width": card.frame.width, "height": card.frame.height},
        }
        for blob, (card, alt) in zip(blobs, shown(message), strict=True)
    ]
    return {"$type": "app.bsky.embed.images", "images": images}


def _record(text: str, *, links: Sequence[Link], lang: str, created: str, embed: Json | None) -> Json:
    found = guarded(as_records(facets(text, links)), text)
    return {
        "$type": COLLECTION,
        "text": text,
        **({"facets": found} if found else {}),
        **({"embed": embed} if embed else {}),
        **({"langs": [lang]} if is_language(lang) else {}),
        "createdAt": created,
    }


def _wrong(message: Message, limits: Limits) -> Iterator[str]:
    for number, text in enumerate(message.texts, start=1):
        name = f"part {number} of {len(message.texts)}" if message.parts else "the text"
        for length, found in over(text, limits.lengths):
            more = found - length.most
            yield f"{name} has {found} {length.unit.value}, {more} more than the {length.most} it may have"
    cards = shown(message)
    if len(cards) > MOST_PICTURES:
        yield f"it has {len(cards)} pictures, and may have {MOST_PICTURES}"
    for _, alt in cards:
        if limits.most_alt is not None and len(alt) > limits.most_alt:
            yield f"a picture's alt text has {len(alt)} characters, and may have {limits.most_alt}"


def guarded(found: list[Json], text: str) -> list[Json]:
    """Give the facets *found* in *text*; raises PermanentFailure where one is not of whole characters of it.

    A server takes any numbers.
    """
    if not all(_is_within(one, text) for one in found):
        raise PermanentFailure("a link of the post does not lie within its text")
    return found


def _is_within(facet: Mapping[str, Any], text: str) -> bool:
    start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
    written = text.encode()
    # A byte that goes on with a character is 0b10xxxxxx.
    is_whole = all(written[one : one + 1] < b"\x80" or written[one] >= 0xC0 for one in (start, end))
    return bool(0 <= start < end <= len(written) and is_whole)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
