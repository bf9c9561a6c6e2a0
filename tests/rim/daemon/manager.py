"""Stands for the service manager that a daemon tells how it is (sd_notify(3))."""

import queue
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

SECONDS = 60.0
"""How long to wait for a word before the test has failed."""
_TICKED = "STATUS="
"""What is said last at the end of a tick, and while stopping."""


class Manager:
    """Hears what the services say that are started with its *environ*."""

    def __init__(self) -> None:
        # The kernel takes names of 107 bytes (unix(7)), and the folders of tests have longer ones.
        self._folder = TemporaryDirectory()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._name = str(Path(self._folder.name) / "notify")
        self._socket.bind(self._name)
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._name)
        self._thread.join()
        self._socket.close()
        self._folder.cleanup()

    @property
    def environ(self) -> Mapping[str, str]:
        """Give what makes a process that starts now speak to it."""
        return {"NOTIFY_SOCKET": self._name}

    def tick(self) -> None:
        """Wait until a tick has ended that had not when this was called; AssertionError where none does."""
        while not self._heard.empty():
            self._heard.get()
        try:
            while not self._heard.get(timeout=SECONDS).startswith(_TICKED):
                pass
        except queue.Empty:
            raise AssertionError("the loop is silent") from None

    def _hear(self) -> None:
        while said := self._socket.recv(4096).decode():
            self._heard.put(said)
