"""Put people on the list from a CSV file."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.ports import Subscribers
from vesicle.text.lines import is_one_line

# What SMTP can carry in practice: one @, no blanks or brackets, a dot in the domain, at most 254
# characters (RFC 5321, 4.5.3.1.3, less the angle brackets).
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@[^\s@<>(),;:\"\[\]\\]+\.[^\s@<>(),;:\"\[\]\\.]{2,}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
COLUMNS = ("email", "language", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of the lines of a file."""

    added: int
    known: int
    problems: tuple[Problem, ...]


def enrol(
    lines: Iterable[str],
    subscribers: Subscribers,
    *,
    file: str,
    language: str,
    random_id: Callable[[], str],
) -> Account:
    """Add each person in *lines* as confirmed; a line that cannot be used is a problem, not the end.

    *language* is that of a person whose line gives none. Raises UserError where the heading is wrong.
    """
    rows = csv.DictReader(lines)
    _check_heading(rows.fieldnames or (), file)
    counts = {True: 0, False: 0}
    problems: list[Problem] = []
    for row in rows:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        found = list(_wrong(cells, Place(file=file, line=rows.line_num)))
        problems += found
        if not found:
            person = Subscriber(
                id=random_id(),
                email=cells["email"],
                status=SubscriberStatus.CONFIRMED,
                language=cells["language"] or language,
                name=cells["name"],
            )
            counts[subscribers.add(person)] += 1
    return Account(added=counts[True], known=counts[False], problems=tuple(problems))


def _check_heading(names: Iterable[str], file: str) -> None:
    given = tuple(names)
    unknown = [name for name in given if name not in COLUMNS]
    if "email" in given and not unknown:
        return
    text = "there is no column `email`" if "email" not in given else f"unknown columns: {', '.join(unknown)}"
    mend = "start the file with the line `email,language,name`; the last two may be left out"
    raise UserError([Problem(code="people.heading", text=text, where=Place(file=file, line=1), mend=mend)])


def _wrong(cells: Mapping[str, str], where: Place) -> Iterator[Problem]:
    address = cells["email"]
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        # The address itself stays out of the report: reports end up in logs and tickets.
        yield Problem(
            code="people.address", text="this is no e-mail address", where=where, mend="mend the line"
        )
    if cells["language"] and not _LANGUAGE.fullmatch(cells["language"]):
        text = f"`{cells['language']}` is no language tag"
        yield Problem(code="people.language", text=text, where=where, mend="write en, th, fa and the like")
    if not is_one_line(cells["name"]):
        text = "the name holds a control character"
        yield Problem(code="people.name", text=text, where=where, mend="write it in one line")
