"""The step to readers who come and go by themselves, notices, and what comes back."""

from sqlalchemy import Connection


def welcome_readers(connection: Connection) -> None:
    """Add what readers choose, what they ask for, policies of what is frozen, and events."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS = (
    "ALTER TABLE subscribers ADD COLUMN frequency INTEGER NOT NULL DEFAULT 0 CHECK (frequency IN (0, 1))",
    "ALTER TABLE subscribers ADD COLUMN paused_until TEXT",
    # The number of the last confirmation mail, and of the last one that counts no more.
    "ALTER TABLE subscribers ADD COLUMN asked INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE subscribers ADD COLUMN settled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE frozen ADD COLUMN series TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE frozen ADD COLUMN at INTEGER",
    "ALTER TABLE frozen ADD COLUMN policy INTEGER NOT NULL DEFAULT 0 CHECK (policy IN (0, 1))",
    # A bit for each status that is written to; 2 is `confirmed` alone.
    "ALTER TABLE frozen ADD COLUMN reaches INTEGER NOT NULL DEFAULT 2",
    "ALTER TABLE frozen ADD COLUMN why TEXT NOT NULL DEFAULT ''",
    # The last event that a person knew of who let it go on.
    "ALTER TABLE frozen ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX frozen_by_series ON frozen (series, at) WHERE series <> ''",
    """
    CREATE TABLE asks (
        id INTEGER PRIMARY KEY,
        purpose INTEGER NOT NULL CHECK (purpose IN (0, 1)),
        email TEXT NOT NULL,
        domain TEXT NOT NULL,
        network BLOB NOT NULL,
        language TEXT NOT NULL,
        topics TEXT NOT NULL CHECK (json_type(topics) = 'array'),
        frequency INTEGER NOT NULL CHECK (frequency IN (0, 1)),
        form_id INTEGER NOT NULL REFERENCES forms (id),
        at TEXT NOT NULL,
        settled INTEGER,
        is_owed INTEGER NOT NULL CHECK (is_owed IN (0, 1)),
        CHECK (settled IS NULL OR email = '')
    ) STRICT
    """,
    "CREATE INDEX asks_open ON asks (id) WHERE settled IS NULL",
    "CREATE INDEX asks_by_network ON asks (network, settled) WHERE is_owed = 1",
    "CREATE INDEX asks_by_domain ON asks (domain, settled) WHERE is_owed = 1",
    "CREATE INDEX asks_settled ON asks (settled) WHERE settled IS NOT NULL",
    "CREATE TABLE wordings (hash TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE departures (id INTEGER PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL) STRICT",
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        name BLOB NOT NULL UNIQUE CHECK (length(name) = 16),
        type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 8),
        source TEXT NOT NULL,
        at INTEGER NOT NULL,
        frozen_id INTEGER REFERENCES frozen (id),
        subscriber_id INTEGER,
        is_permanent INTEGER NOT NULL CHECK (is_permanent IN (0, 1)),
        code TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT
    """,
    # What failed is looked for when a bounce would be; the latest that is known tells from where on.
    "CREATE INDEX deliveries_failed ON deliveries (at) WHERE state = 5",
    "CREATE INDEX events_refused ON events (at) WHERE source = 'smtp'",
    "CREATE INDEX events_by_frozen ON events (frozen_id, type) WHERE frozen_id IS NOT NULL",
    "CREATE INDEX events_by_subscriber ON events (subscriber_id) WHERE subscriber_id IS NOT NULL",
)
