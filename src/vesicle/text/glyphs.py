"""Which characters of a text no font can show. Pure."""

import unicodedata
from collections.abc import Collection

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of what has no shape of its own: controls, joiners, marks of direction, blanks."""
_SELECTORS = range(0xFE00, 0xFE10)
"""Variation selectors, which choose a shape of the character before them."""


def missing(text: str, glyphs: Collection[int]) -> tuple[str, ...]:
    """Give the characters of *text* that should be seen and are not among *glyphs*, each once."""
    return tuple(one for one in dict.fromkeys(text) if ord(one) not in glyphs and not _is_unseen(one))


def _is_unseen(one: str) -> bool:
    return unicodedata.category(one) in _UNSEEN or ord(one) in _SELECTORS
