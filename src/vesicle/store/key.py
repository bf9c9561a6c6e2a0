"""Ties a database to the site's secret key, by which addresses are hashed and links are sealed."""

import hmac

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.model.subscriber import SubscriberStatus
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.identity import address_hash
from vesicle.store.tables import settings, subscribers
from vesicle.text.tokens import key_id

CHUNK = 5000
_NAMES = ("key id", "key check")


def bind_key(database: Database, key: bytes) -> None:
    """Bind *database* to *key*, or see that it is bound to it.

    The first binding hashes the addresses that an older Vesicle left. Raises UserError when it is bound to
    another key, and when *key* is shorter than 32 bytes.
    """
    marks = _marks(key)
    with database.reading() as connection:
        bound = _bound(connection)
    if not bound:
        with database.writing() as connection:
            bound = _bound(connection) or _bind(connection, key, marks)
    _compare(connection, bound, marks)


def see_key(database: Database, key: bytes) -> None:
    """Raise UserError where *database* is bound to another key than *key*; bind nothing."""
    with database.reading() as connection:
        if bound := _bound(connection):
            _compare(connection, bound, _marks(key))


def _marks(key: bytes) -> dict[str, str]:
    return dict(zip(_NAMES, (key_id(key), _check_value(key)), strict=True))


def _compare(connection: Connection, bound: dict[str, str], marks: dict[str, str]) -> None:
    if not hmac.compare_digest(bound[_NAMES[1]], marks[_NAMES[1]]):
        raise _other_key(connection, bound[_NAMES[0]], marks[_NAMES[0]])


def _check_value(key: bytes) -> str:
    # The key id has 32 bits, too few to be sure by.
    return hmac.digest(key, b"vesicle check value", "sha256")[:16].hex()


def _bound(connection: Connection) -> dict[str, str]:
    rows = select(settings.c.name, settings.c.value).where(settings.c.name.in_(_NAMES))
    return dict(connection.execute(rows).all())


def _bind(connection: Connection, key: bytes, marks: dict[str, str]) -> dict[str, str]:
    connection.execute(insert(settings), [{"name": name, "value": value} for name, value in marks.items()])
    last = 0
    while rows := _unhashed(connection, last):
        last = rows[-1].id
        _hash(connection, key, rows)
    return marks


def _unhashed(connection: Connection, last: int) -> list[AnyRow]:
    rows = (
        select(subscribers.c.id, subscribers.c.email, subscribers.c.status)
        .where(subscribers.c.hash.is_(None), subscribers.c.id > last)
        .order_by(subscribers.c.id)
        .limit(CHUNK)
    )
    return list(connection.execute(rows).all())


def _hash(connection: Connection, key: bytes, rows: list[AnyRow]) -> None:
    """Hash the addresses of *rows*; people whose addresses are one after all become one."""
    first: dict[bytes, AnyRow] = {}
    for row in rows:
        digest = address_hash(key, row.email)
        known = select(subscribers.c.id, subscribers.c.status).where(subscribers.c.hash == digest)
        same = first.get(digest) or connection.execute(known).one_or_none()
        if same is None:
            first[digest] = row
        else:
            _join(connection, same, row)
    change = update(subscribers).where(subscribers.c.id == bindparam("row"))
    connection.execute(
        change.values(hash=bindparam("digest")),
        [{"row": row.id, "digest": digest} for digest, row in first.items()],
    )


def _join(connection: Connection, kept: AnyRow, gone: AnyRow) -> None:
    """Leave out the second of two; one who has left under either spelling has left."""
    connection.execute(delete(subscribers).where(subscribers.c.id == gone.id))
    if gone.status is not SubscriberStatus.CONFIRMED:
        change = update(subscribers).where(subscribers.c.id == kept.id)
        connection.execute(change.values(status=gone.status))


def _other_key(connection: Connection, bound: str, given: str) -> UserError:
    problem = Problem(
        code="database.key",
        text=f"the database belongs to the key {bound}, and VESICLE_KEY is the key {given}",
        where=Place(file=str(connection.engine.url.database)),
        mend=f"set VESICLE_KEY to the key {bound} again, from where it is kept safe",
        why="with another key nobody who has left is known, and links in mails that were sent are dead",
    )
    return UserError([problem])
