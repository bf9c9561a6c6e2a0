"""What the post of a channel may have, in the channel's own units."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Unit(StrEnum):
    """What a channel counts; `text.counting` counts in each."""

    CHARACTERS = "characters"
    GRAPHEMES = "graphemes"
    BYTES = "bytes"
    UTF16 = "UTF-16 units"
    WEIGHTED = "weighted characters"  # X: a URL is 23, most of Asia's letters are 2
    MASTODON = "characters, each URL as 23"
    THREADS = "characters, emoji by their bytes"
    ESCAPED = "characters after escaping"  # LinkedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The most that one text may have, counted in *unit*."""

    most: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The size of a picture in pixels, and its format: `png` or `jpeg`."""

    width: int
    height: int
    format: str = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a channel takes: every length of *lengths* holds for each text.

    *has_threads* tells whether a longer text goes out as several, *shows_short_links* whether a link can
    be shown shorter than it is. *most_tags*, *most_alt* (in characters)
    and *most_bytes* of a picture are None where the channel has no such limit. *frame* is that of its
    cards, None where it wants no picture. *compose* is the address at which a person writes a post, with
    `{text}` and `{url}` in it where the channel takes them. *checked* is when the facts were last read.
    *price* is what publishing costs, in words, and *version* that of the API which they are about.
    """

    lengths: tuple[Length, ...]
    checked: date
    source: str = ""
    has_threads: bool = False
    shows_short_links: bool = False
    most_tags: int | None = None
    most_alt: int | None = None
    most_bytes: int | None = None
    frame: Frame | None = None
    compose: str = ""
    price: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A channel as posts are made for it: its *name* in `config.yaml` and its *limits*.

    *kind* is the name of the channel whose template and limits it has, as `mastodon` of `mastodon_th`.
    *campaign* is the word by which links to the site's own pages are told apart, empty for none.
    """

    name: str
    limits: Limits
    kind: str = ""
    campaign: str = ""
