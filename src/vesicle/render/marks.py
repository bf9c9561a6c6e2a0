"""Invisible marks that say which line of which template a piece of rendered MJML comes from.

A mark is `name:line` between the noncharacters U+FDD0 and U+FDD1, which Unicode keeps for such inner use.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from vesicle.model.problem import Place

FOLDER = "templates/"

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*):(\\d+){_CLOSE}")
_FIRST_CHARACTER_OF_LINE = re.compile(r"(?m)(?:\A|^)[^\S\n]*(?=\S)|\A\s+(?=\S)")


class Marks(Extension):
    """Mark each line of a `.mjml.j2` template, and what follows each Jinja tag, with where it stands."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Mark the text between Jinja tags; the lexer has already obeyed `-%}` and its kin."""
        if not (stream.name or "").endswith(".mjml.j2"):
            return stream
        return self._marked(stream)

    def _marked(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            is_text = token.type == "data"
            yield Token(token.lineno, "data", _mark(token, stream.name or "")) if is_text else token


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its marks, and where each part of it comes from."""

    text: str
    _offsets: tuple[int, ...]
    _places: tuple[Place, ...]

    def place(self, offset: int) -> Place:
        """Give the template line of the character at *offset*."""
        found = bisect_right(self._offsets, offset)
        if found:
            return self._places[found - 1]
        return Place(file="mjml", line=self.text.count("\n", 0, offset) + 1)


def read(marked: str) -> Marked:
    """Take the marks out of *marked*."""
    parts: list[str] = []
    offsets: list[int] = []
    places: list[Place] = []
    end = length = 0
    for mark in _MARK.finditer(marked):
        parts.append(_clean(marked[end : mark.start()]))
        length += len(parts[-1])
        end = mark.end()
        offsets.append(length)
        places.append(Place(file=FOLDER + mark[1], line=int(mark[2])))
    parts.append(_clean(marked[end:]))
    return Marked("".join(parts), tuple(offsets), tuple(places))


def _clean(text: str) -> str:
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def _mark(token: Token, name: str) -> str:
    def mark(spot: re.Match[str]) -> str:
        line = token.lineno + token.value.count("\n", 0, spot.end())
        return f"{spot[0]}{_OPEN}{name}:{line}{_CLOSE}"

    return _FIRST_CHARACTER_OF_LINE.sub(mark, token.value)
