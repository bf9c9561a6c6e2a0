"""Clocks that other processes are made to believe in: one that runs fast, and one that is put.

libfaketime, loaded into a process, answers for the system whenever that is asked for the time. What measures
how long something takes (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stays true, as it does when a real clock is put.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from vesicle.queue.clock import now


def library() -> Path | None:
    """Give the library that fakes the time; None where it is not installed, or not for this system."""
    found = find_spec("libfaketime")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("vendor/libfaketime/src/libfaketime.so.1"), None)


needs_faketime = pytest.mark.skipif(library() is None, reason="libfaketime is not there")


class Faked(ABC):
    """What time it is for the processes that are started with it."""

    @abstractmethod
    def __call__(self) -> datetime:
        """Give the time (UTC) by this clock."""

    @abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Give what makes a process that starts now go by this clock."""

    def _environ(self, **more: str) -> Mapping[str, str]:
        # Times of files stay true, as they would where the clock alone is wrong.
        usual = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        return {"LD_PRELOAD": str(library()), **usual, **more}


class Fast(Faked):
    """A clock that showed *start* when it was made, and runs *rate* times as fast as it should."""

    def __init__(self, start: datetime, *, rate: int) -> None:
        self._start = start
        self._rate = rate
        self._made = now()

    def __call__(self) -> datetime:
        return self._start + (now() - self._made) * self._rate

    def environ(self) -> Mapping[str, str]:
        # A process counts from its own start: each is told what the time is then, to a few of our
        # milliseconds. `%s` is seconds since 1970, which no time zone changes.
        return self._environ(FAKETIME=f"@{int(self().timestamp())} x{self._rate}", FAKETIME_FMT="%s")


class Put(Faked):
    """A clock that runs as it should, and is put from outside while processes run; *file* says to where."""

    def __init__(self, file: Path, at: datetime) -> None:
        self._file = file
        self._ahead = timedelta(0)
        self.put(at)

    def __call__(self) -> datetime:
        return now() + self._ahead

    def put(self, at: datetime) -> None:
        """Let it be *at* (UTC) now, for all that run and all that start."""
        self._ahead = at - now()
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{self._ahead.total_seconds():+.6f}")
        draft.replace(self._file)

    def jump(self, by: timedelta) -> None:
        """Put it forward, or back."""
        self.put(self() + by)

    def environ(self) -> Mapping[str, str]:
        return self._environ(FAKETIME_TIMESTAMP_FILE=str(self._file), FAKETIME_NO_CACHE="1")
