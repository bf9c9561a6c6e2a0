"""Puts many people on the list at once, in four statements: a million of them must not take minutes."""

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from vesicle.model.enrolment import People
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Added, Consent, Subscriber
from vesicle.store.codes import CONSENT_EVENTS, FREQUENCIES, STATUSES
from vesicle.store.identity import address_hash, normalised
from vesicle.store.subscribers.consent_log import form_id
from vesicle.store.tables import consents as consents_table

# SQLite takes at most 32,766 values in a statement (SQLITE_MAX_VARIABLE_NUMBER, sqlite.org/limits.html).
_AT_ONCE = 10_000

_PERSON = """
    INSERT INTO subscribers
        (id, public_id, email, hash, status, language, name, topics, zone, attributes, since, frequency,
         paused_until)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
_CONSENT = "INSERT INTO consents VALUES (?, 1, ?, ?, ?)"
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def add_people(connection: Connection, key: bytes, people: People) -> list[Added]:
    """Add those who are neither there nor suppressed; tell of each what became of it, in their order.

    Raises UserError when somebody else has the id of one.
    """
    hashes = [address_hash(key, person.email) for person, _ in people]
    told = judge(hashes, known=known(connection, hashes), suppressed=suppressed(connection, hashes))
    # In the order of the index of hashes, each of its pages is touched once.
    new = sorted((digest, number) for number, digest in enumerate(hashes) if told[number] is Added.ADDED)
    first = _last_id(connection) + 1
    rows = [_row(first + place, digest, people[number][0]) for place, (digest, number) in enumerate(new)]
    entries = [(first + place, people[number][1]) for place, (_, number) in enumerate(new)]
    try:
        _insert(connection, _PERSON, rows)
    except IntegrityError as error:
        raise UserError("somebody else has the id of one of them", mend="draw new ones") from error
    _insert(connection, _CONSENT, list(_consents(connection, entries)))
    return told


def judge(hashes: Sequence[bytes], *, known: set[bytes], suppressed: set[bytes]) -> list[Added]:
    """Tell what is to become of each address; of one that comes twice, the second is known. Pure."""
    seen = set(known)
    told: list[Added] = []
    for digest in hashes:
        if digest in suppressed:
            told.append(Added.SUPPRESSED)
        elif digest in seen:
            told.append(Added.KNOWN)
        else:
            seen.add(digest)
            told.append(Added.ADDED)
    return told


def known(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    """Give those of *hashes* whose people are on the list."""
    return _found(connection, "subscribers", hashes)


def suppressed(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    """Give those of *hashes* that are suppressed."""
    return _found(connection, "suppressions", hashes)


def _found(connection: Connection, table: str, hashes: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(hashes), _AT_ONCE):
        some = tuple(hashes[start : start + _AT_ONCE])
        marks = ",".join("?" * len(some))
        rows = connection.exec_driver_sql(f"SELECT hash FROM {table} WHERE hash IN ({marks})", some)
        found.update(row[0] for row in rows)
    return found


def _last_id(connection: Connection) -> int:
    last = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'subscribers'")
    return int(last.scalar_one_or_none() or 0)


def _row(number: int, digest: bytes, person: Subscriber) -> tuple[object, ...]:
    return (
        number,
        bytes.fromhex(person.id),
        normalised(person.email),
        digest,
        STATUSES[person.status],
        person.language,
        person.name,
        _as_json(person.topics) if person.topics else "[]",
        person.zone,
        _as_json(dict(person.attributes)) if person.attributes else "{}",
        person.since.isoformat() if person.since else None,
        FREQUENCIES[person.frequency],
        person.paused_until.isoformat() if person.paused_until else None,
    )


def _consents(connection: Connection, entries: Sequence[tuple[int, Consent]]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the consent log; people of one import share one consent, which is packed once."""
    packed: dict[int, tuple[object, ...]] = {}
    for number, consent in entries:
        if id(consent) not in packed:
            packed[id(consent)] = _packed(connection, consent)
        yield (number, *packed[id(consent)])


def _packed(connection: Connection, consent: Consent) -> tuple[object, ...]:
    at = consents_table.c.at.type.bind_processor(connection.dialect)
    return (
        CONSENT_EVENTS[consent.event],
        at(consent.at) if at else consent.at,
        form_id(connection, consent),
    )


def _insert(connection: Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, rows)
