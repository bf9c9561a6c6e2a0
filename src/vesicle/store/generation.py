"""Tells a database from an older copy of itself that was put back in its place."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, select, update

from vesicle.disk import sync_folder
from vesicle.model.errors import DiskFailure, TemporaryFailure
from vesicle.store.database import Database
from vesicle.store.provenance import begin_line
from vesicle.store.tables import generation


class Generation:
    """Counts commits in the database and in a file beside it, which a backup of the database lacks.

    The file is written after each commit and before anybody hears of the commit, so that it is never ahead,
    unless the database is an older copy. It is not waited for: a power cut takes both back together.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = beside(database.path)
        self._number = 0
        self._file: int | None = None

    def start(self, *, when_restored: Callable[[Connection], None]) -> None:
        """Open a sender's run; call *when_restored*, in a transaction, where the database is an older copy.

        A database that has sent before and lacks its file was copied from elsewhere, which is the same.
        Raises TemporaryFailure where the file cannot be written.
        """
        try:
            seen = read_number(self._path)
            with self._database.writing() as connection:
                number = count(connection)
                is_older = bool(number) and (seen is None or seen > number)
                if is_older:
                    when_restored(connection)
                begin_line(connection, anew=is_older)
                # There before the number is: else a kill in between would look like a copy from elsewhere.
                self._open(number if seen is None else seen)
                self._number = max(number, seen or 0) + 1
                connection.execute(update(generation).values(number=self._number))
            self._note(self._number)
        except OSError as error:
            raise TemporaryFailure(f"{self._path} cannot be written: {error.strerror}") from error

    @property
    def following(self) -> int:
        """Give the number of the next commit; 0 where nothing is counted, because no run was opened."""
        return 0 if self._file is None else self._number + 1

    def advance(self) -> None:
        """Count a commit in the file, once it is durable; DiskFailure where that cannot be written."""
        if self._file is None:
            return
        self._number += 1
        try:
            self._note(self._number)
        except OSError as error:
            raise DiskFailure(f"{self._path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, number: int) -> None:
        if self._file is not None:
            os.pwrite(self._file, _digits(number), 0)

    def _open(self, number: int) -> None:
        """Open the file with *number* in it, so that it is there after a power cut."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self._note(number)
        os.fsync(self._file)
        sync_folder(self._path.parent)


def beside(database: Path) -> Path:
    """Give the path of the file that counts the commits of *database*."""
    return Path(f"{database}.generation")


def count(connection: Connection) -> int:
    """Give how many commits of senders a database has seen."""
    return int(connection.execute(select(generation.c.number)).scalar_one())


def read_number(file: Path) -> int | None:
    """Give the number in *file*; None where there is none."""
    with suppress(OSError, ValueError):
        return int(file.read_bytes())
    return None


def write_number(file: Path, number: int) -> None:
    """Put *number* into *file*, so that it is there after a power cut."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(opened, _digits(number), 0)
        os.fsync(opened)
    finally:
        os.close(opened)
    sync_folder(file.parent)


def _digits(number: int) -> bytes:
    # Always as many, so that a write replaces the number before it whole.
    return b"%020d" % number
