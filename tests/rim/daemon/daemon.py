"""A process of `vesicle run`, started and stopped as a system does it."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGHUP, SIGKILL, SIGTERM
from typing import IO, Self

from tests.rim.daemon.faketime import Faked
from tests.rim.daemon.site import KEY

VESICLE = str(Path(sys.executable).with_name("vesicle"))
SECONDS = 30.0
"""How long to wait for a line before the test has failed."""
READY = "Looking every"
STANDS_BY = "standing by"

Hear = Callable[[str], None]


class Daemon:
    """A `vesicle run` in the folder *root* by *clock*; each line it says is kept, *hear* is told of it."""

    def __init__(
        self,
        root: Path,
        clock: Faked | None = None,
        *,
        hear: Hear = lambda line: None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.lines: list[str] = []
        self._hear = hear
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        usual = {"PATH": os.environ["PATH"], "HOME": str(root), "VESICLE_KEY": KEY, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [VESICLE, "run", "--every", "1"],
            cwd=root,
            env={**usual, "TZ": "UTC", **(environ or {}), **(clock.environ() if clock else {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self._thread = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def said(self) -> str:
        """Give all it has said."""
        return "\n".join(self.lines)

    def until(self, words: str, *, times: int = 1) -> str:
        """Wait for a line with *words* in it that nobody has waited for yet; give the last of so many."""
        left = times
        while True:
            try:
                line = self._told.get(timeout=SECONDS)
            except queue.Empty:
                raise AssertionError(f"{words!r} was not said, but:\n{self.said}") from None
            left -= words in line
            if not left:
                return line

    def hang_up(self) -> None:
        """Ask it to read its settings again."""
        self.process.send_signal(SIGHUP)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self._end(SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        return self._end(SIGTERM)

    def _end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self._thread.join(SECONDS)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.lines.append(line.rstrip("\n"))
            self._told.put(self.lines[-1])
            self._hear(self.lines[-1])
