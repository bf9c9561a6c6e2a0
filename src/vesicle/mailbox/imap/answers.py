"""What a server answers to FETCH, SEARCH and LIST (RFC 3501, section 7), and how names are written. Pure."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Answer = bytes | tuple[bytes, bytes] | None
"""One piece as `imaplib` gives it: a line, or a line up to a literal and the literal."""

_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,20})\b")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_BODY = re.compile(rb"\bBODY\[\](?:<0>)? (?:NIL|\"((?:[^\"\\]|\\.)*)\")")
_LIST = re.compile(rb"\([^)]*\) (?:\"\\?(.)\"|NIL) ")
_UNWRITTEN = re.compile(r"&|[^ -~]+")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is told of one mail; None for what is not."""

    uid: int
    size: int | None
    flags: frozenset[str] | None
    content: bytes | None


def fetched(answers: Iterable[Answer]) -> Iterator[Fetched]:
    """Yield what the answers to a FETCH tell, mail by mail; what tells no UID is left out."""
    for whole, literal in _mails(answers):
        body = _BODY.search(whole)
        line = _BODY.sub(b"", whole)  # a mail may hold words that look like those about it
        if uid := _UID.search(line):
            size, flags = _SIZE.search(line), _FLAGS.search(line)
            quoted = re.sub(rb"\\(.)", rb"\1", body[1] or b"") if body else None
            yield Fetched(
                uid=int(uid[1]),
                size=int(size[1]) if size else None,
                flags=frozenset(flags[1].decode("ascii", "replace").lower().split()) if flags else None,
                content=quoted if literal is None else literal,
            )


def _mails(answers: Iterable[Answer]) -> Iterator[tuple[bytes, bytes | None]]:
    """Put the pieces together: a literal is followed by the rest of its line."""
    head, literal = b"", None
    for one in answers:
        if isinstance(one, tuple):
            head, literal = head + one[0], one[1]
        elif one is not None:
            yield head + b" " + one, literal
            head, literal = b"", None


def numbers(answers: Iterable[Answer]) -> list[int]:
    """Give the numbers of the answers to a SEARCH."""
    lines = (one for one in answers if isinstance(one, bytes))
    return [int(word) for line in lines for word in line.split() if word.isdigit() and len(word) <= 10]


def delimiter(answers: Iterable[Answer]) -> str:
    """Give what stands between a folder and one within it, from the answers to a LIST; empty for none."""
    for one in answers:
        if isinstance(one, bytes) and (found := _LIST.match(one)):
            return (found[1] or b"").decode("ascii", "replace")
    return ""


def written(name: str) -> str:
    """Write a folder's name as a quoted string, in modified UTF-7 (RFC 3501, section 5.1.3)."""
    text = _UNWRITTEN.sub(lambda found: _shifted(found[0]), name)
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _shifted(text: str) -> str:
    if text == "&":
        return "&-"
    return "&" + b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
