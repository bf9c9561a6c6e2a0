"""Reads the JSON that a service answers: a reply that is none becomes a named failure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from vesicle.model.errors import TemporaryFailure

_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html)\b", re.IGNORECASE)


def is_web_page(body: bytes) -> bool:
    """Tell whether *body* is HTML: services answer so when they are down, with status 200 too."""
    return bool(_WEB_PAGE.match(body[:2000].decode("utf-8-sig", "replace")))


def json_object(body: bytes, *, who: str) -> Mapping[str, Any]:
    """Read the JSON object that *who* answered.

    A raw line break inside a string is let pass: NCBI writes one into an error message. Raises
    TemporaryFailure where *body* is empty, a web page, cut off, or no JSON object. The body is never part
    of the message: it may hold a key or an address.
    """
    if not body.strip():
        raise TemporaryFailure(f"{who} answered nothing")
    if is_web_page(body):
        raise TemporaryFailure(f"{who} answered with a web page instead of data")
    try:
        # A ValueError is also raised for bytes that are not UTF-8 and for numbers of absurd length.
        data = json.loads(body.decode("utf-8-sig"), strict=False)
    except (ValueError, RecursionError) as error:
        raise TemporaryFailure(f"{who} answered with broken or cut-off JSON") from error
    if not isinstance(data, dict):
        raise TemporaryFailure(f"{who} answered with JSON that is no object")
    return data


def at(data: object, *path: str) -> object:
    """Give what stands at *path* in nested objects, or None where a step of it is not there."""
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def text_at(data: object, *path: str) -> str:
    """Give the text or whole number at *path* as text with single blanks, or an empty one."""
    found = at(data, *path)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    return _plain(str(found)) if isinstance(found, str) or is_number else ""


def items_at(data: object, *path: str) -> tuple[Any, ...]:
    """Give the items of the list at *path*, or none."""
    found = at(data, *path)
    return tuple(found) if isinstance(found, list) else ()


def texts_at(data: object, *path: str) -> tuple[str, ...]:
    """Give the texts of the list at *path* that are not empty."""
    return tuple(text for item in items_at(data, *path) if isinstance(item, str) and (text := _plain(item)))


def number_at(data: object, *path: str) -> int | None:
    """Give the whole number at *path*, which may be written as text, or None."""
    found = text_at(data, *path)
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 19 else None


def _plain(text: str) -> str:
    # JSON can name half a character ("\\ud800"), which no file and no database can hold.
    return " ".join(text.encode("utf-8", "replace").decode().split())
