"""Imports that can be killed at any instant and started again, and imports that change nothing."""

import sqlite3
from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.enrolment import Enrolment, People, Settle
from vesicle.model.errors import UserError
from vesicle.store.database import Database
from vesicle.store.identity import address_hash
from vesicle.store.subscribers.adding import add_people, judge, known, suppressed
from vesicle.store.tables import imports

# Measured with a million people: three times as much is not faster, and is missed on a small server.
CACHE_KIB = 8_000
# A page that several chunks change is then copied into the database once, not after each of them.
CHECKPOINT_PAGES = 10_000


class SqlImport:
    """One import called *name*, with its account in the same transactions as its people.

    *name* is the same for the same file with the same options, and for no other.
    """

    def __init__(self, database: Database, *, key: bytes, name: str) -> None:
        self._database = database
        self._key = key
        self._name = name
        self._account = Enrolment()

    def begin(self) -> Enrolment:
        """Give the account of where it was stopped; an empty one when it is new or was done."""
        with self._database.reading() as connection:
            self._account = self._stored(connection)
        return Enrolment() if self._account.is_done else self._account

    def take(self, people: People, settle: Settle) -> None:
        """Add people and write down what *settle* gives, in one durable transaction.

        Raises UserError when the same import goes on in another process.
        """
        with self._database.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            if self._stored(connection) != self._account:
                mend = "wait until it has ended"
                raise UserError("the same import is running in another process", mend=mend)
            account = settle(add_people(connection, self._key, people))
            self._store(connection, account)
        self._account = account

    def _stored(self, connection: Connection) -> Enrolment:
        columns = [column for column in imports.c if column.name != "name"]
        row = connection.execute(select(*columns).where(imports.c.name == self._name)).one_or_none()
        return Enrolment(**row._mapping) if row else Enrolment()

    def _store(self, connection: Connection, account: Enrolment) -> None:
        values = {name: getattr(account, name) for name in Enrolment.__slots__}
        row = insert(imports).values(name=self._name, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


class Rehearsal:
    """An import that tells what would become of everybody, and changes nothing.

    It notes in a temporary file whom it has seen, so that a second line of a person counts as known.
    """

    def __init__(self, database: Database, *, key: bytes) -> None:
        self._database = database
        self._key = key
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (hash BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID")

    def begin(self) -> Enrolment:
        """Begin at the top of the file."""
        return Enrolment()

    def take(self, people: People, settle: Settle) -> None:
        """Tell *settle* what would become of people."""
        hashes = [address_hash(self._key, person.email) for person, _ in people]
        with self._database.reading() as connection:
            told = judge(
                hashes,
                known=known(connection, hashes) | self._known(hashes),
                suppressed=suppressed(connection, hashes),
            )
        settle(told)

    def close(self) -> None:
        """Drop the temporary file."""
        self._seen.close()

    def _known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Give those of *hashes* that came in an earlier chunk, and note the others."""
        one = "SELECT 1 FROM seen WHERE hash = ?"
        before = {digest for digest in hashes if self._seen.execute(one, (digest,)).fetchone()}
        new = sorted(set(hashes) - before)
        self._seen.execute("BEGIN")
        self._seen.executemany("INSERT INTO seen VALUES (?)", ((digest,) for digest in new))
        self._seen.execute("COMMIT")
        return before
