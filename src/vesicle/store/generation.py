"""Tells a database from an older copy of itself that was put back in its place."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, select, update

from vesicle.disk import sync_folder
from vesicle.model.errors import DiskFailure, TemporaryFailure
from vesicle.store.database import Database
from vesicle.store.tables import generation


class Generation:
    """Counts commits in the database and in a file beside it, which a backup of the database lacks.

    The file is written after each commit and before anybody hears of the commit, so that it is never ahead,
    unless the database is an older copy. It is not waited for: a power cut takes both back together.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = Path(f"{database.path}.generation")
        self._number = 0
        self._file: int | None = None

    def start(self, *, when_restored: Callable[[Connection], None]) -> None:
        """Open a sender's run; call *when_restored*, in a transaction, where the database is an older copy.

        A database that has sent before and lacks its file was copied from elsewhere, which is the same.
        Raises TemporaryFailure where the file cannot be written.
        """
        try:
            seen = self._seen()
            with self._database.writing() as connection:
                number = connection.execute(select(generation.c.number)).scalar_one()
                if number and (seen is None or seen > number):
                    when_restored(connection)
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
            os.pwrite(self._file, b"%020d" % number, 0)

    def _open(self, number: int) -> None:
        """Open the file with *number* in it, so that it is there after a power cut."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self._note(number)
        os.fsync(self._file)
        sync_folder(self._path.parent)

    def _seen(self) -> int | None:
        with suppress(OSError, ValueError):
            return int(self._path.read_bytes())
        return None
