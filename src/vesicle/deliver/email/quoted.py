"""Quoted-printable encoding (RFC 2045, section 6.7) in pieces that are joined without encoding them again."""

import re

from vesicle.model.errors import ContentError
from vesicle.model.problem import Place, Problem

# 76 with the "=" of a soft line break.
_WIDTH = 75
_NEWLINE = re.compile(r"\r\n|\r|\n")
# Everything that may not stand as it is: all but printable ASCII, "=", and a space at the end of a line.
_UNSAFE = re.compile(r"[^\x20-\x3c\x3e-\x7e]| \Z")
# A personal link: harmless, and on one line. There are several in each mail.
_SIMPLE = re.compile(r"[\x21-\x3c\x3e-\x7e]+")

SOFT_BREAK = b"=\r\n"


def quoted(text: str, *, where: str) -> bytes:
    """Encode *text*, which starts on a line of its own and is the whole or a piece of a part.

    Every kind of line break becomes CRLF. No line is longer than 76 characters with a soft break after
    it, none starts with a full stop (so that SMTP needs no dot-stuffing), none ends in a space. Raises
    ContentError, naming *where*, for text that is not Unicode (half of a surrogate pair).
    """
    if _SIMPLE.fullmatch(text):
        return "=\r\n".join(_chunks(text)).encode()
    try:
        return "\r\n".join("=\r\n".join(_lines(line)) for line in _NEWLINE.split(text)).encode()
    except UnicodeEncodeError as error:
        raise not_unicode(error, where) from error


def not_unicode(error: UnicodeEncodeError, where: str) -> ContentError:
    """Give the error for text that holds half of a surrogate pair."""
    problem = Problem(
        code="email.not-unicode",
        text=f"character {error.start + 1} of a line is half of a surrogate pair",
        where=Place(file=where),
        mend="write the character again",
    )
    return ContentError([problem])


def _lines(line: str) -> list[str]:
    """Break one line of text into encoded lines, never inside a character."""
    if line.isascii() and not _UNSAFE.search(line):
        return _chunks(line)
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


def _chunks(line: str) -> list[str]:
    """Break a line of harmless characters; a full stop at the start of one takes two places more."""
    lines = []
    while True:
        start, width = ("=2E", _WIDTH - 2) if line.startswith(".") else ("", _WIDTH)
        lines.append(start + line[1:width] if start else line[:width])
        line = line[width:]
        if not line:
            return lines


def _token(character: str, *, is_last: bool) -> str:
    if not _UNSAFE.match(character) or (character == " " and not is_last):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode())
