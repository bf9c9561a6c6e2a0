"""The step to an editor who is told by mail: what waits for that, and mails to who is no subscriber."""

from sqlalchemy import Connection


def tell_editor(connection: Connection) -> None:
    """Add what the editor is told, the digests of it, and the address that something frozen goes to."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS = (
    "ALTER TABLE frozen ADD COLUMN address TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE words (
        id INTEGER PRIMARY KEY,
        cause TEXT NOT NULL,
        about TEXT NOT NULL,
        state TEXT,
        told TEXT,
        heard INTEGER,
        word TEXT CHECK ((word IS NOT NULL) = (state IS NOT NULL AND state IS NOT told)),
        UNIQUE (cause, about)
    ) STRICT
    """,
    "CREATE INDEX words_untold ON words (id) WHERE word IS NOT NULL",
    # The last of these mails are looked at, to know what came back of one.
    "CREATE INDEX frozen_to_address ON frozen (id) WHERE address <> ''",
    "CREATE TABLE digests (number INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT",
)
