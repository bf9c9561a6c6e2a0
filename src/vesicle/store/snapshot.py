"""Copies of a whole database in one file: made while others write, and looked through before they count."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from vesicle.disk import sync_folder
from vesicle.model.backup import Backup
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.problem import Place, Problem
from vesicle.store.database import Database, damaged, driver
from vesicle.store.migrations import MIGRATIONS
from vesicle.store.provenance import MADE, begin_line, line

TABLES = ("subscribers", "consents", "suppressions", "frozen", "deliveries", "events", "papers")
"""Those whose rows are counted."""

PAGES = 2048
"""How many pages are copied between two words on how far it is: 8 MiB."""

Told = Callable[[int, int], None]
"""Hears how many pages were copied, and of how many."""


def back_up(
    database: Database, target: Path, *, now: datetime, told: Told = lambda done, total: None
) -> Backup:
    """Copy *database*, as it is at this moment, into the new file *target*, which is whole or not there.

    SQLite's backup begins anew whenever another process has written between two of its steps. Inside a
    transaction that reads it does not: all steps see the state of its first moment, and nobody waits.
    Raises UserError where *target* is there already or the database is damaged, TemporaryFailure where it
    cannot be written.
    """
    if target.exists():
        raise _is_there(target)
    with _rough(target) as rough:
        _name_line(database)
        with database.reading() as connection:
            held: Any = connection.connection.driver_connection
            rows = _count(held)
            _copy(held, rough, told)
        _sign(rough, now)
        made = look_through(rough)
        if made.rows != rows:
            raise damaged(rough, f"{dict(made.rows)} rows were copied of {dict(rows)}")
        _sync(rough)
        _publish(rough, target)
    return Backup(file=str(target), size=made.size, version=made.version, made=now, rows=rows)


def look_through(file: Path) -> Backup:
    """Read all of a copy; UserError where it is not whole, or no database of a Vesicle we know."""
    try:
        with closing(driver().connect(file, isolation_level=None)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            _check_kind(connection, file, version)
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            if said != ["ok"]:
                raise damaged(file, "; ".join(map(str, said)))
            rows, made = _count(connection), _made(connection)
    except driver().DatabaseError as error:
        raise damaged(file, str(error)) from error
    return Backup(file=str(file), size=file.stat().st_size, version=version, made=made, rows=rows)


def fold(file: Path) -> None:
    """Make the database *file* one file: what its log holds goes into it, and the log away.

    Raises TemporaryFailure where another process has it open, UserError where it is damaged.
    """
    with file.open("rb") as opened:
        # SQLite would throw away the log of what it cannot read.
        if opened.read(16) not in (b"", b"SQLite format 3\0"):
            raise damaged(file, "file is not a database")
    try:
        with closing(driver().connect(file, isolation_level=None, timeout=1)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except driver().OperationalError as error:
        raise _in_use(file, str(error)) from error
    except driver().DatabaseError as error:
        raise damaged(file, str(error)) from error
    if mode != "delete":
        raise _in_use(file, f"its journal stays {mode}")


def discard(file: Path) -> None:
    """Delete a database with all that SQLite keeps beside it."""
    for name in beside(file):
        name.unlink(missing_ok=True)


def beside(file: Path) -> Iterator[Path]:
    """Give the names that the parts of the database *file* may have."""
    yield from (file.with_name(f"{file.name}{part}") for part in ("", "-wal", "-shm", "-journal"))


@contextmanager
def _rough(target: Path) -> Iterator[Path]:
    """Give an empty file beside *target* for its owner alone, which is gone in the end."""
    rough = target.with_name(f".{target.name}.part")
    try:
        discard(rough)  # of one that was killed; the caller sees to it that there is no other
        os.close(os.open(rough, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield rough
    except OSError as error:
        raise TemporaryFailure(f"{target} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            discard(rough)


def _name_line(database: Database) -> None:
    """See to it that the copy can be told from one of another database."""
    with database.reading() as connection:
        is_named = bool(line(connection))
    if not is_named:
        with database.writing() as connection:
            begin_line(connection, anew=False)


def _copy(source: Any, rough: Path, told: Told) -> None:  # noqa: ANN401 - the driver's own type
    _check_room(source, rough)
    target = driver().connect(rough, isolation_level=None)
    try:
        # A copy that was not finished is worth nothing: it needs no journal, and one sync at its end.
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        source.backup(target, pages=PAGES, progress=lambda _, left, total: told(total - left, total))
    except driver().OperationalError as error:
        raise TemporaryFailure(f"{rough.parent} cannot be written: {error}") from error
    finally:
        target.close()


def _check_room(source: Any, rough: Path) -> None:  # noqa: ANN401 - the driver's own type
    pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if (free := shutil.disk_usage(rough.parent).free) < pages * size:
        text = f"{rough.parent} has no room: {pages * size:,} bytes are needed, {free:,} are free"
        raise TemporaryFailure(text)


def _sign(rough: Path, now: datetime) -> None:
    """Write into a copy when it was made, and that it is one file."""
    fold(rough)
    with closing(driver().connect(rough, isolation_level=None)) as connection:
        connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (MADE, now.isoformat()))


def _made(connection: Any) -> datetime | None:  # noqa: ANN401 - the driver's own type
    with suppress(driver().OperationalError):  # a version that had no settings
        row = connection.execute("SELECT value FROM settings WHERE name = ?", (MADE,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None
    return None


def _count(connection: Any) -> Mapping[str, int]:  # noqa: ANN401 - the driver's own type
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in TABLES
        if table in there
    }


def _check_kind(connection: Any, file: Path, version: int) -> None:  # noqa: ANN401 - the driver's own type
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not version or not {"subscribers", "frozen", "deliveries"} <= there:
        raise _wrong(file, "backup.foreign", "is no database of Vesicle", "name a file of `vesicle backup`")
    if version > len(MIGRATIONS):
        text = f"has version {version}, but this Vesicle knows versions up to {len(MIGRATIONS)}"
        raise _wrong(file, "database.newer", text, "install the Vesicle that wrote it, or a later one")


def _publish(rough: Path, target: Path) -> None:
    """Give a finished copy its name, unless somebody else was first."""
    try:
        os.link(rough, target)
    except FileExistsError as error:
        raise _is_there(target) from error
    except OSError:  # a file system without links
        if target.exists():
            raise _is_there(target) from None
        rough.rename(target)
    sync_folder(target.parent)


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _is_there(target: Path) -> UserError:
    return _wrong(target, "backup.there", "is there already", "name a new file, or a folder")


def _in_use(file: Path, why: str) -> TemporaryFailure:
    return TemporaryFailure(
        f"{file} is open in another process ({why}): stop `vesicle run`, `vesicle serve` and imports first"
    )


def _wrong(file: Path, code: str, text: str, mend: str) -> UserError:
    return UserError([Problem(code=code, text=f"{file.name} {text}", where=Place(file=str(file)), mend=mend)])
