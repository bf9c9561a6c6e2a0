"""What a row of a CSV file says of a person. Pure.

No reason quotes a cell: reports end up in logs and tickets, and in a shifted row any cell can be the address.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from vesicle.deliver.email.address import Route, route
from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.text.lines import is_one_line

FIELDS = ("email", "language", "name", "topics", "zone")
# Of an address: RFC 5321, 4.5.3.1.3, less the angle brackets; of a language tag: RFC 5646, 4.4.1.
LONGEST = {"email": 254, "language": 35, "name": 200, "topics": 1000, "zone": 64}
LONGEST_ATTRIBUTE = 1000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How the columns of a file are to be understood.

    *renamed* maps the name of a column in the file to one of FIELDS or of *attributes*, or to nothing, which
    leaves the column out.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which cell of a row is which; *width* is how many there may be."""

    fields: Mapping[str, int]
    attributes: Mapping[str, int]
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What everybody of a file has in common: their status, and what a row may leave open."""

    language: str
    since: date
    status: SubscriberStatus = SubscriberStatus.CONFIRMED


def columns(heading: Sequence[str], naming: Naming, *, file: str) -> Columns:
    """Give the columns that *heading* names; raises UserError with everything that is wrong with it."""
    names = [cell.strip() for cell in heading]
    meant = [_meant(name, naming) for name in names]
    problems = list(_wrong_heading(names, meant, naming, Place(file=file, line=1)))
    if problems:
        raise UserError(problems)
    places = {name: place for place, name in enumerate(meant) if name}
    return Columns(
        fields={name: place for name, place in places.items() if name in FIELDS},
        attributes={name: place for name, place in places.items() if name not in FIELDS},
        width=len(names),
    )


def person(cells: Sequence[str], columns: Columns, *, new_id: str, newcomer: Newcomer) -> Subscriber | str:
    """Give the person of a row, or every reason why there is none."""
    if len(cells) > columns.width:
        return f"it has {len(cells)} cells, and the heading {columns.width}"
    said = {name: _cell(cells, place) for name, place in columns.fields.items()}
    attributes = {name: _cell(cells, place) for name, place in columns.attributes.items()}
    reasons = [*_wrong(said), *_wrong_attributes(attributes)]
    if reasons:
        return "; ".join(reasons)
    return Subscriber(
        id=new_id,
        email=said["email"],
        status=newcomer.status,
        language=said.get("language") or newcomer.language,
        name=said.get("name", ""),
        topics=tuple(dict.fromkeys(_topics(said.get("topics", "")))),
        zone=said.get("zone", ""),
        attributes={name: value for name, value in attributes.items() if value},
        since=newcomer.since,
    )


def _meant(name: str, naming: Naming) -> str:
    renamed = naming.renamed.get(name, name)
    return renamed.lower() if renamed.lower() in FIELDS else renamed


def _wrong_heading(
    names: Sequence[str], meant: Sequence[str], naming: Naming, where: Place
) -> Iterator[Problem]:
    if any("@" in name for name in names):
        # Not quoted: it is somebody's address.
        found = [("the first line is a person", "write a line with the names of the columns above it")]
    else:
        found = [
            *_wrong_naming(names, meant, naming),
            *_doubtful(meant),
            *_unknown(names, meant, naming),
        ]
    for text, mend in found:
        yield Problem(code="people.heading", text=text, where=where, mend=mend)


def _wrong_naming(names: Sequence[str], meant: Sequence[str], naming: Naming) -> Iterator[tuple[str, str]]:
    for target in naming.renamed.values():
        if target and target.lower() not in FIELDS and target not in naming.attributes:
            yield f"there is no field `{target}`", f"the fields are {', '.join(FIELDS)}"
    for name in (*naming.renamed, *naming.attributes):
        if name not in names and name not in meant:
            yield f"there is no column `{name}`", f"the columns are {', '.join(names)}"


def _doubtful(meant: Sequence[str]) -> Iterator[tuple[str, str]]:
    if "email" not in meant:
        yield "there is no column `email`", "name one so, or say which is: --map 'E-mail=email'"
    for name in dict.fromkeys(meant):
        if name and meant.count(name) > 1:
            yield f"there are two columns `{name}`", f"leave one out: --map '{name}='"


def _unknown(names: Sequence[str], meant: Sequence[str], naming: Naming) -> Iterator[tuple[str, str]]:
    for name, its in zip(names, meant, strict=True):
        if name not in naming.renamed and its not in (*FIELDS, *naming.attributes):
            mend = f"keep it as an attribute: --attributes '{name}', or leave it out: --map '{name}='"
            yield f"unknown column `{name}`", mend


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _wrong(said: Mapping[str, str]) -> Iterator[str]:
    where = route(said["email"]) if said["email"] else "there is no address"
    if not isinstance(where, Route):
        yield where
    for name, value in said.items():
        if len(value) > LONGEST[name]:
            yield f"`{name}` is longer than {LONGEST[name]} characters"
        if name != "email" and not _is_one_line(value):
            yield f"`{name}` holds a control character"
    if said.get("language") and not _LANGUAGE.fullmatch(said["language"]):
        yield "`language` is no language tag such as en or zh-Hant"
    if said.get("zone") and said["zone"] not in _zones():
        yield "`zone` is no IANA time zone such as Asia/Bangkok"


def _wrong_attributes(attributes: Mapping[str, str]) -> Iterator[str]:
    for name, value in attributes.items():
        if len(value) > LONGEST_ATTRIBUTE:
            yield f"`{name}` is longer than {LONGEST_ATTRIBUTE} characters"
        if not _is_one_line(value):
            yield f"`{name}` holds a control character"


def _is_one_line(text: str) -> bool:
    # Printable text, which most is, needs no second look.
    return text.isprintable() or is_one_line(text)


def _topics(cell: str) -> Iterator[str]:
    return (topic for part in cell.split(";") if (topic := part.strip()))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
