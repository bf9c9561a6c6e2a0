"""The file of a new issue, for the editor to change."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Item, Kind

LONGEST_SUBJECT = 60
LONGEST_PREHEADER = 110
_HEADINGS = {Kind.FINDING: "Findings", Kind.EXPLAINER: "Explained"}


def slug(newsletter: Newsletter, due: datetime, *, is_alone: bool = True) -> str:
    """Give the slug of the issue that is due then; with the time where it is not *alone* on its day."""
    return f"{due:%Y-%m-%d}-{newsletter.slug}" if is_alone else f"{due:%Y-%m-%d-%H%M}-{newsletter.slug}"


def number(issues: Iterable[Issue], newsletter: str) -> int:
    """Give the number of the next issue: one more than the highest there is."""
    return 1 + max((issue.number for issue in issues if issue.newsletter == newsletter), default=0)


def text(newsletter: Newsletter, *, number: int, due: datetime, items: Sequence[Item]) -> str:
    """Write an issue file with these items in it and the fields explained."""
    sections = "".join(
        _section(_HEADINGS[kind], group) for kind, group in groupby(items, key=lambda i: i.kind)
    )
    return f"""---
newsletter: {newsletter.slug}
number: {number}
due: {due:%Y-%m-%d %H:%M}    # local time in {newsletter.zone}
subject: {_quoted(_subject(newsletter, number=number, items=items))}    # at most {LONGEST_SUBJECT} characters
# The line behind the subject in the inbox: 40 to {LONGEST_PREHEADER} characters, and not the subject again.
preheader: {_quoted(_preheader(items))}
status: draft    # `vesicle approve` makes it ready; `cancelled` keeps it from ever being sent
sections:
{sections}---
"""


def _section(heading: str, items: Iterable[Item]) -> str:
    slugs = "".join(f"      - {item.slug}    # {item.title}\n" for item in items)
    return f"  - heading: {heading}\n    items:\n{slugs}"


def _subject(newsletter: Newsletter, *, number: int, items: Sequence[Item]) -> str:
    fits = (item.title for item in items if len(item.title) <= LONGEST_SUBJECT)
    return next(fits, f"{newsletter.name}, number {number}")


def _preheader(items: Sequence[Item]) -> str:
    line = f"{len(items)} new texts"
    for joint, item in zip([": ", *["; "] * len(items)], items[1:] or items, strict=False):
        if len(line + joint + item.title) <= LONGEST_PREHEADER:
            line += joint + item.title
    return line


def _quoted(words: str) -> str:
    # A JSON string is a YAML string in double quotes (YAML 1.2, §1.3).
    return json.dumps(words, ensure_ascii=False)
