"""A long text as a thread: parts that each fit, broken where a reader would pause."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from enum import IntEnum
from itertools import count as counting_up
from itertools import pairwise

import regex

from vesicle.text.counting.links import urls


class _Break(IntEnum):
    """How much a break between two parts disturbs: a paragraph's end not at all."""

    PARAGRAPH = 0
    SENTENCE = 1
    CLAUSE = 4
    WORD = 16
    LAST_RESORT = 64


# U+00A0, U+2007 and U+202F are blanks that hold together what they stand between.
_BLANK = regex.compile(r"[^\S\xA0\u2007\u202F]++")
_ASKED_FOR = regex.compile(r"^[ \t]*---[ \t]*$", regex.MULTILINE)

_CLOSING = r"[\"'”’»)\]]*+$"
_SENTENCE_END = regex.compile(rf"[.!?…؟۔।]{_CLOSING}")
_CLAUSE_END = regex.compile(rf"(?:[,;:،؛]{_CLOSING}|(?<!\S)[–—\-]$)")
# A full stop ends no sentence after these, nor after an initial.
_ABBREVIATION = regex.compile(
    r"(?<![\p{L}.])(?:(?i:e\.g|i\.e|vs|cf|ca|approx|al|figs?|refs?|eqs?|tab|dr|prof|mr|mrs|ms|st|ph\.d"
    r"|spp?|subsp|var|resp|incl)|(?:\p{Lu}\.)*\p{Lu})\.$"
)
_SMALL = regex.compile(r"[\"'“‘«(\[]*\p{Ll}")

# Japanese and Chinese set no blank after their marks.
_SENTENCE_WITHOUT_BLANK = regex.compile(r"[。｡！？]++[」』）”’]*+(?=\S)")
_CLAUSE_WITHOUT_BLANK = regex.compile(r"[、，；：]++(?=\S)")

_NUMBER = regex.compile(r"(?<!\p{L})[\d⁰¹²³⁴-⁹½¼¾]%?$")
_COUNTED = regex.compile(r"[(\[]?[\p{L}%‰°µ]")
_GROUP_OF_DIGITS = regex.compile(r"\d{3}(?!\d)")
_SIGN_BEFORE = regex.compile(r"(?<!\S)[×x·*=<>≤≥±≈~+−/]$")
_SIGN_AFTER = regex.compile(r"[×x·*=<>≤≥±≈~+−/]\s")
# "Fig. 2", "type 2", and the mark before an item of a list.
_ITS_NUMBER = regex.compile(
    r"(?<!\p{L})(?i:figs?|figure|table|nos?|refs?|eqs?|vol|pp?|phase|type|stage|grade)\.?$"
)
_MARK_OF_ITEM = regex.compile(r"(?:^|\n)[ \t]*(?:\d{1,3}[.)]|[\-*•–])$")

_URL = regex.compile(r"https?://[^\s、。｡「」『』（）！？，；：،؛؟«»]+", regex.IGNORECASE)
_TAG = regex.compile(r"[#＃@][\p{L}\p{M}\p{N}_@.\u200C\u200D\-]*[\p{L}\p{M}\p{N}_]")
_DIGITS = regex.compile(r"\d[\d.,]*(?:[\p{L}%‰°µ]\p{M}*)?")
_WITHOUT_BLANKS = (
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}\p{Extended_Pictographic}"
)
# Not before a vowel or a mark that leans on the letter before it, nor after one that leans on the next.
_BETWEEN = regex.compile(
    rf"(?:(?<=[{_WITHOUT_BLANKS}]\p{{M}}*)|(?=[{_WITHOUT_BLANKS}]))(?<!\s|[เแโใไ「『（(«“])"
    r"(?!\s|[ะาๅำๆฯ、。｡，！？」』）)»”ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ\p{M}])"
)


def split(text: str, fits: Callable[[str], bool], *, numbering: str = "{number}/{total}") -> tuple[str, ...]:
    """Give *text* as one part where it fits, else as few parts as fit with their *numbering* on a last line.

    Parts end with a sentence; a sentence is broken only where it does not fit by itself: at the end of a
    clause, else between words, in scripts without blanks between graphemes at last. A line `---` ends a
    part at any rate and is itself left out. Of ways with equally few parts it is the one that disturbs
    least, paragraphs before sentences. *fits* must hold for any piece of what it holds for. Raises
    ValueError where a piece that has no break, as a URL, does not fit.
    """
    sections = [one.strip() for one in _ASKED_FOR.split(text.replace("\r\n", "\n")) if one.strip()]
    if not sections or (len(sections) == 1 and fits(sections[0])):
        return tuple(sections)
    for digits in counting_up(1):
        widest = 10**digits - 1
        numbered = _numbered(fits, numbering.format(number=widest, total=widest))
        parts = [part for section in sections for part in _packed(section, numbered)]
        if len(parts) <= widest:
            break
    total = len(parts)
    return tuple(
        _with(part, numbering.format(number=number, total=total))
        for number, part in enumerate(parts, start=1)
    )


def _numbered(fits: Callable[[str], bool], label: str) -> Callable[[str], bool]:
    return lambda part: fits(_with(part, label))


def _with(part: str, label: str) -> str:
    # On a line of its own it is never read as part of a number or an address that ends the text.
    return f"{part}\n{label}" if label else part


def _packed(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """Yield the fewest parts of *text*, of those the ones whose breaks disturb least, then the most even."""
    breaks = _allowed(text, fits)
    cuts = [0, *breaks]
    best: list[tuple[tuple[int, int, int], int]] = [((0, 0, 0), 0)]
    first = 0
    for end in range(1, len(cuts)):
        # What starts further back no longer fits, nor will it where the part ends later still.
        while not fits(text[cuts[first] : cuts[end]].strip()):
            first += 1
            if first == end:
                raise ValueError(
                    f"does not fit and has no break: {text[cuts[end - 1] : cuts[end]].strip()!r}"
                )
        ways = (
            (_cost(best[start][0], cuts[end] - cuts[start], breaks[cuts[end]]), start)
            for start in range(first, end)
        )
        best.append(min(ways))
    ends = [len(cuts) - 1]
    while ends[-1]:
        ends.append(best[ends[-1]][1])
    for start, end in pairwise(reversed(ends)):
        yield text[cuts[start] : cuts[end]].strip()


def _cost(before: tuple[int, int, int], length: int, end: _Break) -> tuple[int, int, int]:
    parts, disturbance, unevenness = before
    return parts + 1, disturbance + end, unevenness + length**2


def _allowed(text: str, fits: Callable[[str], bool]) -> dict[int, _Break]:
    """Give where *text* may be broken, in its order, its end among them: within what fits by itself never."""
    breaks = dict(sorted(_breaks(text).items()))
    breaks[len(text)] = _Break.PARAGRAPH
    allowed = {place: how for place, how in breaks.items() if how <= _Break.SENTENCE}
    for level in (_Break.CLAUSE, _Break.WORD, _Break.LAST_RESORT):
        finer = sorted(place for place, how in breaks.items() if how == level)
        for start, end in pairwise([0, *allowed]):
            if not fits(text[start:end].strip()):
                inner = finer[bisect_left(finer, start) : bisect_left(finer, end)]
                allowed |= dict.fromkeys(inner, level)
        allowed = dict(sorted(allowed.items()))
    return allowed


def _breaks(text: str) -> dict[int, _Break]:
    """Give every place where *text* could be broken, none of them within what belongs together."""
    found = {match.start(): _Break.LAST_RESORT for match in _BETWEEN.finditer(text)}
    found |= {match.end(): _Break.CLAUSE for match in _CLAUSE_WITHOUT_BLANK.finditer(text)}
    found |= {match.end(): _Break.SENTENCE for match in _SENTENCE_WITHOUT_BLANK.finditer(text)}
    for blank in _BLANK.finditer(text):
        how = _at(
            text[max(0, blank.start() - 40) : blank.start()], blank[0], text[blank.end() : blank.end() + 8]
        )
        if how is not None:
            found[blank.end()] = how
    together = {place for start, end in _spans(text) for place in range(start + 1, end)}
    whole = {match.start() for match in regex.finditer(r"\X", text)}
    return {place: how for place, how in found.items() if place in whole and place not in together and place}


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield what is never broken, even where there are no blanks: addresses, tags, numbers with a unit."""
    yield from urls(text)
    for one in (_URL, _TAG, _DIGITS):
        yield from (match.span() for match in one.finditer(text))


def _at(before: str, blank: str, after: str) -> _Break | None:
    """Tell what a break at *blank* would be, None where it would part what belongs together."""
    if "\n" in blank:
        return _Break.PARAGRAPH if blank.count("\n") > 1 else _Break.SENTENCE
    if _is_one_thing(before, after):
        return None
    if _is_sentence_end(before, after):
        return _Break.SENTENCE
    if _CLAUSE_END.search(before):
        return _Break.CLAUSE
    return _Break.LAST_RESORT if _is_formula(before, after) else _Break.WORD


def _is_one_thing(before: str, after: str) -> bool:
    """Tell whether a number would be parted from its unit, what it counts, its sign or its name."""
    if _NUMBER.search(before):
        return bool(_COUNTED.match(after) or _SIGN_AFTER.match(after))
    is_named = _SIGN_BEFORE.search(before) or _ITS_NUMBER.search(before)
    return bool(_MARK_OF_ITEM.search(before) or (is_named and regex.match(r"\d", after)))


def _is_sentence_end(before: str, after: str) -> bool:
    # Thai ends sentences with a blank and nothing else.
    if regex.search(r"\p{Thai}$", before) and regex.match(r"\p{Thai}", after):
        return True
    return bool(_SENTENCE_END.search(before) and not _ABBREVIATION.search(before) and not _SMALL.match(after))


def _is_formula(before: str, after: str) -> bool:
    is_grouped = _NUMBER.search(before) and _GROUP_OF_DIGITS.match(after)
    return bool(is_grouped or _SIGN_BEFORE.search(before) or _SIGN_AFTER.match(after))
