"""A SQLite file, opened safely: a library without known faults, durable commits, short transactions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import sleep
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from vesicle.model.errors import DiskFailure, TemporaryFailure, UserError, VesicleError
from vesicle.model.problem import Place, Problem
from vesicle.store.migrations import MIGRATIONS, Migration, migrate
from vesicle.store.moves import SETTING_UP

# Longer than the longest write: to freeze a million people takes about 40 seconds.
BUSY_SECONDS = 60
OLDEST_SAFE = (3, 51, 3)
DRIVERS = ("sqlite3", "pysqlite3")


class Database:
    """One SQLite file. Whoever wants to write waits up to a minute for whoever writes."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(vesicle_writes=True)
        # Threads of this process queue up here; SQLite's own waiting for a lock polls.
        self._turn = Lock()
        self._driver: PoolProxiedConnection | None = None

    @property
    def path(self) -> Path:
        """Give the path of the file."""
        return Path(str(self._reader.url.database))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and changes nothing."""
        with _named_failures(self._reader), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is alone in writing; durable at its end, undone by an exception.

        Raises TemporaryFailure when others write for too long or the disk refuses.
        """
        with self._turn, _named_failures(self._writer), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def driving(self) -> Iterator[Any]:
        """Give the driver's own connection while nobody else of this process writes.

        It has no transaction open. Whatever is written outside of one is a transaction of its own. Raises
        TemporaryFailure like `writing`.
        """
        with self._turn, _named_failures(self._writer):
            if self._driver is None:
                self._driver = self._writer.raw_connection()
                for statement in SETTING_UP:
                    self._driver.cursor().execute(statement)
            yield self._driver.driver_connection

    def check(self) -> None:
        """See that the file is whole; raises UserError, which points to a backup, where it is not."""
        try:
            with self.reading() as connection:
                said = list(connection.exec_driver_sql("PRAGMA quick_check(1)").scalars())
        except DiskFailure as error:
            raise damaged(self.path, str(error)) from error
        if said != ["ok"]:
            raise damaged(self.path, "; ".join(map(str, said)))

    def close(self) -> None:
        """Close every connection."""
        if self._driver is not None:
            self._driver.close()
        self._reader.dispose()


def open_database(path: str, *, steps: Sequence[Migration] = MIGRATIONS) -> Database:
    """Open the database at *path*, made if need be for its owner alone, and carry it up by *steps*.

    Raises UserError when there is no safe SQLite library, when the file cannot be opened or is no
    database, and when it is newer than the program; TemporaryFailure when a step fails.
    """
    file = Path(path).absolute()
    engine = _engine(file, driver())
    database = Database(engine)
    try:
        _make(file)
        engine.connect().close()
        migrate(database.writing, steps)
    except (OSError, DatabaseError) as error:
        database.close()
        raise _unusable(file, error) from error
    except VesicleError:
        database.close()
        raise
    return database


def driver() -> ModuleType:
    """Give the SQLite library to use; raises UserError where there is no safe one."""
    return import_module(choose_driver(_installed()))


@contextmanager
def looking_into(path: Path) -> Iterator[Any]:
    """Open the file at *path* as it is, to read alone; raises UserError where it cannot be read."""
    driver = import_module(choose_driver(_installed()))
    try:
        with closing(driver.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except driver.DatabaseError as error:
        raise _unusable(path, error) from error


def choose_driver(found: Iterable[tuple[str, str]]) -> str:
    """Give the first of *found* (module name, version of its SQLite library) that is safe to write with.

    Raises UserError when none is. SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode that
    several connections write and checkpoint (the WAL-reset bug, mended in 3.51.3 of 2026-03-13).
    """
    drivers = tuple(found)
    for name, version in drivers:
        if tuple(int(part) for part in version.split(".")) >= OLDEST_SAFE:
            return name
    problem = Problem(
        code="database.library",
        text="no safe SQLite library: found "
        + ", ".join(f"{version} in {name}" for name, version in drivers),
        where=Place(file="vesicle"),
        mend="pip install 'pysqlite3>=0.6.1', or use a Python that carries SQLite 3.51.3 or later",
        why="SQLite 3.7.0 to 3.51.2 can corrupt a database that several connections write (WAL-reset bug)",
    )
    raise UserError([problem])


def _installed() -> Iterator[tuple[str, str]]:
    for name in DRIVERS:
        try:
            yield name, import_module(name).sqlite_version
        except ImportError:
            continue


def _engine(file: Path, driver: ModuleType) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        module=driver,
        connect_args={"timeout": BUSY_SECONDS},
        max_overflow=-1,
        hide_parameters=True,  # an error that is logged must not carry addresses
    )
    event.listen(engine, "connect", _preparing(driver.OperationalError))
    event.listen(engine, "begin", _begin)
    return engine


def _preparing(locked: type[Exception]) -> Callable[[DBAPIConnection, ConnectionPoolEntry], None]:
    """Give what is done to every new connection; *locked* is what the driver raises for a locked file."""

    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not BEGIN by itself
        _to_wal(connection, locked)
        # Erased is erased: from the moment a person comes in, no page keeps a stale copy of their row.
        # Temporary tables may be as large as the list of people: some wheels would keep them in memory.
        pragmas = ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "temp_store = FILE")
        for pragma in pragmas:
            connection.cursor().execute(f"PRAGMA {pragma}")

    return prepare


def _to_wal(connection: DBAPIConnection, locked: type[Exception]) -> None:
    # SQLite does not wait for others while a new file changes to WAL, whatever the timeout is
    # (seen with eight processes at once): who comes second tries again, for five seconds.
    for pause in (*[0.02] * 250, None):
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except locked:
            if pause is None:
                raise
            sleep(pause)


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote in between.
    writes = connection.get_execution_options().get("vesicle_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)


@contextmanager
def _named_failures(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise TemporaryFailure(f"{engine.url.database}: {error.orig}") from error
    except engine.dialect.loaded_dbapi.OperationalError as error:
        raise TemporaryFailure(f"{engine.url.database}: {error}") from error
    except (DatabaseError, engine.dialect.loaded_dbapi.DatabaseError) as error:
        # Every other kind of error of a database is a class of its own below this one.
        if type(error) not in (DatabaseError, engine.dialect.loaded_dbapi.DatabaseError):
            raise
        cause = getattr(error, "orig", None) or error
        raise DiskFailure(f"{engine.url.database}: {cause}: restore it from a backup") from error


def damaged(file: Path, what: str) -> UserError:
    """Give the error that says of a database that it is not whole."""
    problem = Problem(
        code="database.damaged",
        text=f"the database is damaged: {what}",
        where=Place(file=str(file)),
        mend="restore it from a backup",
    )
    return UserError([problem])


def _unusable(file: Path, error: Exception) -> UserError:
    cause = getattr(error, "orig", None) or error
    problem = Problem(
        code="database.open",
        text=f"cannot be opened as a database: {cause}",
        where=Place(file=str(file)),
        mend="name a file on a local disk that you may write, or restore it from a backup",
    )
    return UserError([problem])
