"""Step 3: people by the hash of their address, what they agreed to, and who is never written to again."""

from sqlalchemy import Connection


def widen_audience(connection: Connection) -> None:
    """Make people known by a hash, which `key.bind_key` fills in, and keep consents and suppressions."""
    # Deliveries point at people. Within this transaction they may point at nobody for a while, and SQLite
    # looks up each pointer when its person is put back: the index spares it reading all of them each time.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql("CREATE INDEX step_3 ON deliveries (subscriber_id)")
    connection.exec_driver_sql("CREATE TEMP TABLE subscribers_2 AS SELECT * FROM subscribers")
    connection.exec_driver_sql("DROP TABLE subscribers")
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_CARRY_OVER)
    connection.exec_driver_sql("DROP TABLE temp.subscribers_2")
    connection.exec_driver_sql("DROP INDEX step_3")


# An id that is not 32 hexadecimal digits was never drawn by Vesicle, and no link was made with it.
_CARRY_OVER = """
    INSERT INTO subscribers
    SELECT id, coalesce(CASE length(public_id) WHEN 32 THEN unhex(public_id) END, randomblob(16)),
        email, NULL, status, language, name, '[]', '', '{}', NULL
    FROM temp.subscribers_2 ORDER BY id
"""

_TABLES = (
    # AUTOINCREMENT: the ledger outlives whoever is erased, so that an id must never be somebody else's.
    """
    CREATE TABLE subscribers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        public_id BLOB NOT NULL UNIQUE CHECK (length(public_id) = 16),
        email TEXT NOT NULL,
        hash BLOB UNIQUE CHECK (length(hash) = 16),
        status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
        language TEXT NOT NULL,
        name TEXT NOT NULL,
        topics TEXT NOT NULL CHECK (json_type(topics) = 'array'),
        zone TEXT NOT NULL,
        attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
        since TEXT
    ) STRICT
    """,
    """
    CREATE TABLE suppressions (
        hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 16),
        reason INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 3),
        at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE forms (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        wording TEXT NOT NULL,
        version TEXT NOT NULL,
        language TEXT NOT NULL,
        UNIQUE (source, wording, version, language)
    ) STRICT
    """,
    """
    CREATE TABLE consents (
        subscriber_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        event INTEGER NOT NULL CHECK (event BETWEEN 0 AND 4),
        at TEXT NOT NULL,
        form_id INTEGER NOT NULL REFERENCES forms (id),
        PRIMARY KEY (subscriber_id, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER consents_never_change BEFORE UPDATE ON consents
    BEGIN SELECT raise(ABORT, 'the consent log is only ever added to'); END
    """,
    # An INSERT OR REPLACE would not meet the other two.
    """
    CREATE TRIGGER consents_are_never_replaced BEFORE INSERT ON consents
    WHEN EXISTS (SELECT 1 FROM consents WHERE subscriber_id = new.subscriber_id AND number = new.number)
    BEGIN SELECT raise(ABORT, 'the consent log is only ever added to'); END
    """,
    """
    CREATE TRIGGER consents_stay_with_their_person BEFORE DELETE ON consents
    WHEN EXISTS (SELECT 1 FROM subscribers WHERE id = old.subscriber_id)
    BEGIN SELECT raise(ABORT, 'a consent goes only when its subscriber is erased'); END
    """,
    """
    CREATE TRIGGER forms_never_change BEFORE UPDATE ON forms
    BEGIN SELECT raise(ABORT, 'the consent log is only ever added to'); END
    """,
    """
    CREATE TABLE imports (
        name TEXT NOT NULL PRIMARY KEY,
        position INTEGER NOT NULL,
        line INTEGER NOT NULL,
        added INTEGER NOT NULL,
        known INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        report INTEGER NOT NULL,
        is_done INTEGER NOT NULL CHECK (is_done IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
