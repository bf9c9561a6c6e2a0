"""The steps by which a database comes to its present shape. A step that was released never changes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem

Migration = Callable[[Connection], None]


def migrate(writing: Callable[[], AbstractContextManager[Connection]], steps: Sequence[Migration]) -> None:
    """Carry a database up to the newest version, each step in a transaction of its own.

    The version is the number of steps done, kept in SQLite's `user_version`. Raises UserError when the
    database is newer than the program.
    """
    while _take_step(writing, steps):
        pass


def _take_step(writing: Callable[[], AbstractContextManager[Connection]], steps: Sequence[Migration]) -> bool:
    with writing() as connection:
        # Read inside the transaction: another process may be migrating the same file.
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if version > len(steps):
            raise _too_new(connection, version, len(steps))
        if version == len(steps):
            return False
        steps[version](connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {version + 1}")
        return True


def _too_new(connection: Connection, version: int, known: int) -> UserError:
    problem = Problem(
        code="database.newer",
        text=f"the database has version {version}, but this Vesicle knows versions up to {known}",
        where=Place(file=str(connection.engine.url.database)),
        mend="install the Vesicle that wrote it, or a later one",
        why="a later version may keep things that this one would lose",
    )
    return UserError([problem])


def _create(connection: Connection) -> None:
    for statement in _TABLES:
        connection.exec_driver_sql(statement)


_TABLES = (
    """
    CREATE TABLE subscribers (
        id INTEGER PRIMARY KEY,
        public_id TEXT NOT NULL UNIQUE,
        email TEXT NOT NULL,
        address_key TEXT NOT NULL UNIQUE,
        status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
        language TEXT NOT NULL,
        name TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE papers (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,
        source_id TEXT NOT NULL,
        title TEXT NOT NULL,
        url TEXT NOT NULL,
        pmid TEXT NOT NULL,
        doi TEXT NOT NULL,
        authors TEXT NOT NULL,
        journal TEXT NOT NULL,
        published TEXT NOT NULL,
        year INTEGER,
        seen TEXT,
        abstract TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE candidates (
        paper_id INTEGER PRIMARY KEY REFERENCES papers (id),
        found TEXT NOT NULL,
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2)
    ) STRICT
    """,
    "CREATE TABLE cursors (source TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE frozen (
        id INTEGER PRIMARY KEY,
        slug TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        frozen_id INTEGER NOT NULL REFERENCES frozen (id),
        lang TEXT NOT NULL,
        message TEXT NOT NULL,
        UNIQUE (frozen_id, lang)
    ) STRICT
    """,
    """
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        frozen_id INTEGER NOT NULL REFERENCES frozen (id),
        subscriber_id INTEGER REFERENCES subscribers (id),
        lang TEXT NOT NULL,
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
        attempts INTEGER NOT NULL,
        token TEXT,
        lease_until TEXT CHECK ((lease_until IS NOT NULL) = (state IN (1, 2))),
        retry_at TEXT CHECK ((retry_at IS NOT NULL) = (state = 4)),
        reason TEXT NOT NULL,
        receipt TEXT,
        at TEXT,
        UNIQUE (frozen_id, subscriber_id),
        FOREIGN KEY (frozen_id, lang) REFERENCES messages (frozen_id, lang)
    ) STRICT
    """,
    # What is owed, in the order of (frozen_id, id); what is in hand; what waits. Each shrinks to nothing.
    "CREATE INDEX deliveries_pending ON deliveries (frozen_id) WHERE state = 0",
    "CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL",
    "CREATE INDEX deliveries_deferred ON deliveries (retry_at) WHERE retry_at IS NOT NULL",
    "CREATE INDEX frozen_by_channel ON frozen (channel)",
)

MIGRATIONS: tuple[Migration, ...] = (_create,)
