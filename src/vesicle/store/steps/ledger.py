"""The step to a ledger of small rows: one for each delivery, found by issue and person."""

from sqlalchemy import Connection


def shrink_ledger(connection: Connection) -> None:
    """Key deliveries by issue and person instead of by text; what was decided of them stays."""
    for table in ("deliveries", "frozen"):
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_3")
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    for statement in _MOVES:
        connection.exec_driver_sql(statement)
    # Messages refer to frozen by its name, which the new table has taken over.
    connection.exec_driver_sql("ALTER TABLE messages RENAME TO messages_3")
    connection.exec_driver_sql(_MESSAGES)
    connection.exec_driver_sql("INSERT INTO messages SELECT id, frozen_id, lang, message FROM messages_3")
    for table in ("deliveries_3", "messages_3", "frozen_3"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    for statement in _INDEXES:
        connection.exec_driver_sql(statement)


_MESSAGES = """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        frozen_id INTEGER NOT NULL REFERENCES frozen (id),
        lang TEXT NOT NULL,
        message TEXT NOT NULL,
        UNIQUE (frozen_id, lang)
    ) STRICT
    """

_TABLES = (
    """
    CREATE TABLE frozen (
        id INTEGER PRIMARY KEY,
        slug TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL,
        hash TEXT NOT NULL,
        gate INTEGER NOT NULL CHECK (gate BETWEEN 0 AND 4),
        is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
        start INTEGER,
        give_up INTEGER
    ) STRICT
    """,
    # No foreign key to subscribers: that somebody was owed an issue outlives them, as a bare number.
    """
    CREATE TABLE deliveries (
        frozen_id INTEGER NOT NULL REFERENCES frozen (id),
        subscriber_id INTEGER NOT NULL,
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
        attempts INTEGER NOT NULL,
        lease INTEGER CHECK ((lease IS NOT NULL) = (state IN (1, 2, 6))),
        retry_at INTEGER CHECK ((retry_at IS NOT NULL) = (state = 4)),
        at INTEGER,
        reason TEXT,
        PRIMARY KEY (frozen_id, subscriber_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE receipts (
        id INTEGER PRIMARY KEY,
        frozen_id INTEGER NOT NULL REFERENCES frozen (id),
        subscriber_id INTEGER NOT NULL,
        said TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE leases (token INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT",
    "CREATE TABLE meters (name TEXT NOT NULL PRIMARY KEY, meter TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE generation (number INTEGER NOT NULL) STRICT",
    "INSERT INTO generation VALUES (0)",
)

_MOVES = (
    "INSERT INTO frozen SELECT id, slug, channel, hash, 0, 1, NULL, NULL FROM frozen_3",
    # What was in hand is owed again or unknown: its holder cannot come back with a token of the old kind.
    """
    INSERT INTO deliveries
    SELECT frozen_id, coalesce(subscriber_id, 0),
           CASE state WHEN 1 THEN 0 WHEN 2 THEN 6 ELSE state END,
           attempts,
           CASE WHEN state IN (2, 6) THEN 0 END,
           CASE WHEN retry_at IS NOT NULL THEN unixepoch(retry_at) END,
           unixepoch(at), nullif(reason, '')
    FROM deliveries_3 ORDER BY frozen_id, subscriber_id
    """,
    """
    INSERT INTO receipts (frozen_id, subscriber_id, said)
    SELECT frozen_id, coalesce(subscriber_id, 0), receipt
    FROM deliveries_3 WHERE receipt IS NOT NULL ORDER BY id
    """,
)

# What is owed, in order, with all that a take reads of it (else SQLite prefers the primary key); what is in
# hand or unknown; what waits. Each but the unknown shrinks to nothing.
_INDEXES = (
    "CREATE INDEX deliveries_pending ON deliveries (frozen_id, subscriber_id, attempts) WHERE state = 0",
    "CREATE INDEX deliveries_leased ON deliveries (lease) WHERE lease IS NOT NULL",
    "CREATE INDEX deliveries_deferred ON deliveries (retry_at) WHERE retry_at IS NOT NULL",
    "CREATE INDEX frozen_open ON frozen (channel) WHERE is_open = 1",
)
