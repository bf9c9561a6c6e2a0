"""Put people on the list from a CSV file, so that nobody is lost or twice whenever it is stopped."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, Protocol

from vesicle.model.enrolment import Enrolment, People, Refusal, Settle
from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.model.subscriber import Added, Consent, Subscriber
from vesicle.pipeline.rows import Columns, Naming, Newcomer, columns, person
from vesicle.ports import Subscribers
from vesicle.text.records import Record, records

CHUNK = 5000
_BLOCK = 1 << 20
SUPPRESSED = "the address is suppressed: it is never written to again"


class Intake(Protocol):
    """Where the people of one import go (`store.subscribers.SqlImport`)."""

    def begin(self) -> Enrolment:
        """Give the account of where the import was stopped, or an empty one."""
        ...

    def take(self, people: People, settle: Settle) -> None:
        """Add people, and write down what *settle* gives when told of them, both or neither."""
        ...


class Report(Protocol):
    """Where refusals are written (`store.refusals.RefusalFile`)."""

    def begin(self, size: int) -> None:
        """Go on behind the first *size* bytes; whatever was behind them is taken away."""
        ...

    def write(self, refusals: Sequence[Refusal]) -> int:
        """Write refusals, durably; give the size in bytes of the whole report."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms people come in.

    *file* is its name for people, *language* that of a row which gives none, *consent* goes into the log
    for each, *new_id* draws the id of a person.
    """

    file: str
    language: str
    consent: Consent
    new_id: Callable[[], str]
    naming: Naming = field(default_factory=Naming)


def enrol(
    file: BinaryIO,
    intake: Intake,
    terms: Terms,
    *,
    report: Report | None = None,
    told: Callable[[Enrolment, Sequence[Refusal]], None] | None = None,
    chunk: int = CHUNK,
) -> Enrolment:
    """Add each person in *file* as confirmed; a line that cannot be used is a refusal, not the end.

    Whoever is there already stays as they are, also one who has left, and whoever is suppressed is refused.
    *told* hears of each *chunk* of records once it is durable. Raises UserError where the heading is wrong.
    """
    order, start = _heading(file, terms)
    account = intake.begin()
    if account == Enrolment():
        account = start
    if report:
        report.begin(account.report)
    stream = records(file, position=account.position, line=account.line)
    while (work := _Chunk(account, report)).fill(islice(stream, chunk), order, terms):
        intake.take(work.people, work.settle)
        account = work.account
        if told:
            told(account, work.refusals)
    account = replace(account, is_done=True)
    intake.take((), lambda _: account)
    return account


def import_name(file: BinaryIO, terms: Terms) -> str:
    """Give the name of an import: the same for the same bytes on the same terms, and for no others."""
    said = (
        terms.language,
        terms.consent.source,
        terms.consent.wording,
        terms.consent.version,
        sorted(terms.naming.renamed.items()),
        terms.naming.attributes,
    )
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    digest.update(repr(said).encode(errors="surrogatepass"))
    return digest.hexdigest()


class Straight:
    """An intake into any list; it cannot be stopped and gone on with."""

    def __init__(self, subscribers: Subscribers) -> None:
        self._subscribers = subscribers

    def begin(self) -> Enrolment:
        """Begin at the top of the file."""
        return Enrolment()

    def take(self, people: People, settle: Settle) -> None:
        """Add people."""
        settle(self._subscribers.add(people))


def _heading(file: BinaryIO, terms: Terms) -> tuple[Columns, Enrolment]:
    """Give what the heading says, and where the people begin."""
    first = next(records(file), None)
    if first is None or first.fault:
        text = f"the heading cannot be read: {first.fault}" if first else "the file is empty"
        mend = "save the file as CSV in UTF-8 that begins with the line `email,language,name`"
        where = Place(file=terms.file, line=first.line if first else 1)
        raise UserError([Problem(code="people.heading", text=text, where=where, mend=mend)])
    return (
        columns(first.cells, terms.naming, file=terms.file),
        Enrolment(position=first.end, line=first.next_line),
    )


class _Chunk:
    """Some records on their way: those who may come in, those who may not, and the account after them."""

    def __init__(self, account: Enrolment, report: Report | None) -> None:
        self.account = account
        self.refusals: list[Refusal] = []
        self.people: list[tuple[Subscriber, Consent]] = []
        self._lines: list[int] = []
        self._last: Record | None = None
        self._report = report

    def fill(self, some: Iterable[Record], order: Columns, terms: Terms) -> bool:
        """Judge *some* records; tell whether there were any."""
        newcomer = Newcomer(language=terms.language, since=terms.consent.at.date())
        for record in some:
            self._last = record
            one = record.fault or person(record.cells, order, new_id=terms.new_id(), newcomer=newcomer)
            if isinstance(one, str):
                self.refusals.append(Refusal(line=record.line, reason=one))
            else:
                self.people.append((one, terms.consent))
                self._lines.append(record.line)
        return self._last is not None

    def settle(self, told: Sequence[Added]) -> Enrolment:
        """Give the account with these records in it, once their refusals are written."""
        self.refusals = sorted([*self.refusals, *self._suppressed(told)], key=lambda one: one.line)
        before = self.account
        self.account = Enrolment(
            position=self._last.end if self._last else before.position,
            line=self._last.next_line if self._last else before.line,
            added=before.added + told.count(Added.ADDED),
            known=before.known + told.count(Added.KNOWN),
            refused=before.refused + len(self.refusals),
            report=self._report.write(self.refusals) if self._report else 0,
        )
        return self.account

    def _suppressed(self, told: Sequence[Added]) -> Iterator[Refusal]:
        for line, what in zip(self._lines, told, strict=True):
            if what is Added.SUPPRESSED:
                yield Refusal(line=line, reason=SUPPRESSED)
