"""Phrases of the rules, found in a text."""

import re
from collections.abc import Iterator
from functools import lru_cache

_BETWEEN = r"[^\w.;:!?]+"
_GAP = 3
_ELLIPSIS = "..."


@lru_cache(maxsize=256)
def pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Make one pattern of all *terms* (see `Group`); longer ones win. No term at all matches nothing."""
    phrases = sorted(terms, key=len, reverse=True)
    joined = "|".join(_phrase(phrase.split()) for phrase in phrases if phrase.split())
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)" if joined else r"(?!)", re.IGNORECASE)


def words_between(text: str, one: tuple[int, int], other: tuple[int, int]) -> int:
    """Count the words of *text* between two spans of it; 0 where they touch or overlap."""
    first, second = sorted((one, other))
    return len(re.findall(r"\w+", text[first[1] : second[0]]))


def _phrase(words: list[str]) -> str:
    return "".join(_parts(words)).removesuffix(_BETWEEN)


def _parts(words: list[str]) -> Iterator[str]:
    for word in words:
        if word == _ELLIPSIS:
            yield rf"(?:\w+{_BETWEEN}){{0,{_GAP}}}"
        else:
            yield f"(?:{'|'.join(map(_word, word.split('|')))})"
            yield _BETWEEN


def _word(word: str) -> str:
    escaped = re.escape(word).replace(r"\*", r"\w*").replace(r"\-", _BETWEEN)
    return escaped if word.islower() or not any(map(str.isalpha, word)) else f"(?-i:{escaped})"
