"""The report of an import: a CSV file of the lines that were refused, and why."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from vesicle.model.enrolment import Refusal
from vesicle.model.errors import TemporaryFailure, UserError

_HEADING = ("line", "reason")


class RefusalFile:
    """A report at *path*, as far on as the import it belongs to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = 0

    def begin(self, size: int) -> None:
        """Go on behind the first *size* bytes; the rest was never part of an account.

        Begins anew at 0, and where the file has become shorter. Raises UserError where it cannot be written.
        """
        self._size = size
        try:
            with self.path.open("ab") as file:
                if size == 0 or file.tell() < size:
                    self._size = 0
                file.truncate(self._size)
        except OSError as error:
            text = f"the report {self.path} cannot be written: {error.strerror}"
            raise UserError(text, mend="name another place: --report FILE") from error
        if self._size == 0:
            self._append([_HEADING])

    def write(self, refusals: Sequence[Refusal]) -> int:
        """Write refusals to the disk; give the size in bytes of the whole report.

        Raises TemporaryFailure when the disk refuses.
        """
        if refusals:
            self._append([(one.line, one.reason) for one in refusals])
        return self._size

    def _append(self, rows: Sequence[tuple[object, ...]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        data = text.getvalue().encode()
        try:
            with self.path.open("ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise TemporaryFailure(f"the report {self.path} cannot be written: {error.strerror}") from error
        self._size += len(data)
