"""Reads an RSS or Atom feed, and lets nothing pass for one that is none."""

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.parsers import expat

import feedparser

from vesicle.model.errors import PermanentFailure, TemporaryFailure

_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html)\b", re.IGNORECASE)

Entry = Mapping[str, Any]
"""An entry as feedparser gives it; only strings, lists and dates below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed: its title as it stands there, and its entries."""

    title: str
    entries: tuple[Entry, ...]


def read_feed(data: bytes, *, name: str) -> Feed:
    """Read the feed called *name*, in UTF-8.

    Raises TemporaryFailure on what is no feed this time (empty, cut off, a web page), and PermanentFailure
    on what never will be one, or declares a document type.
    """
    _refuse_unsound(data, name)
    # A stream, because feedparser takes bytes for the name of a file before it takes them for a feed.
    parsed = feedparser.parse(
        BytesIO(data),
        response_headers={"content-type": "application/rss+xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        raise PermanentFailure(f"{name} is XML, but not a feed")
    return Feed(title=str(parsed.feed.get("title", "")), entries=tuple(parsed.entries))


def entry_time(entry: Entry) -> datetime | None:
    """Give when *entry* was published, else updated (UTC), or None where it does not say."""
    # feedparser warns of "updated" where an entry has "published" alone.
    parsed = entry.get("published_parsed") or ("updated_parsed" in entry and entry["updated_parsed"])
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def _refuse_unsound(data: bytes, name: str) -> None:
    """Let pass only well-formed XML in UTF-8 that declares nothing: feedparser would guess at the rest."""
    if not data.strip():
        raise TemporaryFailure(f"{name} is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemporaryFailure(f"{name} is not text in UTF-8: {error.reason}") from error
    if _WEB_PAGE.match(text):
        raise TemporaryFailure(f"{name} is a web page, not a feed; if it stays so, make the feed anew")

    def doctype(root: str, system: str | None, public: str | None, internal: bool) -> None:
        # Entities declared there can swell a small file to gigabytes ("billion laughs").
        raise PermanentFailure(f"{name} declares a document type, which no feed needs; it is not read")

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise TemporaryFailure(f"{name} is broken or cut off: {error}") from error
