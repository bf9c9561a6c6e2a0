import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.enrolment import Enrolment, People, Refusal, Settle
from vesicle.model.errors import UserError
from vesicle.model.subscriber import (
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.pipeline.enrol import SUPPRESSED, Straight, Terms, enrol, import_name
from vesicle.pipeline.rows import Naming
from vesicle.testing.memory import MemorySubscribers

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
CONSENT = Consent(event=ConsentEvent.IMPORTED, at=NOW, source="fair.csv", wording="f" * 64, version="2026")


def terms(naming: Naming | None = None) -> Terms:
    numbers = count(1)
    return Terms(
        file="people.csv",
        language="en",
        consent=CONSENT,
        new_id=lambda: f"{next(numbers):032x}",
        naming=naming or Naming(),
    )


class MemoryReport:
    """A report in memory, as long as the number of its refusals."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def begin(self, size: int) -> None:
        del self.refusals[size:]

    def write(self, refusals: Sequence[Refusal]) -> int:
        self.refusals += refusals
        return len(self.refusals)

    @property
    def said(self) -> list[tuple[int, str]]:
        return [(one.line, one.reason) for one in self.refusals]


class Stopped(Exception):
    """Stands for a kill."""


class Stopping(Straight):
    """An intake that keeps its account, and is stopped before or after it takes a chunk."""

    def __init__(self, subscribers: MemorySubscribers) -> None:
        super().__init__(subscribers)
        self.account = Enrolment()
        self.left = -1
        self.is_durable = False

    def begin(self) -> Enrolment:
        return self.account

    def take(self, people: People, settle: Settle) -> None:
        self.left -= 1
        if self.left == 0 and not self.is_durable:
            raise Stopped
        super().take(people, lambda told: self.keep(settle(told)))
        if self.left == 0:
            raise Stopped

    def keep(self, account: Enrolment) -> Enrolment:
        self.account = account
        return account


def run(
    text: str | bytes,
    subscribers: MemorySubscribers | None = None,
    *,
    naming: Naming | None = None,
    chunk: int = 3,
) -> tuple[Enrolment, MemoryReport]:
    report = MemoryReport()
    data = text.encode() if isinstance(text, str) else text
    intake = Straight(subscribers or MemorySubscribers())
    account = enrol(io.BytesIO(data), intake, terms(naming), report=report, chunk=chunk)
    return account, report


def counts(account: Enrolment) -> tuple[int, int, int]:
    return account.added, account.known, account.refused


# people


def test_people_come_in_confirmed_with_all_that_the_file_says_of_them() -> None:
    subscribers = MemorySubscribers()
    account, report = run(
        "email,language,name,topics,zone\n"
        'a@x.example,th,"Ann, A",moss; sleep;;moss,Asia/Bangkok\n'
        "b@x.example\n",
        subscribers,
    )
    assert counts(account) == (2, 0, 0)
    assert account.is_done
    assert report.refusals == []
    ann, bob = subscribers.all()
    assert ann == Subscriber(
        id=f"{1:032x}",
        email="a@x.example",
        status=SubscriberStatus.CONFIRMED,
        language="th",
        name="Ann, A",
        topics=("moss", "sleep"),
        zone="Asia/Bangkok",
        since=date(2026, 11, 26),
    )
    assert (bob.language, bob.name, bob.topics, bob.zone) == ("en", "", (), "")
    assert subscribers.consents(ann.id) == (CONSENT,)


def test_nobody_is_brought_back_by_an_import() -> None:
    gone = Subscriber(id="9" * 32, email="a@x.example", status=SubscriberStatus.UNSUBSCRIBED, language="en")
    subscribers = MemorySubscribers([gone])
    account, _ = run("email\nA@X.example\n", subscribers)
    assert counts(account) == (0, 1, 0)
    assert list(subscribers.all()) == [gone]


def test_a_suppressed_address_is_refused_at_its_line() -> None:
    subscribers = MemorySubscribers()
    subscribers.suppress("s@x.example", SuppressionReason.BOUNCED, now=NOW)
    account, report = run("email\na@x.example\nS@x.example\nnobody\n", subscribers)
    assert counts(account) == (1, 0, 2)
    assert report.said[0] == (3, SUPPRESSED)
    assert [line for line, _ in report.said] == [3, 4]


def test_a_person_who_stands_in_two_chunks_comes_in_once() -> None:
    account, _ = run("email\n" + "a@x.example\n" * 5, chunk=2)
    assert counts(account) == (1, 4, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "there is no address"),
        ("not an address", "the address is not one"),
        ("a@x.example\x00", "NUL"),
        ("a@x_y.example", "not a domain"),
        (f"{'a' * 60}@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 60}", "`email` is longer than 254"),
        ("a@x.example,Thai", "no language tag"),
        (f"a@x.example,{'a-' * 20}aa", "`language` is longer than 35"),
        ('a@x.example,en,"Ann\r\nBcc: b@x.example"', "over several lines"),
        ("a@x.example,en,Ann\x0bBcc", "`name` holds a control character"),
        ("a@x.example,en,Ann\u2028Bcc", "`name` holds a control character"),
        (f"a@x.example,en,{'n' * 201}", "`name` is longer than 200"),
        ("a@x.example,en,Ann,mo\x07ss", "`topics` holds a control character"),
        ("a@x.example,en,Ann,moss,Asia/Nowhere", "IANA"),
        ("a@x.example,en,Ann,moss,../../etc/passwd", "IANA"),
        ("a@x.example,en,Ann,moss,,Oslo,more", "it has 7 cells, and the heading 6"),
        ("a@x.example,en,Ann,moss,,Os\x08lo", "`town` holds a control character"),
        (f"a@x.example,en,Ann,moss,,{'o' * 1001}", "`town` is longer than 1000"),
        ("Ann,a@x.example", "the address is not one"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_without_its_cells_and_the_others_come_in(
    row: str, reason: str
) -> None:
    subscribers = MemorySubscribers()
    heading = "email,language,name,topics,zone,town\n"
    text = f"{heading}b@x.example\n{row or ',en'}\nc@x.example\n"
    account, report = run(text, subscribers, naming=Naming(attributes=("town",)))
    assert counts(account) == (2, 0, 1)
    ((line, said),) = report.said
    assert line == 3
    assert reason in said
    assert "@" not in said
    assert "Ann" not in said
    assert [one.email for one in subscribers.all()] == ["b@x.example", "c@x.example"]


def test_every_reason_of_a_line_is_told() -> None:
    _, report = run("email,language\nnobody,Thai\n")
    assert "address" in report.said[0][1]
    assert "language" in report.said[0][1]


# columns


def test_columns_are_renamed_kept_as_attributes_or_left_out() -> None:
    subscribers = MemorySubscribers()
    naming = Naming(
        renamed={"E-mail": "email", "Town": "city", "Note": "", "First": "Name"},
        attributes=("city", "Role"),
    )
    run("First,E-mail,Town,Role,Note\nAnn,a@x.example,Oslo,,secret\n", subscribers, naming=naming)
    (ann,) = subscribers.all()
    assert (ann.name, ann.email, ann.attributes) == ("Ann", "a@x.example", {"city": "Oslo"})


def test_columns_are_known_in_any_case() -> None:
    account, _ = run(" Email ,NAME\na@x.example,Ann\n")
    assert account.added == 1


@pytest.mark.parametrize(
    ("heading", "naming", "texts"),
    [
        ("", Naming(), ["empty"]),
        ("\xff", Naming(), ["UTF-8"]),
        ('"email', Naming(), ["quotation mark"]),
        ("mail", Naming(), ["no column `email`", "unknown column `mail`"]),
        ("email,vorname,status", Naming(), ["unknown column `vorname`", "unknown column `status`"]),
        ("email,Email", Naming(), ["two columns `email`"]),
        ("email,a", Naming(renamed={"a": "b"}), ["no field `b`"]),
        ("email", Naming(renamed={"a": "name"}), ["no column `a`"]),
        ("email", Naming(attributes=("a",)), ["no column `a`"]),
        ("ann@x.example,en", Naming(), ["the first line is a person"]),
        ("email;language", Naming(), ["no column `email`"]),
    ],
)
def test_a_wrong_heading_is_refused_whole_with_all_that_is_wrong(
    heading: str, naming: Naming, texts: list[str]
) -> None:
    subscribers = MemorySubscribers()
    with pytest.raises(UserError) as caught:
        run((heading + "\na@x.example\n").encode("latin-1") if heading else b"", subscribers, naming=naming)
    problems = caught.value.problems
    assert all(one.code == "people.heading" and one.mend for one in problems)
    for text in texts:
        assert any(text in one.text for one in problems), problems
    assert "ann@" not in str(caught.value)
    assert list(subscribers.all()) == []


# stopping


@pytest.mark.parametrize("is_durable", [False, True])
@pytest.mark.parametrize("at", range(1, 6))
def test_stopped_before_or_after_a_chunk_is_durable_it_comes_to_the_same(at: int, is_durable: bool) -> None:
    lines = [f"p{number}@x.example" if number % 3 else "nobody" for number in range(14)]
    data = io.BytesIO(("email\n" + "\n".join([*lines, "p1@x.example"])).encode())
    subscribers, report = MemorySubscribers(), MemoryReport()
    intake, order = Stopping(subscribers), terms()
    intake.left, intake.is_durable = at, is_durable
    with pytest.raises(Stopped):
        enrol(data, intake, order, report=report, chunk=4)
    # Lines of a chunk that was written to the report and then not to the database.
    report.write([Refusal(line=99, reason="never happened")])
    account = enrol(data, intake, order, report=report, chunk=4)
    assert counts(account) == (9, 1, 5)
    assert [line for line, _ in report.said] == [2, 5, 8, 11, 14]
    assert [one.email for one in subscribers.all()] == [line for line in lines if "@" in line]


def test_each_chunk_is_told_of_once_it_is_taken() -> None:
    heard: list[tuple[int, int]] = []
    enrol(
        io.BytesIO(b"email\na@x.example\nnobody\nb@x.example\n"),
        Straight(MemorySubscribers()),
        terms(),
        told=lambda account, refusals: heard.append((account.total, len(refusals))),
        chunk=2,
    )
    assert heard == [(2, 1), (3, 0)]


def test_an_import_has_another_name_for_other_bytes_or_other_terms() -> None:
    one = terms()
    others = [
        replace(one, language="th"),
        replace(one, consent=replace(CONSENT, wording="")),
        replace(one, consent=replace(CONSENT, source="x")),
        replace(one, naming=Naming(attributes=("a",))),
        replace(one, naming=Naming(renamed={"a": "name"})),
    ]
    names = [import_name(io.BytesIO(b"email\n"), each) for each in (one, *others)]
    names.append(import_name(io.BytesIO(b"email"), one))
    assert len(set(names)) == len(names)
    later = replace(one, consent=replace(CONSENT, at=NOW.replace(year=2027)), new_id=lambda: "0" * 32)
    assert import_name(io.BytesIO(b"email\n"), later) == names[0]


# anything at all

HEADING = b"email,language,name,topics,zone\n"

CELLS = (
    st.sampled_from(
        ["a@x.example", "A@x.example", "b@y.example", "s@x.example", "en", "th", "", "Asia/Bangkok"]
    )
    | st.text(max_size=12)
    | st.emails()
)
ROWS = st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=8)


@given(ROWS.map(lambda rows: "\n".join(rows).encode(errors="surrogatepass")) | st.binary(max_size=60))
def test_any_bytes_are_people_or_refusals_and_the_counts_add_up(data: bytes) -> None:
    subscribers = MemorySubscribers()
    subscribers.suppress("s@x.example", SuppressionReason.BOUNCED, now=NOW)
    account, report = run(HEADING + data, subscribers)
    people = list(subscribers.all())
    assert len(people) == account.added
    assert len(report.said) == account.refused
    lines = [line for line, _ in report.said]
    assert lines == sorted(set(lines))
    assert all(line > 1 for line in lines)
    assert not (HEADING + data)[account.position :].strip(b"\r\n")
    for one in people:
        assert one.email != "s@x.example"
        said = (one.email, one.language, one.name, one.zone, *one.topics)
        assert not any(character in "".join(said) for character in "\r\n\0")
    again, _ = run(HEADING + data, subscribers)
    assert counts(again) == (0, account.added + account.known, account.refused)


@given(
    st.lists(
        st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "nobody", '"x', "\xff"]), max_size=9
    )
)
def test_every_line_is_counted_once(lines: list[str]) -> None:
    data = "email\n" + "\n".join(lines)
    account, _ = run(data.encode("latin-1"))
    assert account.total == len(lines)
