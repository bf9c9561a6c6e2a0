"""Length as X counts it."""

import unicodedata

import regex

from vesicle.text.counting.graphemes import EMOJI
from vesicle.text.counting.links import urls

URL_LENGTH = 23
_EMOJI_WEIGHT = 2
# twitter-text's config/v3.json: these weigh 1, all else 2.
_HEAVY = regex.compile(r"[^\x00-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]")


def weighted(text: str) -> int:
    """Count *text* by twitter-text's configuration v3, after NFC: each link is 23 and each emoji 2."""
    text = unicodedata.normalize("NFC", text)
    links = urls(text)
    starts = [0, *(end for _, end in links)]
    ends = [*(start for start, _ in links), len(text)]
    between = sum(_weight(text[start:end]) for start, end in zip(starts, ends, strict=True))
    return URL_LENGTH * len(links) + between


def _weight(text: str) -> int:
    rest, emoji = EMOJI.subn("", text)
    return _EMOJI_WEIGHT * emoji + len(rest) + len(_HEAVY.findall(rest))
