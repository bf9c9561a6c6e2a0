"""Fingerprints of a text: enough to check a quote or a number against it, too little to read it.

Abstracts may be under copyright, so `content/papers` keeps hashes in their place. A quote bears a claim
when each of its sentences is a sentence of the source or a run of at least twelve words of it. Hashes are
the first 64 bits of SHA-256, in hex: among a million sentences a chance match has a probability below 1 in
10 million for a single look-up.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256

from vesicle.model.paper import Fingerprint

SHINGLE_WORDS = 12
SENTENCE_WORDS = 3
"""A shorter sentence ("Methods.", or what a slip in splitting leaves over) bears nothing."""

# Combining marks of Latin, Hebrew, Arabic, Devanagari and Thai, which `\w` leaves out. In other scripts a
# mark ends a word, in the source and in the quote alike.
_MARK = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
_NUMERAL = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?:\^-?\d+)?"
# The sign of a number belongs to it: `p < 0.05` is not `p > 0.05`, and -80 is not 80.
_WORD = re.compile(
    rf"""
    (?:(?<![<>=≤≥≠±≈~])[<>=≤≥≠±≈~]+\s?)?(?:(?<!\w)-)?{_NUMERAL}(?:\s?%)?
    | [^\W\d_](?:[^\W_]|[{_MARK}])*
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(
    rf"""
    (?<![\w.,^])(?<![^\W\d_]-)                          # not inside a word or a longer number: miR-29a, 1.2.3
    (?P<number>\d+,\d{{1,2}}(?![\d,])|{_NUMERAL})(?![.,]?\d)
    (?=(?:\s?(?:-|to\b)\s?{_NUMERAL})?                  # "5-10 mg", "5 to 10 mg": the unit is that of both
    (?:\s?(?P<percent>%)
      |[\s-]?(?!(?:to|and|or|of|in|on|at|by|with|from|for|per|the|was|were|is|are|had|vs)\b)
       (?P<unit>(?:[^\W\d_]|[µ°])(?:[\w/°µ]|[{_MARK}])*)  # its unit, or the word that it counts
    )?)
    """,
    re.VERBOSE,
)
_EXPONENT = re.compile(r"(?<=\d)(?=[⁰¹²³⁴-⁹⁺⁻])")
_FRACTION = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_INVISIBLE = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)
_SAME = str.maketrans({"‐": "-", "–": "-", "−": "-", "٪": "%", "٫": ".", "٬": ",", "μ": "µ"})
_PERCENT = re.compile(r"\bper\s?cent\b")

_SENTENCE_END = re.compile(r"(?<![.!?؟])(?P<mark>[.!?؟]+)[\"”’')\]]*\s+(?=[\"“‘'(\[]*(?P<next>\w))|\n\s*\n")
_ABBREVIATION = re.compile(
    r"(?i:e\.g|i\.e|vs|cf|ca|approx|al|figs?|refs?|eqs?|tab|dr|prof|mr|mrs|ms|st|ph\.d|spp?|subsp|var|nov|gen"
    r"|comb|resp|incl|inc|ltd|co|corp)|(?:[A-Z]\.)*[A-Z]"
)
_LABEL = re.compile(
    r"\s*(?:introduction|background|context|objectives?|aims?|purpose|design|setting"
    r"|(?:materials? (?:and|&) )?methods?(?: (?:and|&) results)?|results|findings|discussion|interpretation"
    r"|significance|conclusions?)\s*:\s",
    re.IGNORECASE,
)


def words(text: str) -> tuple[str, ...]:
    """Give the words of *text*: NFKC, case folded, without punctuation, a number with its sign and `%`."""
    found = (re.sub(r"[\s,]", "", word) for word in _WORD.findall(_normal(text)))
    return tuple(re.sub(r"(?<!\d)\.", "0.", word) for word in found)


def sentences(text: str) -> tuple[str, ...]:
    """Split *text* at empty lines and sentence ends.

    A sentence ends at a full stop, question or exclamation mark before anything but a small letter; not
    after an abbreviation ("et al.", "Fig. 2") or an initial.
    """
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if end["mark"] is None or _is_end(text[max(start, end.start() - 40) : end.start()], end):
            parts.append(text[start : end.end()].strip())
            start = end.end()
    return tuple(part for part in (*parts, text[start:].strip()) if part)


def numbers(text: str) -> tuple[str, ...]:
    """Give each number with its unit or the word after it: "16 studies", "5%", "1200 mg"; in order, once.

    Digits of any script become ASCII, "per cent" becomes `%`, a power is written `10^6`, and the ends of
    a range share its unit. Numbers in names (miR-29a, IL-6) and without a unit are told apart.
    """
    return tuple(dict.fromkeys(map(_number, _NUMBER.finditer(_PERCENT.sub("%", _normal(text))))))


def fingerprint(text: str) -> Fingerprint:
    """Make the fingerprint of a source text: an abstract, with an empty line between its parts."""
    whole = (_words_of_sentence(sentence) for sentence in sentences(text))
    return Fingerprint(
        sentences=frozenset(_hash(sentence) for sentence in whole if len(sentence) >= SENTENCE_WORDS),
        shingles=frozenset(_hash(run) for run in _shingles(words(text))),
        numbers=numbers(text),
    )


def bears(source: Fingerprint, quote: str) -> bool:
    """Tell whether *quote* is taken from the text that *source* was made of.

    A quote of fewer than twelve words must be a whole sentence of the source; a longer one may begin and
    end inside sentences.
    """
    if _is_run(source, words(quote)):
        return True
    parts = tuple(map(_words_of_sentence, sentences(quote)))
    return bool(parts) and all(_is_run(source, part) or _is_sentence(source, part) for part in parts)


def copied(source: Fingerprint, text: str) -> tuple[str, ...]:
    """Give the stretches of *text*, each of twelve words or more, that stand in the source, as words."""
    own = words(text)
    hits = [start for start, run in enumerate(_shingles(own)) if _hash(run) in source.shingles]
    stretches: list[tuple[int, int]] = []
    for start in hits:
        if stretches and stretches[-1][1] + 1 == start + SHINGLE_WORDS:
            stretches[-1] = (stretches[-1][0], start + SHINGLE_WORDS)
        else:
            stretches.append((start, start + SHINGLE_WORDS))
    return tuple(" ".join(own[start:end]) for start, end in stretches)


def _normal(text: str) -> str:
    # NFKC alone would make 10⁶ into 106 and 2½ into 21/2.
    text = _FRACTION.sub(" ", _EXPONENT.sub("^", text)).translate(_INVISIBLE)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_SAME)
    return re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text)


def _is_end(before: str, end: re.Match[str]) -> bool:
    if end["next"].islower():
        return False
    last = before.split()[-1:]
    if end["mark"] != "." or not last:
        return True
    word = last[0].lstrip("([\"“‘'")
    is_numbered = word.casefold() in ("no", "nos") and end["next"].isdecimal()
    return not (is_numbered or _ABBREVIATION.fullmatch(word))


def _number(found: re.Match[str]) -> str:
    decimal_comma = re.fullmatch(r"\d+,\d{1,2}", found["number"])
    number = found["number"].replace(",", "." if decimal_comma else "")
    number = f"0{number}" if number.startswith(".") else number
    if found["percent"]:
        return f"{number}%"
    return f"{number} {found['unit']}" if found["unit"] else number


def _words_of_sentence(sentence: str) -> tuple[str, ...]:
    """Give the words without the label of an abstract's section, which a quote may carry or leave out."""
    return words(_LABEL.sub("", sentence, count=1) if _LABEL.match(sentence) else sentence)


def _is_run(source: Fingerprint, quote: tuple[str, ...]) -> bool:
    return len(quote) >= SHINGLE_WORDS and all(_hash(run) in source.shingles for run in _shingles(quote))


def _is_sentence(source: Fingerprint, quote: tuple[str, ...]) -> bool:
    return len(quote) >= SENTENCE_WORDS and _hash(quote) in source.sentences


def _shingles(text: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (text[start : start + SHINGLE_WORDS] for start in range(len(text) - SHINGLE_WORDS + 1))


def _hash(run: tuple[str, ...]) -> str:
    return sha256(" ".join(run).encode()).hexdigest()[:16]
