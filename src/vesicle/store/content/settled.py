"""The content folder as a program may act on it: whole, and with no file being written."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vesicle.model.content import Content
from vesicle.ports import Clock
from vesicle.store.content.folder import ContentFolder

QUIET = timedelta(seconds=1)
"""How long no file may have changed: editors and git write a file in much less."""

Stamp = tuple[tuple[str, int, int], ...]
"""Path, time of change (nanoseconds) and size of every file."""


class SettledContent:
    """Reads *folder* in *root* again when its files have changed."""

    def __init__(self, folder: ContentFolder, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._stamp: Stamp | None = None
        self._content: Content | None = None

    @property
    def stamp(self) -> Stamp | None:
        """Give what tells the files that were read last from others; None before the first."""
        return self._stamp

    def __call__(self, now: datetime) -> Content | None:
        """Give what the files say, the same object while they say the same; None while one is written."""
        before = stamp(self._root / "content")
        if before == self._stamp:
            return self._content
        if _is_being_written(before, now):
            return None
        found = self._folder.read()
        if stamp(self._root / "content") != before:
            return None
        self._stamp, self._content = before, found
        return found


def settle(content: SettledContent, clock: Clock, wait: Callable[[float], None]) -> bool:
    """Wait until no file is being written, for five seconds at most; tell whether that came about."""
    for _ in range(50):
        if content(clock()) is not None:
            return True
        wait(0.1)
    return False


def stamp(folder: Path) -> Stamp:
    """Give what tells whether anything below *folder* has changed; files of a dot are nobody's content."""
    return tuple(sorted(_files(folder)))


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            found = [one for one in entries if not one.name.startswith(".")]
    except OSError:
        return
    for entry in found:
        if entry.is_dir():
            yield from _files(Path(entry.path))
        else:
            yield from _file(entry)


def _file(entry: "os.DirEntry[str]") -> Iterator[tuple[str, int, int]]:
    try:
        known = entry.stat()
    except OSError:  # it went away meanwhile, which is a change as well
        return
    yield entry.path, known.st_mtime_ns, known.st_size


def _is_being_written(found: Stamp, now: datetime) -> bool:
    latest = max((changed for _, changed, _ in found), default=0)
    return abs(now - datetime.fromtimestamp(latest / 1e9, UTC)) < QUIET
