"""The text and the HTML of a mail, encoded once; only what is personal is encoded for each reader."""

import binascii
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vesicle.deliver.email.quoted import SOFT_BREAK, not_unicode, quoted

_NEWLINE = re.compile(r"\r\n|\r|\n")
# What fills one line of base64 (RFC 2045, section 6.8).
_BASE64_LINE = 57
_WHOLE = 3


class Context(Enum):
    """Which part of a mail a personal value stands in, which decides how it is written."""

    TEXT = "plain"
    HTML = "html"

    def written(self, value: str) -> str:
        """Give *value* as it stands in this part before it is encoded."""
        return html.escape(value) if self is Context.HTML else value


@dataclass(frozen=True, slots=True)
class _Static:
    """Text that is the same for all, in quoted-printable."""

    encoded: bytes


class QuotedPart:
    """A part in quoted-printable: a value starts on a line of its own, and a soft line break follows it."""

    encoding = b"quoted-printable"

    def __init__(self, texts: list[str], context: Context, *, where: str) -> None:
        """Encode *texts*, of which every second one is the name of a value."""
        self._context = context
        self._where = where
        last = len(texts) - 1
        self._pieces = tuple(
            text
            if place % 2
            else _Static(_between(text, is_first=place == 0, is_last=place == last, where=where))
            for place, text in enumerate(texts)
        )
        self.size = sum(len(piece.encoded) for piece in self._pieces if isinstance(piece, _Static))

    def fill(self, values: Mapping[str, str]) -> Iterator[bytes]:
        """Yield the encoded part with *values* in their places."""
        for piece in self._pieces:
            if isinstance(piece, _Static):
                yield piece.encoded
            else:
                yield quoted(self._context.written(values[piece]), where=self._where)


def _between(text: str, *, is_first: bool, is_last: bool, where: str) -> bytes:
    before = SOFT_BREAK if not is_first and (text or not is_last) else b""
    after = SOFT_BREAK if text and not is_last and not text.endswith(("\n", "\r")) else b""
    return before + quoted(text, where=where) + after


@dataclass(frozen=True, slots=True)
class _Shifted:
    """Text that is the same for all, in base64, by how many of its bytes the value before it needs."""

    raw: bytes
    encoded: tuple[bytes, ...]
    rest: tuple[bytes, ...]


class Base64Part:
    """A part in base64.

    Three bytes are four characters, so a value takes up to two bytes from the text behind it to come out
    even, and the text is encoded three times: without none, one, or two of its first bytes.
    """

    encoding = b"base64"

    def __init__(self, texts: list[str], context: Context, *, where: str) -> None:
        """Encode *texts*, of which every second one is the name of a value."""
        self._context = context
        self._where = where
        self._pieces = tuple(
            text if place % 2 else _shifted(_raw(text, where)) for place, text in enumerate(texts)
        )
        self.size = sum(len(piece.encoded[0]) for piece in self._pieces if isinstance(piece, _Shifted))

    def fill(self, values: Mapping[str, str]) -> Iterator[bytes]:
        """Yield the encoded part with *values* in their places."""
        carried = b""
        for piece in self._pieces:
            if isinstance(piece, str):
                carried += _raw(self._context.written(values[piece]), self._where)
                continue
            skip = -len(carried) % _WHOLE
            if len(piece.raw) <= skip:
                carried += piece.raw
                continue
            yield _base64(carried + piece.raw[:skip])
            yield piece.encoded[skip]
            carried = piece.rest[skip]
        yield _base64(carried)


Part = QuotedPart | Base64Part


def part(content: str, context: Context, *, split: Callable[[str], list[str]], where: str) -> Part:
    """Encode *content*, which *split* takes apart at its values, in whichever way is shorter."""
    texts = split(content)
    in_quoted, in_base64 = QuotedPart(texts, context, where=where), Base64Part(texts, context, where=where)
    return in_base64 if in_base64.size < in_quoted.size else in_quoted


def _raw(text: str, where: str) -> bytes:
    try:
        return _NEWLINE.sub("\r\n", text).encode()
    except UnicodeEncodeError as error:
        raise not_unicode(error, where) from error


def _shifted(raw: bytes) -> _Shifted:
    encoded, rest = [], []
    for skip in range(_WHOLE):
        shifted = raw[skip:]
        whole = len(shifted) - len(shifted) % _WHOLE
        encoded.append(_base64(shifted[:whole]))
        rest.append(shifted[whole:])
    return _Shifted(raw=raw, encoded=tuple(encoded), rest=tuple(rest))


def _base64(raw: bytes) -> bytes:
    """Encode *raw* on lines of its own."""
    lines = (
        binascii.b2a_base64(raw[place : place + _BASE64_LINE], newline=False)
        for place in range(0, len(raw), _BASE64_LINE)
    )
    return b"".join(line + b"\r\n" for line in lines)
