"""Where the links of a post stand in its text."""

from collections.abc import Iterator, Sequence

import regex

from vesicle.model.message import Link

# Thai, Lao, Khmer, Burmese, Chinese and Japanese set no blanks between words: there the next letter of the
# text says nothing about where a word or an address ends.
_WITHOUT_BLANKS = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}"
_WORD = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_WITHOUT_BLANKS}]]"
_ADDRESS = regex.compile(r"\S*[./]\S*")


def placed(text: str, links: Sequence[Link]) -> tuple[tuple[int, int, Link], ...]:
    """Give where each of *links* stands in *text*, in the order of the text.

    Links of the same words take their places in the order of *links*. A place is no part of a longer word
    or address, and no part of another link's place. A link whose words are not there has none.
    """
    taken: list[tuple[int, int, Link]] = []
    # The longest first: its words may hold those of a shorter one.
    for link in sorted(links, key=lambda one: -len(one.text)):
        free = (span for span in _places(text, link.text) if not any(_overlap(span, one) for one in taken))
        if (found := next(free, None)) is not None:
            taken.append((*found, link))
    return tuple(sorted(taken, key=lambda one: one[0]))


def _places(text: str, words: str) -> Iterator[tuple[int, int]]:
    if not words:
        return
    before, after = rf"(?<!{_WORD}(?={_WORD}))", rf"(?!(?<={_WORD}){_WORD})"
    if _ADDRESS.fullmatch(words):
        before, after = rf"{before}(?<![/@.])", rf"{after}(?![/…]|[.\-]{_WORD})"
    whole = regex.finditer(rf"{before}{regex.escape(words)}{after}", text, regex.V1)
    yield from (match.span() for match in whole)


def _overlap(span: tuple[int, int], other: tuple[int, int, Link]) -> bool:
    return span[0] < other[1] and other[0] < span[1]
