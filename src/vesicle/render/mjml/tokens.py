"""MJML as a sequence of tokens with their places: stricter than a browser, as the engine is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)

_NAME = r"[A-Za-z_][\w:.-]*+"
_ATTRIBUTE = rf"""{_NAME}(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'))?+"""
_TOKEN = re.compile(
    rf"""
      (?P<comment><!--.*?-->)
    | <(?P<slash>/?)(?P<name>{_NAME})(?P<attributes>(?:\s++{_ATTRIBUTE})*+)\s*+(?P<close>/?)>
    | (?P<text>[^<]++)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_PAIR = re.compile(rf"""\s++({_NAME})(?:\s*+=\s*+("[^"]*+"|'[^']*+'))?+""", re.ASCII)


class Kind(Enum):
    """What a token is; a tag without content is `EMPTY`, with its slash or without (`<br>`)."""

    OPEN = auto()
    CLOSE = auto()
    EMPTY = auto()
    TEXT = auto()
    COMMENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of MJML: *name* and *attributes* are those of a tag, as written but without quotation marks.

    An attribute without a value has None; *spots* tells where in the source each attribute starts.
    """

    kind: Kind
    start: int
    text: str
    name: str = ""
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    spots: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_tag(self) -> bool:
        """Tell whether this is an opening, closing or empty tag."""
        return self.kind in (Kind.OPEN, Kind.CLOSE, Kind.EMPTY)

    @property
    def is_mjml(self) -> bool:
        """Tell whether this is a tag of MJML and not of HTML."""
        return self.name.lower().startswith("mj-") or self.name == "mjml"

    @property
    def is_conditional(self) -> bool:
        """Tell whether this is a comment that Outlook reads."""
        return self.kind is Kind.COMMENT and bool(re.match(r"<!--\s*(\[\s*if|<!\[)", self.text))


class NotWellFormed(ValueError):
    """A text that cannot be read as tags; *start* is where it stops making sense."""

    def __init__(self, text: str, start: int) -> None:
        super().__init__(text)
        self.start = start


def tokens(mjml: str) -> tuple[Token, ...]:
    """Split *mjml* into tokens; raise NotWellFormed at the first place that is none."""
    found: list[Token] = []
    position = 0
    while position < len(mjml):
        match = _TOKEN.match(mjml, position)
        if not match:
            excerpt = mjml[position : mjml.find(">", position) + 1 or None].partition("\n")[0][:60]
            raise NotWellFormed(f"this is not a tag: {excerpt}", position)
        found.append(_token(match))
        position = match.end()
    return tuple(found)


def _token(match: re.Match[str]) -> Token:
    if not match["name"]:
        kind = Kind.COMMENT if match["comment"] else Kind.TEXT
        return Token(kind=kind, start=match.start(), text=match[0])
    pairs = [*_PAIR.finditer(match["attributes"])]
    attributes = {pair[1]: pair[2][1:-1] if pair[2] else None for pair in pairs}
    spots = {pair[1]: match.start("attributes") + pair.start(1) for pair in pairs}
    if len(attributes) < len(pairs):
        raise NotWellFormed(f"an attribute stands twice in {match[0][:60]}", match.start())
    kind = _kind(match)
    return Token(
        kind=kind, start=match.start(), text=match[0], name=match["name"], attributes=attributes, spots=spots
    )


def _kind(match: re.Match[str]) -> Kind:
    if match["slash"]:
        if match["attributes"] or match["close"]:
            raise NotWellFormed(f"a closing tag has its name alone: {match[0][:60]}", match.start())
        return Kind.CLOSE
    return Kind.EMPTY if match["close"] or match["name"].lower() in VOID else Kind.OPEN
