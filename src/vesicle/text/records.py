"""CSV from a stream of bytes: each record with its place, or with what is wrong with it.

Whatever the bytes are, nothing is raised and nothing is passed over: a record that cannot be read is given
with its fault, and the next line is read for itself.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST = 65_536
"""The most bytes of a record."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: the *line* it begins on, its *cells*, or its *fault* where they are of no use.

    The next record begins at byte *end*, on line *next_line*.
    """

    line: int
    cells: tuple[str, ...]
    end: int
    next_line: int
    fault: str = ""


def records(file: BinaryIO, *, position: int = 0, line: int = 1) -> Iterator[Record]:
    """Yield the records of RFC 4180 from byte *position*, where line *line* begins; empty lines are left out.

    *file* can be sought in. A byte order mark at its top is no part of the first cell.
    """
    file.seek(position)
    if position == 0:
        if file.read(len(_BOM)) == _BOM:
            position = len(_BOM)
        file.seek(position)
    while (record := _next(file, position, line)) is not None:
        if record.end != file.tell():
            file.seek(record.end)
        position, line = record.end, record.next_line
        if record.cells or record.fault:
            yield record


def _next(file: BinaryIO, position: int, line: int) -> Record | None:
    lines = _Lines(file)
    try:
        cells = next(csv.reader(lines, strict=True), None)
    except csv.Error as error:
        fault = lines.fault or (CARRIAGE_RETURN if "new-line" in str(error) else MALFORMED)
        # What is malformed says nothing of where it ends: only its first line is given up.
        return Record(line=line, cells=(), end=position + lines.first, next_line=line + 1, fault=fault)
    if cells is None:
        return None
    fault = _fault(cells) if lines.count == 1 else SEVERAL_LINES
    return Record(
        line=line,
        cells=tuple(cells),
        end=position + lines.read,
        next_line=line + lines.count,
        fault=fault,
    )


MALFORMED = "a quotation mark is not closed, or stands where none may be"
CARRIAGE_RETURN = "it holds a carriage return"
SEVERAL_LINES = "a field goes over several lines"
TOO_LONG = f"it is longer than {LONGEST:,} bytes"
NOT_UTF8 = "it is not in UTF-8"
NUL = "it holds a NUL byte"


def _fault(cells: list[str]) -> str:
    text = "".join(cells)
    if text.isascii():
        return NUL if "\0" in text else ""
    if any("\udc80" <= character <= "\udcff" for character in text):
        return NOT_UTF8
    return NUL if "\0" in text else ""


class _Lines:
    """The lines that one record takes, as text; bytes that are no UTF-8 as lone surrogates."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.first = 0
        self.read = 0
        self.count = 0
        self.fault = ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LONGEST + 1)
        if not raw:
            raise StopIteration
        if len(raw) + self.read > LONGEST:
            self._give_up(raw)
        self.read += len(raw)
        self.count += 1
        if self.count == 1:
            self.first = self.read
        return raw.decode(errors="surrogateescape")

    def _give_up(self, raw: bytes) -> None:
        """Raise csv.Error; the first line, where it is the one too long, is read to its end."""
        if self.count == 0:
            self.fault = TOO_LONG
            self.first = len(raw)
            while not raw.endswith(b"\n") and (raw := self._file.readline(LONGEST)):
                self.first += len(raw)
        raise csv.Error
