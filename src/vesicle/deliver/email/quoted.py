"""Quoted-printable encoding (RFC 2045, section 6.7) in pieces that are joined without encoding them again."""

import re

from vesicle.model.errors import ContentError
from vesicle.model.problem import Place, Problem

# 76 with the "=" of a soft line break.
_WIDTH = 75
_SAFE = frozenset(map(chr, range(0x20, 0x7F))) - {"="}
_NEWLINE = re.compile(r"\r\n|\r|\n")

SOFT_BREAK = b"=\r\n"


def quoted(text: str, *, where: str) -> bytes:
    """Encode *text*, which starts on a line of its own and is the whole or a piece of a part.

    Every kind of line break becomes CRLF. No line is longer than 76 characters with a soft break after
    it, none starts with a full stop (so that SMTP needs no dot-stuffing), none ends in a space. Raises
    ContentError, naming *where*, for text that is not Unicode (half of a surrogate pair).
    """
    try:
        return "\r\n".join("=\r\n".join(_lines(line)) for line in _NEWLINE.split(text)).encode()
    except UnicodeEncodeError as error:
        problem = Problem(
            code="email.not-unicode",
            text=f"character {error.start + 1} of a line is half of a surrogate pair",
            where=Place(file=where),
            mend="write the character again",
        )
        raise ContentError([problem]) from error


def _lines(line: str) -> list[str]:
    """Break one line of text into encoded lines, never inside a character."""
    lines, current = [], ""
    for place, character in enumerate(line):
        token = _token(character, is_last=place == len(line) - 1)
        if len(current) + len(token) > _WIDTH:
            lines.append(current)
            current = ""
        if not current and token == ".":
            token = "=2E"
        current += token
    return [*lines, current]


def _token(character: str, *, is_last: bool) -> str:
    if character in _SAFE and not (is_last and character == " "):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode())
