"""Rows of people: found by their id, and read."""

from sqlalchemy import Connection, Select, select

from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber
from vesicle.store.columns import AnyRow
from vesicle.store.tables import subscribers


def is_id(text: str) -> bool:
    """Tell whether *text* has the shape of an id; whoever asks may have it from a link."""
    return len(text) == 32 and all(digit in "0123456789abcdef" for digit in text)


def with_id(person_id: str) -> Select[*tuple[object, ...]]:
    """Give the query for the person with that id, which has the shape of one."""
    return select(subscribers).where(subscribers.c.public_id == person_id)


def find(connection: Connection, person_id: str) -> AnyRow | None:
    """Give the row of the person with that id, or None."""
    return connection.execute(with_id(person_id)).one_or_none() if is_id(person_id) else None


def known(connection: Connection, person_id: str) -> AnyRow:
    """Give the row of the person with that id; UserError when nobody has it."""
    row = find(connection, person_id)
    if row is None:
        raise UserError(f"no subscriber has the id {person_id}", mend="add the person first")
    return row


def subscriber(row: AnyRow) -> Subscriber:
    """Give the person whose row it is."""
    return Subscriber(
        id=row.public_id,
        email=row.email,
        status=row.status,
        language=row.language,
        name=row.name,
        topics=tuple(row.topics),
        zone=row.zone,
        attributes=row.attributes,
        since=row.since,
        frequency=row.frequency,
        paused_until=row.paused_until,
    )
