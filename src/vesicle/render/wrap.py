"""Lines of plain text, none wider than asked unless it holds a word that cannot be broken."""

import re
import unicodedata
from collections.abc import Iterator

COLUMNS = 78

_PREFIX = re.compile(r"(?:> ?)* *(?P<bullet>(?:[-*]|\d+\.) +)?")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# Thai and Lao put no spaces between words; a leading vowel always begins a syllable. Chinese and
# Japanese may break between any two characters.
_BREAKS = re.compile(rf"(?<=.)(?=[เแโใไເແໂໃໄ])|(?<=[{_CJK}])(?=[{_CJK}])")


def wrap(text: str, width: int = COLUMNS) -> str:
    """Break the lines of *text* at *width* columns, keep quote marks and indents; at most one empty line."""
    lines = (part for line in text.splitlines() for part in _broken(line.rstrip(), width))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def columns(text: str) -> int:
    """Count the columns *text* takes on a terminal: none for a combining mark, two for a wide character."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _broken(line: str, width: int) -> Iterator[str]:
    if columns(line) <= width:
        yield line
        return
    lead, rest = _leads(line)
    current, taken, is_empty = lead, columns(lead), True
    for glue, piece in _pieces(line[len(lead) :], width - columns(lead)):
        room = columns(piece) if is_empty else columns(glue + piece)
        if not is_empty and taken + room > width:
            yield current.rstrip()
            current, taken, room, is_empty = rest, columns(rest), columns(piece), True
        current += piece if is_empty else glue + piece
        taken += room
        is_empty = False
    yield current


def _leads(line: str) -> tuple[str, str]:
    """Give what stands before the words of *line*, and what stands there in the lines that go on with it."""
    found = _PREFIX.match(line)
    lead = found[0] if found else ""
    bullet = (found["bullet"] or "") if found else ""
    return lead, lead[: len(lead) - len(bullet)] + " " * len(bullet)


def _pieces(text: str, width: int) -> Iterator[tuple[str, str]]:
    for word in text.split():
        parts = _BREAKS.split(word) if columns(word) > width and "://" not in word else [word]
        yield from zip([" ", *[""] * (len(parts) - 1)], parts, strict=True)
