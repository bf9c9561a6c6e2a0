"""The audience in its database: older lists carried over, the key, the log that cannot change, the filter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from vesicle.model.errors import UserError
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.store.audience import belongs
from vesicle.store.database import Database, open_database
from vesicle.store.identity import address_hash
from vesicle.store.key import bind_key
from vesicle.store.migrations import MIGRATIONS
from vesicle.store.subscribers import SqlSubscribers
from vesicle.store.subscribers.adding import add_people
from vesicle.store.tables import subscribers as people_table
from vesicle.text.tokens import key_id

KEY, OTHER_KEY = b"k" * 32, b"j" * 32
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
CONSENT = Consent(event=ConsentEvent.CONFIRMED, at=NOW, source="a form", wording="f" * 64, version="1")
ADA = Subscriber(
    id="a" * 32, email="ada@example.org", status=SubscriberStatus.CONFIRMED, language="en", name="Ada"
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "vesicle.db")


@pytest.fixture
def database(path: str) -> Iterator[Database]:
    database = open_database(path)
    bind_key(database, KEY)
    yield database
    database.close()


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


# lists of version 2

OLD_PEOPLE = (
    (3, "a" * 32, "Ada@example.org", "ada@example.org", 1, "en", "Ada"),
    (5, "b" * 32, "bo@bücher.example", "bo@bücher.example", 1, "th", ""),
    (9, "an old id", "cy@example.org", "cy@example.org", 2, "en", "Cy"),
)
DELIVERY = "INSERT INTO deliveries VALUES (?, ?, 1, ?, 'en', 0, 0, NULL, NULL, NULL, '', NULL, NULL)"


def old_list(path: str, *more: tuple[object, ...]) -> Database:
    """Give a list of version 2 with a delivery owed to each, carried up to now."""
    database = open_database(path, steps=MIGRATIONS[:2])
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO frozen VALUES (1, 'issue', 'email', 'h')")
        connection.exec_driver_sql("INSERT INTO messages VALUES (1, 1, 'en', '{}')")
        people = "INSERT INTO subscribers VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.exec_driver_sql(people, [*OLD_PEOPLE, *more])
        owed = [(one[0], f"issue:{one[0]}", one[0]) for one in OLD_PEOPLE]
        connection.exec_driver_sql(DELIVERY, owed)
    database.close()
    return open_database(path)


def test_a_list_of_version_2_is_carried_over_and_its_addresses_are_hashed(path: str) -> None:
    database = old_list(path)
    assert rows(database, "SELECT count(*) FROM subscribers WHERE hash IS NULL") == [(3,)]
    bind_key(database, KEY)
    people = SqlSubscribers(database, key=KEY)
    assert [(one.email, one.status.value, one.language, one.name) for one in people.all()] == [
        ("Ada@example.org", "confirmed", "en", "Ada"),
        ("bo@bücher.example", "confirmed", "th", ""),
        ("cy@example.org", "unsubscribed", "en", "Cy"),
    ]
    found = people.find("ADA@example.org")
    assert found is not None
    assert (found.id, found.topics, found.attributes, found.since) == ("a" * 32, (), {}, None)
    assert people.add([(ADA, CONSENT)]) == [Added.KNOWN]
    assert rows(database, "PRAGMA foreign_key_check") == []
    assert rows(database, "SELECT subscriber_id FROM deliveries ORDER BY subscriber_id") == [(3,), (5,), (9,)]
    assert rows(database, "SELECT name FROM sqlite_schema WHERE name = 'step_3'") == []
    database.close()


def test_new_people_of_a_list_of_version_2_get_numbers_of_their_own(path: str) -> None:
    database = old_list(path)
    bind_key(database, KEY)
    people = SqlSubscribers(database, key=KEY)
    people.add([(Subscriber(id="d" * 32, email="d@example.org", status=ADA.status, language="en"), CONSENT)])
    assert rows(database, "SELECT id FROM subscribers ORDER BY id DESC LIMIT 1") == [(10,)]
    database.close()


def test_two_spellings_of_an_old_list_become_one_who_has_left_if_one_has(path: str) -> None:
    ascii = "bo@xn--bcher-kva.example"
    database = old_list(path, (12, "c" * 32, ascii, ascii, 2, "th", ""))
    bind_key(database, KEY)
    found = SqlSubscribers(database, key=KEY).find("bo@bücher.example")
    assert found is not None
    assert (found.id, found.status) == ("b" * 32, SubscriberStatus.UNSUBSCRIBED)
    assert rows(database, "SELECT id FROM subscribers WHERE hash IS NULL OR id = 12") == []
    database.close()


# the key


def test_the_first_key_is_kept_to_and_another_is_refused_with_both_named(database: Database) -> None:
    bind_key(database, KEY)
    with pytest.raises(UserError) as caught:
        bind_key(database, OTHER_KEY)
    (problem,) = caught.value.problems
    assert key_id(KEY) in problem.text
    assert key_id(OTHER_KEY) in problem.text
    assert key_id(KEY) in problem.mend
    bind_key(database, KEY)


def test_a_key_that_is_too_short_binds_nothing(path: str) -> None:
    database = open_database(path)
    with pytest.raises(UserError, match="at least 32"):
        bind_key(database, b"short")
    assert rows(database, "SELECT * FROM settings") == []
    database.close()


def test_the_database_does_not_hold_the_key(database: Database, path: str) -> None:
    database.close()
    assert KEY not in Path(path).read_bytes()
    assert KEY.hex().encode() not in Path(path).read_bytes()


def test_the_hash_of_an_address_needs_the_key() -> None:
    assert address_hash(KEY, "ada@example.org") == address_hash(KEY, " ADA@Example.org")
    assert address_hash(KEY, "ada@example.org") != address_hash(OTHER_KEY, "ada@example.org")
    assert len(address_hash(KEY, "ada@example.org")) == 16


# what cannot be undone


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consents SET event = 2",
        "DELETE FROM consents",
        "INSERT OR REPLACE INTO consents VALUES (1, 1, 2, '2026-11-26', 1)",
        "UPDATE forms SET wording = 'x'",
        "DELETE FROM forms",
    ],
)
def test_the_consent_log_cannot_be_changed_by_any_statement(database: Database, change: str) -> None:
    people = SqlSubscribers(database, key=KEY)
    people.add([(ADA, CONSENT)])
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql(change)
    assert people.consents(ADA.id) == (CONSENT,)


def test_the_number_of_an_erased_person_is_never_anybody_elses(database: Database) -> None:
    people = SqlSubscribers(database, key=KEY)
    people.add([(ADA, CONSENT)])
    people.erase(ADA.id, now=NOW)
    people.add([(Subscriber(id="b" * 32, email="b@example.org", status=ADA.status, language="en"), CONSENT)])
    assert rows(database, "SELECT id FROM subscribers") == [(2,)]


def test_of_an_erased_person_the_file_holds_the_hash_alone(database: Database, path: str) -> None:
    people = SqlSubscribers(database, key=KEY)
    crowd = [
        Subscriber(id=f"{number:032x}", email=f"{number}@example.org", status=ADA.status, language="en")
        for number in range(200)
    ]
    people.add([(one, CONSENT) for one in (*crowd, ADA)])
    people.erase(ADA.id, now=NOW)
    database.close()
    assert list(Path(path).parent.iterdir()) == [Path(path)]
    found = Path(path).read_bytes()
    assert b"ada@example.org" not in found
    assert bytes.fromhex(ADA.id) not in found
    assert address_hash(KEY, ADA.email) in found
    assert b"199@example.org" in found


@pytest.mark.parametrize("column", ["topics = '{}'", "attributes = '[]'", "hash = x'00'", "status = 5"])
def test_a_person_that_makes_no_sense_is_refused_by_the_database_itself(
    database: Database, column: str
) -> None:
    SqlSubscribers(database, key=KEY).add([(ADA, CONSENT)])
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE subscribers SET {column}")


# the filter

WORDS = st.sampled_from(
    ["moss", "Moss", "sleep", "การนอน", 'a "b"', "a.b", "$", "", "1", "true", "null", "x'y", "\\"]
)
DAYS = st.dates(min_value=date(2025, 12, 30), max_value=date(2026, 1, 2))
ATTRIBUTES = st.dictionaries(
    WORDS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3), WORDS, max_size=3
)
PEOPLE = st.builds(
    Subscriber,
    id=st.just("0" * 32),
    email=st.sampled_from(["a@example.org", "b@example.org"]),
    status=st.sampled_from(SubscriberStatus),
    language=st.sampled_from(["en", "th", "zh-Hant"]),
    topics=st.lists(WORDS, max_size=3).map(tuple),
    attributes=ATTRIBUTES,
    since=st.none() | DAYS,
)
AUDIENCES = st.builds(
    Audience,
    topics=st.lists(WORDS, max_size=2).map(tuple),
    languages=st.lists(st.sampled_from(["en", "th", "zh"]), max_size=2).map(tuple),
    attributes=ATTRIBUTES,
    since=st.none() | DAYS,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(str(tmp_path_factory.mktemp("scratch") / "vesicle.db"))
    SqlSubscribers(database, key=KEY).suppress("b@example.org", SuppressionReason.BOUNCED, now=NOW)
    yield database
    database.close()


def is_selected(database: Database, person: Subscriber, audience: Audience) -> bool:
    """Tell whether the condition in SQL selects *person*, suppressed or not, put in past every check."""
    values = {
        "public_id": person.id,
        "email": person.email,
        "hash": address_hash(KEY, person.email),
        "status": person.status,
        "language": person.language,
        "name": person.name,
        "topics": list(person.topics),
        "zone": "",
        "attributes": dict(person.attributes),
        "since": person.since,
    }
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM subscribers")
        connection.execute(insert(people_table).values(values))
        return bool(connection.execute(select(people_table.c.id).where(belongs(audience))).all())


@given(PEOPLE, AUDIENCES, st.booleans())
def test_the_filter_in_sql_and_in_the_model_agree(
    scratch: Database, person: Subscriber, audience: Audience, is_narrowed: bool
) -> None:
    if is_narrowed:
        # A filter that fits more often than a drawn one would.
        audience = Audience(topics=person.topics[:1], attributes=dict(list(person.attributes.items())[:1]))
    may_be_written_to = person.status is SubscriberStatus.CONFIRMED and person.email == "a@example.org"
    assert is_selected(scratch, person, audience) == (may_be_written_to and audience.includes(person))


@given(PEOPLE)
def test_a_person_packed_for_an_import_is_read_as_they_were(scratch: Database, person: Subscriber) -> None:
    person = replace(person, email="a@example.org")
    with scratch.writing() as connection:
        connection.exec_driver_sql("DELETE FROM subscribers")
        assert add_people(connection, KEY, [(person, CONSENT)]) == [Added.ADDED]
        found = connection.execute(select(people_table)).one()
    assert (found.status, tuple(found.topics), found.attributes, found.since) == (
        person.status,
        person.topics,
        person.attributes,
        person.since,
    )
