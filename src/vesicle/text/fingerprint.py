"""Fingerprints of a text: enough to check a quote or a number against it, too little to read it.

Abstracts may be under copyright, so `content/papers` keeps hashes in their place. A quote bears a claim
when each of its sentences is a sentence of the source, or when every run of twelve words of it occurs
there. Hashes are the first 64 bits of SHA-256, in hex: among a million sentences a chance match has a
probability below 1 in 10 million for a single look-up.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256

from vesicle.model.paper import Fingerprint

SHINGLE_WORDS = 12

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“'(\[]?[A-Z0-9À-ÖØ-Þ])")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_NUMBER = re.compile(
    r"""
    (?<![\w.,])                                  # not inside a word or a longer number: miR-29a, 1.2.3
    (\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
    \s?(%|[A-Za-zµμ°][\w/°µμ]*)?                 # its unit, or the word that it counts
    """,
    re.VERBOSE,
)


def words(text: str) -> tuple[str, ...]:
    """Give the words of *text*: NFKC, case folded, without punctuation."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def sentences(text: str) -> tuple[str, ...]:
    """Split *text* at sentence ends: a full stop, question or exclamation mark before a capital or digit."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


def numbers(text: str) -> tuple[str, ...]:
    """Give each number with its unit or the word after it: "16 studies", "5%", "1,200 mg"; in order, once."""
    found = (
        f"{number.replace(',', '')}{unit if unit == '%' else f' {unit.casefold()}' if unit else ''}"
        for number, unit in _NUMBER.findall(unicodedata.normalize("NFKC", text))
    )
    return tuple(dict.fromkeys(found))


def fingerprint(text: str) -> Fingerprint:
    """Make the fingerprint of a source text (an abstract with its title)."""
    return Fingerprint(
        sentences=frozenset(_hash(words(sentence)) for sentence in sentences(text)),
        shingles=frozenset(_hash(run) for run in _shingles(words(text))),
        numbers=numbers(text),
    )


def bears(source: Fingerprint, quote: str) -> bool:
    """Tell whether *quote* is taken from the text that *source* was made of.

    A quote of fewer than twelve words must be a whole sentence of the source; a longer one may begin and
    end inside sentences.
    """
    runs = tuple(_shingles(words(quote)))
    if runs and all(_hash(run) in source.shingles for run in runs):
        return True
    parts = sentences(quote)
    return bool(parts) and all(_hash(words(part)) in source.sentences for part in parts)


def _shingles(text: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (text[start : start + SHINGLE_WORDS] for start in range(len(text) - SHINGLE_WORDS + 1))


def _hash(run: tuple[str, ...]) -> str:
    return sha256(" ".join(run).encode()).hexdigest()[:16]
