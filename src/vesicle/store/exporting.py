"""Writes tables of personal data as CSV."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from vesicle.model.errors import TemporaryFailure


def write_rows(to: Path | TextIO, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write *rows* below *heading* as a stream; give how many there were.

    A file is made for its owner alone. Raises TemporaryFailure when it cannot be written.
    """
    if not isinstance(to, Path):
        return _write(to, heading, rows)
    try:
        with open(to, "w", encoding="utf-8", newline="", opener=_for_owner) as file:
            return _write(file, heading, rows)
    except OSError as error:
        raise TemporaryFailure(f"{to} cannot be written: {error.strerror}") from error


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _write(file: TextIO, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    writer, written = csv.writer(file, lineterminator="\n"), 0
    writer.writerow(heading)
    for row in rows:
        writer.writerow(row)
        written += 1
    return written
