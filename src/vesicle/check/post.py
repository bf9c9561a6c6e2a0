import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.limits import Limits
from vesicle.model.message import Message
from vesicle.model.problem import Place, Problem
from vesicle.ports import Case, Part
from vesicle.text.fitting import over
from vesicle.text.glyphs import missing

GLYPH = "post.glyph"
"""The code of a character that no font of the cards has."""

_TAG = re.compile(r"(?<![\w&/#])#\w*[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Nothing can be set: what a channel takes stands in `social/channels.toml` and in `channels`."""


class Check:
    """Every post is one that its channel takes as it is: its length, hashtags, card and alternative text."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS, Part.MESSAGES, Part.OUTLETS})

    def __init__(self, options: Options) -> None:
        pass

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield an error for whatever a channel would refuse or cut."""
        for message in case.messages:
            if outlet := case.outlets.get(message.channel):
                yield from _lengths(message, outlet.limits, case)
                yield from _tags(message, outlet.limits, case)
                yield from _pictures(message, outlet.limits, case)


def _lengths(message: Message, limits: Limits, case: Case) -> Iterator[Problem]:
    for text in message.texts:
        for length, count in over(text, limits.lengths):
            yield Problem(
                code="post.too-long",
                text=f"the post for {message.channel} has {count:,} {length.unit}, more than {length.most:,}",
                where=_place(message, case),
                mend=f"write a shorter one below `social:`, `{message.channel}:`",
                why="The channel would refuse it, or cut it.",
            )


def _tags(message: Message, limits: Limits, case: Case) -> Iterator[Problem]:
    count = len(_TAG.findall(message.text))
    if limits.most_tags is not None and count > limits.most_tags:
        yield Problem(
            code="post.too-many-tags",
            text=f"the post for {message.channel} has {count} hashtags, more than {limits.most_tags}",
            where=_place(message, case),
            mend="take some out",
        )


def _pictures(message: Message, limits: Limits, case: Case) -> Iterator[Problem]:
    for picture in message.pictures:
        if limits.most_alt is not None and len(picture.alt or "") > limits.most_alt:
            count = len(picture.alt or "")
            yield Problem(
                code="post.alt-too-long",
                text=f"the alt text of the card for {message.channel} has {count} characters, more than "
                f"{limits.most_alt}",
                where=_item_place(message, case, "title"),
                mend="write a shorter title",
            )
        lacking = missing(picture.card.words, case.glyphs) if picture.card and case.glyphs else ()
        if lacking:
            named = ", ".join(f"{one} (U+{ord(one):04X})" for one in lacking[:8])
            yield Problem(
                code=GLYPH,
                text=f"no font of the cards has {named}",
                where=_item_place(message, case, "title"),
                mend="write it otherwise, or set `card: false` for the channel",
                why="It would be left out of the picture without a word.",
            )


def _place(message: Message, case: Case) -> Place:
    return _item_place(message, case, "social", "summary")


def _item_place(message: Message, case: Case, *fields: str) -> Place:
    """Give the line of the first of *fields* that the item of *message* has."""
    for item in case.items:
        if (item.slug, item.lang) == (message.slug, message.lang):
            return next((item.places[name] for name in fields if name in item.places), item.where)
    return Place(file=message.slug)
