"""The other side, on loopback: postfix's `smtp-sink`, and a proxy that puts a round trip before it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
PROXY = Path(__file__).parent / "proxy.py"
START_SECONDS = 10
COUNTED_SECONDS = 5


def program(name: str) -> str | None:
    """Give the path of a program of Debian's postfix, which is not on everybody's PATH; None without it."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


class Sink:
    """`smtp-sink` on a free port inside a `with`; counts the mails it takes, and keeps them if told."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.port = _free_port()
        self._keeps = keeps
        self._folder = TemporaryDirectory()
        self._counted = Path(self._folder.name, "counters")
        self._kept = Path(self._folder.name, "kept")

    def __enter__(self) -> Self:
        with self._counted.open("wb") as counters:
            self._process = subprocess.Popen(self._command(), stdout=counters)
        _until_open(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stop(self._process)
        self._folder.cleanup()

    def received(self, expected: int) -> int:
        """Count the mails that were taken, waiting a little for *expected* of them."""
        _wait(lambda: self._count() >= expected, COUNTED_SECONDS)
        return self._count()

    def kept(self) -> Iterator[bytes]:
        """Yield the mails that were kept, lines ended by LF, behind what the sink notes in `X-` fields."""
        for path in sorted(self._kept.iterdir()):
            yield path.read_bytes()

    def _count(self) -> int:
        with self._counted.open("rb") as file:
            file.seek(max(0, self._counted.stat().st_size - 200))
            _, found, count = file.read().rstrip(b"\r").rpartition(b"mesg=")
        return int(count) if found and count.isdigit() else 0

    def _command(self) -> list[str]:
        name = program("smtp-sink")
        if name is None:
            raise SystemExit("smtp-sink is not installed: it is in Debian's postfix")
        command = [name, "-c", "-m", "256"]
        if os.geteuid() == 0:
            command += ["-u", "nobody"]
        if self._keeps:
            # It writes as another user where it was started as root.
            Path(self._folder.name).chmod(0o711)
            self._kept.mkdir()
            self._kept.chmod(0o777)
            command += ["-d", f"{self._kept}/mail."]
        return [*command, f"{HOST}:{self.port}", "256"]


class Proxy:
    """A relay to *port* of this machine that delays each way by half of *milliseconds*, inside a `with`."""

    def __init__(self, port: int, *, milliseconds: float) -> None:
        self.port = _free_port()
        delay = str(milliseconds / 2000)
        self._command = [sys.executable, str(PROXY), str(self.port), str(port), delay]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command)
        _until_open(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stop(self._process)


def round_trip(port: int, *, times: int = 20) -> float:
    """Give the median milliseconds that an SMTP server at *port* takes to answer NOOP."""
    took = []
    with socket.create_connection((HOST, port), timeout=START_SECONDS) as connection:
        replies = connection.makefile("rb")
        replies.readline()
        for _ in range(times):
            start = time.perf_counter()
            connection.sendall(b"NOOP\r\n")
            replies.readline()
            took.append(time.perf_counter() - start)
    return sorted(took)[times // 2] * 1000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _until_open(port: int) -> None:
    if not _wait(lambda: _is_open(port), START_SECONDS):
        raise SystemExit(f"nothing listens on port {port} after {START_SECONDS} seconds")


def _is_open(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait(is_so: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
