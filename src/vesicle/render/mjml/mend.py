r"""What stands between MJML and the engine's faults.

MRML 6.0.1 writes attributes as Rust writes strings for debugging (`\u{e35}` for a Thai vowel sign, `\"`),
drops a line break between two tags of HTML, and has no default for `alt`. Sent through it in pure ASCII,
with what it would spoil as character references, a text comes out as it went in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from vesicle.render.mjml.tokens import VOID, Kind, Token

_NEED_ALT = frozenset({"mj-image", "mj-social-element", "mj-carousel-image"})
_TAG = re.compile(r"""<[A-Za-z](?:"[^"]*"|'[^']*'|[^>"'])*>""")
_DEBUG = re.compile(r"""\\(?:u\{|[nrt0"'\\])""")
_BLANK = re.compile(r"[\r\n\t]+")


def without_comments(tokens: Iterable[Token]) -> Iterator[Token]:
    """Leave out comments but those for Outlook, so that editors' notes stay at home."""
    text: Token | None = None
    for token in tokens:
        if token.kind is Kind.TEXT:
            text = replace(text, text=text.text + token.text) if text else token
        elif token.kind is not Kind.COMMENT or token.is_conditional:
            if text:
                yield text
            text = None
            yield token
    if text:
        yield text


def without_inline_styles(tokens: Iterable[Token]) -> tuple[tuple[Token, ...], str]:
    """Take out each `<mj-style inline="inline">`, which the engine ignores; give the rest and the rules."""
    rest: list[Token] = []
    rules: list[str] = []
    is_inside = False
    for token in tokens:
        if token.name == "mj-style" and token.attributes.get("inline") == "inline":
            is_inside = token.kind is Kind.OPEN
        elif is_inside:
            rules.append(token.text if token.kind is Kind.TEXT else "")
            is_inside = token.kind is not Kind.CLOSE
        else:
            rest.append(token)
    return tuple(rest), "\n".join(rules).strip()


def for_engine(tokens: Iterable[Token]) -> tuple[str, ...]:
    """Write each of *tokens* so that the engine spoils nothing, in ASCII."""
    line = [_EDGE, *tokens, _EDGE]
    mended = (
        _text(token, between=(before, after)) for (before, token), (_, after) in pairwise(pairwise(line))
    )
    return tuple(text.encode("ascii", "xmlcharrefreplace").decode("ascii") for text in mended)


def from_engine(html: str) -> str:
    """Turn the character references of `for_engine` back into characters."""
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])) if _is_ours(found[1]) else found[0], html)


def residue(html: str) -> str:
    """Give the first tag of *html* that still holds an escape of the engine, or nothing."""
    return next((tag[0] for tag in _TAG.finditer(html) if _DEBUG.search(tag[0])), "")


_EDGE = Token(kind=Kind.TEXT, start=0, text="")


def _is_ours(number: str) -> bool:
    # Below 160 a reference stays: C1 controls mean other characters there, and &#60; is no tag.
    return len(number) < 8 and 160 <= int(number) <= 0x10FFFF and not 0xD800 <= int(number) <= 0xDFFF


def _text(token: Token, *, between: tuple[Token, Token]) -> str:
    if token.kind in (Kind.OPEN, Kind.EMPTY):
        return _tag(token)
    if token.kind is Kind.TEXT and between[0].name == "mj-title":
        return _value(token.text)  # the engine makes it an attribute too: aria-label
    if token.kind is Kind.TEXT:
        is_lost = token.text.isspace() and token.text[0] in "\r\n" and all(map(_is_html, between))
        return (" " if is_lost else "") + token.text.replace("]]>", "]]&gt;")
    return token.text


def _is_html(token: Token) -> bool:
    return token.is_conditional or (token.is_tag and not token.is_mjml)


def _tag(token: Token) -> str:
    attributes = dict(token.attributes)
    if token.name in _NEED_ALT:
        attributes.setdefault("alt", "")
    written = "".join(
        f" {name}" if value is None else f' {name}="{_value(value)}"' for name, value in attributes.items()
    )
    has_slash = token.kind is Kind.EMPTY and token.name.lower() not in VOID
    return f"<{token.name}{written}{' /' if has_slash else ''}>"


def _value(value: str) -> str:
    spaced = _BLANK.sub(" ", value).strip(" ") if _BLANK.search(value) else value
    return spaced.replace("\\", "&#92;").replace('"', "&quot;").replace("<", "&lt;")
