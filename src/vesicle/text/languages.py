"""Which of the languages that there are a reader would like best."""

import re
from collections.abc import Sequence

_CHOICE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([0-9.]{1,5})\s*)?")


def preferred(header: str, known: Sequence[str]) -> str:
    """Give the best of *known* for an `Accept-Language` header (RFC 9110 section 12.5.4); else the first.

    A language fits where its first part does: `fa-IR` gets `fa`. What cannot be read is passed over.
    """
    wanted = sorted(_choices(header[:1000]), key=lambda one: -one[1])
    found = (_fitting(tag, known) for tag, quality in wanted if quality > 0)
    return next((one for one in found if one), known[0])


def _choices(header: str) -> list[tuple[str, float]]:
    read = (_CHOICE.fullmatch(part) for part in header.split(","))
    return [(match[1].lower(), _quality(match[2])) for match in read if match]


def _quality(text: str | None) -> float:
    try:
        return min(1.0, float(text)) if text else 1.0
    except ValueError:
        return 0.0


def _fitting(tag: str, known: Sequence[str]) -> str:
    if tag == "*":
        return known[0]
    short = tag.partition("-")[0]
    exact = (one for one in known if one.lower() == tag)
    return next(exact, next((one for one in known if one.lower().partition("-")[0] == short), ""))
