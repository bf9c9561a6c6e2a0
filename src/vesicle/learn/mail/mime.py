"""A mail taken apart (RFC 5322, 2045, 2046), whatever it holds: no error, no deep recursion, linear time.

The standard library's parser takes a time that grows with the depth of multiparts for every line, and
raises on some header fields; a mailbox that anybody can write to needs less.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

MOST_BYTES = 10_000_000
"""How much of a mail is read; what comes behind is not looked at."""

_MOST_HEADER = 256_000
_MOST_FIELDS = 1_000
_LONGEST_VALUE = 8_000
_MOST_PARTS = 64
_MOST_WALKED = 200
_DEEPEST = 6
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_NEXT_LINE = re.compile(rb"\n(?![ \t])")
_PARAMETER = re.compile(r";\s*([a-z-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))", re.IGNORECASE)
_LONGEST_BOUNDARY = 200


@dataclass(frozen=True)
class Mail:
    """A mail or a part of one: its fields as (name in small letters, value on one line), and its body."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def first(self, name: str) -> str:
        """Give the value of the first field called *name*; empty without one."""
        return next((value for one, value in self.fields if one == name), "")

    def every(self, *names: str) -> tuple[str, ...]:
        """Give the values of all fields with these names, those of the first name first."""
        return tuple(value for name in names for one, value in self.fields if one == name)

    @cached_property
    def type(self) -> str:
        """Give the media type in small letters; `text/plain` where none is told."""
        return self.first("content-type").partition(";")[0].strip().lower() or "text/plain"

    def parameter(self, name: str) -> str:
        """Give a parameter of the Content-Type; empty without it."""
        for found in _PARAMETER.finditer(self.first("content-type")):
            if found[1].lower() == name:
                return re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
        return ""

    @cached_property
    def parts(self) -> tuple["Mail", ...]:
        """Give the parts of a multipart, or the mail within a `message/rfc822`; at most 64."""
        if self.type.startswith("multipart/"):
            return tuple(taken_apart(part) for part in self._pieces())
        if self.type in ("message/rfc822", "message/global"):
            return (taken_apart(self.content),)
        return ()

    def _pieces(self) -> Iterator[bytes]:
        boundary = self.parameter("boundary").encode("utf-8", "replace")
        if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
            return
        line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*$\n?", re.MULTILINE)
        start = None
        for number, found in enumerate(line.finditer(self.body)):
            if start is not None:
                yield self.body[start : max(start, found.start() - 1)]
            start = found.end()
            if found[1] or number == _MOST_PARTS:
                return
        if start is not None:
            yield self.body[start:]

    @cached_property
    def content(self) -> bytes:
        """Give the body without its transfer encoding; as it is where that cannot be undone."""
        encoding = self.first("content-transfer-encoding").strip().lower()
        try:
            if encoding == "base64":
                return _normal(binascii.a2b_base64(self.body))
            if encoding == "quoted-printable":
                return _normal(binascii.a2b_qp(self.body))
        except binascii.Error:
            pass
        return self.body

    @property
    def text(self) -> str:
        """Give the content as text, read as UTF-8."""
        return self.content.decode("utf-8", "replace")


def taken_apart(content: bytes) -> Mail:
    """Take a mail apart; a line that is neither a field nor its continuation begins the body."""
    content = _normal(content[:MOST_BYTES])
    if content.startswith((b"From ", b">From ")):
        content = content.partition(b"\n")[2]
    fields: list[tuple[str, str]] = []
    at = 0
    while at < min(len(content), _MOST_HEADER) and len(fields) < _MOST_FIELDS:
        if content[at : at + 1] == b"\n":
            return Mail(tuple(fields), content[at + 1 :])
        end = _NEXT_LINE.search(content, at)
        stop = end.start() if end else len(content)
        field = _FIELD.match(content, at, stop)
        if field is None:
            break
        fields.append((field[1].decode("ascii").lower(), _unfolded(field[2])))
        at = stop + 1
    return Mail(tuple(fields), content[at:])


def walk(mail: Mail, *, within: bool = False) -> Iterator[tuple[Mail, Mail]]:
    """Yield each part with the mail or part that it is in, outer ones first; at most 200.

    What is in an attached mail is its own and passed over, but for *within*.
    """
    return islice(_walk(mail, depth=_DEEPEST, within=within), _MOST_WALKED)


def _walk(mail: Mail, *, depth: int, within: bool) -> Iterator[tuple[Mail, Mail]]:
    if depth == 0 or not (within or mail.type.startswith("multipart/")):
        return
    for part in mail.parts:
        yield mail, part
        yield from _walk(part, depth=depth - 1, within=within)


def blocks(text: str) -> Iterator[dict[str, str]]:
    """Yield the groups of fields of *text* between empty lines, as reports hold them; a name counts once."""
    for block in re.split(r"\n[ \t]*\n", text[:1_000_000], maxsplit=_MOST_FIELDS):
        found = taken_apart(block.lstrip("\n").encode("utf-8", "replace"))
        if found.fields:
            yield dict(reversed(found.fields))


def _unfolded(value: bytes) -> str:
    return " ".join(value[:_LONGEST_VALUE].decode("utf-8", "replace").split())


def _normal(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content
