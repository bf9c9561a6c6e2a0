"""How long a text is for a channel, in the channel's own unit.

Facts, sources and dates: each unit's own module; what the channels allow is in `model.limits`.
"""

from collections.abc import Callable, Mapping

from vesicle.model.limits import Unit
from vesicle.text.counting.graphemes import graphemes, with_emoji_as_bytes
from vesicle.text.counting.links import urls
from vesicle.text.counting.mastodon import length as mastodon_length
from vesicle.text.counting.weighted import weighted
from vesicle.text.rich.linkedin import escaped

__all__ = ["count", "graphemes", "urls"]


def count(text: str, unit: Unit) -> int:
    """Count *text* in *unit*, as the channel does; where its rules are unclear, never less."""
    return _COUNTERS[unit](text)


def _graphemes(text: str) -> int:
    return len(graphemes(text))


def _bytes(text: str) -> int:
    return len(text.encode())


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _escaped(text: str) -> int:
    return len(escaped(text))


_COUNTERS: Mapping[Unit, Callable[[str], int]] = {
    Unit.CHARACTERS: len,
    Unit.GRAPHEMES: _graphemes,
    Unit.BYTES: _bytes,
    Unit.UTF16: _utf16,
    Unit.WEIGHTED: weighted,
    Unit.MASTODON: mastodon_length,
    Unit.THREADS: with_emoji_as_bytes,
    Unit.ESCAPED: _escaped,
}
