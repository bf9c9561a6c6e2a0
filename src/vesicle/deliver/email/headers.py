"""Header fields as bytes: encoded words (RFC 2047), folding (RFC 5322), and no line break from outside.

A field is given back whole, with its final CRLF. Values may not hold a character that breaks or hides a
line (control characters, line and paragraph separators): such a value is refused, never mended, because
it is a slip or an attack.
"""

import base64
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from vesicle.model.errors import ContentError
from vesicle.model.issue import Mailbox
from vesicle.model.problem import Place, Problem

_WIDTH = 76
# An encoded word has at most 75 characters (RFC 2047, section 2), 12 of them its frame.
_WORD = 63
# A line may have 998 characters (RFC 5322, section 2.1.1): these and one personal value fit.
_LONGEST = 500
_LONGEST_VALUE = 450
# A place to fold at: the last of some spaces, so that none is lost.
_SPACE = re.compile(r" (?=[^ ])")
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NAMED = re.compile(r"(?P<phrase>[^<>]*?) ?<(?P<rest>[\x21-\x7e]+)>")
# The characters that stay as they are in a phrase (RFC 2047, section 5, rule 3).
_PLAIN = frozenset(string.ascii_letters + string.digits + "!*+-/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the header of one recipient's mail holds; *message_id* without its angle brackets."""

    to: Mailbox
    date: datetime
    message_id: str

    def fields(self) -> bytes:
        """Give the fields To, Date and Message-ID."""
        return b"".join(
            (
                mailbox_field("To", self.to),
                _date_field(self.date.replace(microsecond=0)),
                field("Message-ID", f"<{self.message_id}>"),
            )
        )


@lru_cache(maxsize=8)
def _date_field(date: datetime) -> bytes:
    # Thousands of mails are written in the same second.
    return field("Date", format_datetime(date))


def text_field(name: str, text: str) -> bytes:
    """Encode a field that is free text, such as Subject: a reader sees *text*, whatever it holds.

    Raises ContentError for a value that no header may hold.
    """
    _refuse_breaks(name, text)
    return _folded(name, _SPACE.split(text) if _is_plain(text) else _words(name, text))


def field(name: str, value: str) -> bytes:
    """Encode a field that has a form: as it is where it is ASCII, else in encoded words before a `<…>`.

    Raises ContentError for a value or a name that no header may hold.
    """
    if not _NAME.fullmatch(name):
        raise _refused(repr(name), "is not the name of a header field", "use letters, digits and hyphens")
    _refuse_breaks(name, value)
    if value.isascii():
        return _folded(name, _SPACE.split(value))
    if named := _NAMED.fullmatch(value):
        return _folded(name, [*_words(name, named["phrase"]), f"<{named['rest']}>"])
    return _folded(name, _words(name, value))


def mailbox_field(name: str, mailbox: Mailbox) -> bytes:
    """Encode a field that holds one name and address; the address may be UTF-8 (RFC 6532)."""
    _refuse_breaks(name, mailbox.name)
    _refuse_breaks(name, mailbox.address)
    if set(mailbox.address) & set(' ,;<>"()') or not mailbox.address:
        raise _refused(name, "holds something that is not an address", "write one address, such as a@b.org")
    phrase = mailbox.name.strip()
    return _folded(name, [*_phrase(name, phrase), f"<{mailbox.address}>"] if phrase else [mailbox.address])


def header_value(name: str, value: str) -> bytes:
    """Give a value that is put into a field as it is: visible ASCII, short enough for its line."""
    if not _VISIBLE.fullmatch(value) or len(value) > _LONGEST_VALUE:
        what = f"was given a value that is not visible ASCII of at most {_LONGEST_VALUE} characters"
        raise _refused(name, what, "check site_url in config.yaml")
    return value.encode()


def _phrase(name: str, phrase: str) -> list[str]:
    if not _is_plain(phrase) or len(phrase) > _WORD:
        return _words(name, phrase)
    if _ATOM_PHRASE.fullmatch(phrase):
        return phrase.split(" ")
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _is_plain(value: str) -> bool:
    """Tell whether a mail program shows *value*, written as it is, unchanged."""
    longest = max(map(len, _SPACE.split(value)))
    return value.isascii() and "=?" not in value and value == value.strip() and longest <= _WIDTH


def _words(name: str, text: str) -> list[str]:
    """Give *text* as encoded words, readable or in base64, whichever is shorter.

    Each fits the first line, after *name* (a line with an encoded word has at most 76 characters).
    """
    most = max(24, _WORD - len(name) - 2)
    readable = [f"=?utf-8?q?{part}?=" for part in _packed(text, _q, most)]
    dense = [
        f"=?utf-8?b?{base64.b64encode(part.encode()).decode()}?="
        for part in _packed(text, str, most // 4 * 3, size=lambda piece: len(piece.encode()))
    ]
    return readable if sum(map(len, readable)) <= sum(map(len, dense)) else dense


def _q(character: str) -> str:
    if character in _PLAIN:
        return character
    return "_" if character == " " else "".join(f"={byte:02X}" for byte in character.encode())


def _packed(
    text: str, encode: Callable[[str], str], most: int, *, size: Callable[[str], int] = len
) -> Iterator[str]:
    """Yield *text* in encoded pieces of at most *most*, never split inside a character."""
    piece, taken = "", 0
    for token in map(encode, text):
        if taken + size(token) > most:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + token, taken + size(token)
    yield piece


def _folded(name: str, words: list[str]) -> bytes:
    """Join *words* with spaces, on a new line where the line would be too long."""
    lines = [f"{name}: {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    if max(map(len, lines)) > _LONGEST:
        raise _refused(name, f"holds a word longer than {_LONGEST} characters", "shorten it")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _refuse_breaks(name: str, value: str) -> None:
    if value.isascii() and value.isprintable():
        return
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            what = f"holds the character U+{ord(character):04X}, which could break the header"
            raise _refused(name, what, "take line breaks and control characters out")


def _refused(name: str, what: str, mend: str) -> ContentError:
    where = Place(file=f"mail header {name}")
    return ContentError([Problem(code="email.header", text=f"{name} {what}", where=where, mend=mend)])
