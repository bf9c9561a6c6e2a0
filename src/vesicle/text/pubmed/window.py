import re
from collections.abc import Iterable

from vesicle.model.errors import PermanentFailure, TemporaryFailure

MOST = 8 * 1024 * 1024
"""The longest record that is read, in bytes; the longest known is under 1 MB (thousands of authors)."""

_LEAST = 64 * 1024
_SPACES = re.compile(rb"[ \t\r\n]*")


class Window:
    """What is read of a file and not yet taken: at most about twice `MOST`, and one chunk."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._data = b""
        self._at = 0

    def starts(self, prefix: bytes) -> bool:
        """Tell whether what follows starts with *prefix*."""
        while len(self._data) - self._at < len(prefix):
            if not self._more():
                return False
        return self._data.startswith(prefix, self._at)

    def drop(self, size: int) -> None:
        """Drop *size* bytes that `starts` has seen."""
        self._at += size

    def skip_spaces(self) -> bool:
        """Go to the next byte that is not white space; False where the file ends before."""
        while True:
            found = _SPACES.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return True
            if not self._more():
                return False

    def until(self, end: re.Pattern[bytes]) -> bytes:
        """Take everything up to and with the next match of *end*.

        Raises TemporaryFailure where the file ends before, PermanentFailure beyond `MOST`.
        """
        while not (found := end.search(self._data, self._at)):
            self._refuse_long(len(self._data) - self._at)
            if not self._more():
                raise TemporaryFailure("the PubMed XML is cut off: it ends inside an element")
        self._refuse_long(found.end() - self._at)
        taken = self._data[self._at : found.end()]
        self._at = found.end()
        return taken

    def _refuse_long(self, size: int) -> None:
        if size > MOST:
            raise PermanentFailure(
                f"a record of the PubMed XML is longer than {MOST >> 20} MB; it is not read"
            )

    def _more(self) -> bool:
        """Read on until there is twice as much as before; False at the end of the file."""
        rest = self._data[self._at :]
        parts, size = [rest], 0
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            # Twice as much each time, so that a long record is searched and copied a few times only.
            if size >= max(_LEAST, len(rest)):
                break
        self._data = b"".join(parts)
        self._at = 0
        return size > 0
