"""The steps by which a database comes to its present shape. A step that was released never changes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.store.steps.appointments import keep_appointments
from vesicle.store.steps.audience import widen_audience
from vesicle.store.steps.ledger import shrink_ledger
from vesicle.store.steps.posts import keep_posts
from vesicle.store.steps.readers import welcome_readers
from vesicle.store.steps.words import tell_editor
from vesicle.text.identity import title_key

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


def _widen_inbox(connection: Connection) -> None:
    """Keep papers as whole records with all their names, and what was decided, told and harvested."""
    for table in ("papers", "candidates"):
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_1")
    for statement in _INBOX_TABLES:
        connection.exec_driver_sql(statement)
    old = connection.exec_driver_sql("SELECT * FROM papers_1 ORDER BY id").mappings().all()
    _insert(connection, "papers", [_paper_2(row) for row in old])
    # An identity was one paper's alone; any other name that two papers share is left to the first.
    _insert(connection, "names", [{"name": row["identity"], "paper_id": row["id"]} for row in old])
    _insert(connection, "names", [name for row in old for name in _other_names(row)])
    connection.exec_driver_sql(
        "INSERT INTO candidates SELECT paper_id, found, state, '', NULL FROM candidates_1"
    )
    for table in ("candidates", "papers"):
        connection.exec_driver_sql(f"DROP TABLE {table}_1")


def _insert(connection: Connection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        statement = f"INSERT OR IGNORE INTO {table} ({', '.join(rows[0])}) VALUES ({marks})"
        connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])


def _paper_2(row: Mapping[Any, Any]) -> dict[str, object]:
    same = ("source", "title", "url", "pmid", "doi", "journal", "published", "year", "seen")
    record = {name: row[name] for name in same if row[name]} | {
        "id": row["source_id"],
        "title": row["title"],
        "url": row["url"],
        "authors": json.loads(row["authors"]),
        "abstract": json.loads(row["abstract"]),
    }
    return {
        "id": row["id"],
        "pmid": row["pmid"],
        "doi": row["doi"].lower(),
        "title_key": title_key(row["title"]),
        "source": row["source"],
        "seen": row["seen"],
        "record": json.dumps(record, ensure_ascii=False),
        "links": "[]",
    }


def _other_names(row: Mapping[Any, Any]) -> Iterator[dict[str, object]]:
    if row["doi"]:
        yield {"name": f"doi:{row['doi'].lower()}", "paper_id": row["id"]}
    yield {"name": f"{row['source']}:{row['source_id']}", "paper_id": row["id"]}


_INBOX_TABLES = (
    """
    CREATE TABLE papers (
        id INTEGER PRIMARY KEY,
        pmid TEXT NOT NULL,
        doi TEXT NOT NULL,
        title_key TEXT NOT NULL,
        source TEXT NOT NULL,
        seen TEXT,
        changed TEXT,
        score REAL CHECK ((score IS NULL) = (judgement IS NULL)),
        standing INTEGER CHECK (standing BETWEEN 0 AND 6 AND (standing IS NULL) = (judgement IS NULL)),
        record TEXT NOT NULL,
        judgement TEXT,
        links TEXT NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX papers_by_pmid ON papers (pmid) WHERE pmid <> ''",
    "CREATE INDEX papers_by_doi ON papers (doi)",
    "CREATE INDEX papers_by_title ON papers (title_key)",
    """
    CREATE TABLE names (
        name TEXT NOT NULL PRIMARY KEY,
        paper_id INTEGER NOT NULL REFERENCES papers (id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX names_by_paper ON names (paper_id)",
    """
    CREATE TABLE mentions (
        paper_id INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
        pmid TEXT NOT NULL,
        PRIMARY KEY (paper_id, pmid)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX mentions_by_pmid ON mentions (pmid)",
    """
    CREATE TABLE candidates (
        paper_id INTEGER PRIMARY KEY REFERENCES papers (id) ON DELETE CASCADE,
        found TEXT NOT NULL,
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
        because TEXT NOT NULL,
        decided TEXT
    ) STRICT
    """,
    "CREATE INDEX candidates_by_state ON candidates (state)",
    """
    CREATE TABLE flags (
        paper_id INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
        standing INTEGER NOT NULL CHECK (standing BETWEEN 0 AND 6),
        at TEXT NOT NULL,
        PRIMARY KEY (paper_id, standing)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE harvests (id INTEGER PRIMARY KEY, source TEXT NOT NULL, at TEXT NOT NULL, "
    "harvest TEXT NOT NULL) STRICT",
    "CREATE INDEX harvests_by_source ON harvests (source, id)",
)

MIGRATIONS: tuple[Migration, ...] = (
    _create,
    _widen_inbox,
    widen_audience,
    shrink_ledger,
    welcome_readers,
    keep_appointments,
    tell_editor,
    keep_posts,
)
