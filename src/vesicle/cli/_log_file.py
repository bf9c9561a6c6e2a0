"""The log as files: one a day, and none older than it is to be kept."""

import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_ENDING = ".log"


class DatedFile(logging.Handler):
    """Appends each line to the file of its day (UTC), and deletes files older than *keep*.

    `run` and `serve` may write to the same file: a line is one `write` at its end (O_APPEND). When the clock
    goes back, the file of that day is opened again. What cannot be written is told once on stderr, and
    stops nothing.
    """

    def __init__(self, folder: Path, *, keep: timedelta) -> None:
        super().__init__()
        self._folder = folder
        self._keep = keep
        self._day: date | None = None
        self._file = -1
        self._is_failing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            day = datetime.fromtimestamp(record.created, UTC).date()
            if day != self._day:
                self._turn_to(day)
            os.write(self._file, line)
            self._is_failing = False
        except OSError as error:
            self._tell(error)

    def close(self) -> None:
        """Close the file."""
        self.acquire()
        try:
            self._let_go()
        finally:
            self.release()
        super().close()

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._day = -1, None

    def _turn_to(self, day: date) -> None:
        self._let_go()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"vesicle-{day}{_ENDING}"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._day = day
        self._delete_before(day - self._keep)

    def _delete_before(self, oldest: date) -> None:
        for path in self._folder.glob(f"vesicle-????-??-??{_ENDING}"):
            with suppress(ValueError, OSError):
                if date.fromisoformat(path.stem.removeprefix("vesicle-")) < oldest:
                    path.unlink()

    def _tell(self, error: OSError) -> None:
        """Say on stderr that lines are lost; what logging itself would say holds the line's arguments."""
        if not self._is_failing and sys.stderr:
            with suppress(OSError, ValueError):
                print(f"log.unwritten error={error.strerror!r}", file=sys.stderr)  # noqa: T201 - the log is what fails
        self._is_failing = True
