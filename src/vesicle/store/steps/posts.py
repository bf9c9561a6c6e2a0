"""The step to posts on networks: what channels note of one in hand, and how each was taken."""

from sqlalchemy import Connection


def keep_posts(connection: Connection) -> None:
    """Add what channels note, and what they count."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS = (
    """
    CREATE TABLE journal (
        frozen_id INTEGER PRIMARY KEY REFERENCES frozen (id),
        noted TEXT NOT NULL
    ) STRICT
    """,
    # The last count of each post; a number that the channel does not tell is NULL.
    """
    CREATE TABLE reactions (
        frozen_id INTEGER PRIMARY KEY REFERENCES frozen (id),
        at INTEGER NOT NULL,
        likes INTEGER,
        replies INTEGER,
        shares INTEGER,
        clicks INTEGER
    ) STRICT
    """,
)
