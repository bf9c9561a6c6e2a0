"""A rate limit that all processes of a machine keep together, with nothing between them but a folder."""

from collections.abc import Callable
from math import ceil
from pathlib import Path

from vesicle.model.errors import PermanentFailure

SLACK = 0.1
"""Seconds that a process may wake late and still use its slot."""
KEPT = 60.0
"""Seconds after which a slot that is past is removed."""


class Slots:
    """Numbered slots of time, each held by whoever made its file first.

    At most *per_second* slots are used in any second: the first and the last of one more than that stand
    a second apart, even when the first wakes late by `SLACK`. One folder is for one rate. *clock* gives
    seconds that all processes agree on (`time.time`), *wait* sleeps.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        per_second: float,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._folder = Path(folder)
        self._length = (1 + SLACK) / per_second
        self._clock, self._wait = clock, wait

    def take(self) -> None:
        """Take the first free slot from now on and return when it has begun.

        Raises PermanentFailure where the folder cannot be written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_past()
            while not self._used(self._first_free()):
                pass
        except OSError as error:
            raise PermanentFailure(f"{self._folder} cannot be written to: {error.strerror}") from error

    def _first_free(self) -> int:
        number = ceil(self._clock() / self._length)
        while not self._made(number):
            number += 1
        return number

    def _made(self, number: int) -> bool:
        try:
            with (self._folder / str(number)).open("x"):
                return True
        except FileExistsError:
            return False

    def _used(self, number: int) -> bool:
        """Wait until slot *number* begins; False: it was slept through, and the next one is near."""
        begin = number * self._length
        while (left := begin - self._clock()) > 0:
            self._wait(left)
        return left >= -SLACK

    def _remove_past(self) -> None:
        # A slot is removed long after any process could still count it as its own: `take` looks at the clock
        # again once it holds one.
        oldest = (self._clock() - KEPT) / self._length
        for path in self._folder.iterdir():
            if path.name.isdecimal() and int(path.name) < oldest:
                path.unlink(missing_ok=True)
