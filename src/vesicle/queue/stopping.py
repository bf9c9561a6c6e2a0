"""Ctrl-C and SIGTERM as a request to finish what is in hand, SIGHUP as one to read the settings again."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

_ENDING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_when_asked() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; the second ends the process at once."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        for one in _ENDING:
            signal.signal(one, signal.SIG_DFL)
        asked.set()

    with _handling(dict.fromkeys(_ENDING, ask)):
        yield asked


@contextmanager
def heard_again() -> Iterator[threading.Event]:
    """Give an event that each SIGHUP sets, where the system has that signal."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    hangup = getattr(signal, "SIGHUP", None)
    with _handling({hangup: ask} if hangup is not None else {}):
        yield asked


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Callable[[int, FrameType | None], Any]]) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
