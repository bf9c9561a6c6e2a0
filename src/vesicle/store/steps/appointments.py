"""The step to slots that are kept in the database, and posts that wait for theirs."""

from sqlalchemy import Connection


def keep_appointments(connection: Connection) -> None:
    """Add timetables with their slots, and the order of waiting posts."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS = (
    """
    CREATE TABLE timetables (
        name TEXT NOT NULL PRIMARY KEY,
        rule TEXT NOT NULL,
        zone TEXT NOT NULL,
        upto INTEGER NOT NULL,
        following INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE slots (
        name TEXT NOT NULL,
        due INTEGER NOT NULL,
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
        what TEXT NOT NULL,
        why TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        retry_at INTEGER,
        PRIMARY KEY (name, due)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX slots_open ON slots (due) WHERE state = 0",
    "ALTER TABLE frozen ADD COLUMN pinned INTEGER",
    # Posts of one channel go out in the order of rank, then of their number.
    "ALTER TABLE frozen ADD COLUMN rank INTEGER NOT NULL DEFAULT 0",
    # When a person let it go on: what came before is known to them.
    "ALTER TABLE frozen ADD COLUMN resumed_at INTEGER",
    # A wall-clock time that each reader has in their own zone, and the zone of those who have none.
    "ALTER TABLE frozen ADD COLUMN wall TEXT",
    "ALTER TABLE frozen ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC'",
)
