"""Ctrl-C and SIGTERM as a request to finish what is in hand, SIGHUP as one to read the settings again."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_ENDING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a daemon was asked for: to *stop*, to read its settings *again*; *woken* is set with either."""

    stop: threading.Event = field(default_factory=threading.Event)
    again: threading.Event = field(default_factory=threading.Event)
    woken: threading.Event = field(default_factory=threading.Event)

    def ask_again(self) -> None:
        """Ask for the settings to be read again."""
        self.again.set()
        self.woken.set()


@contextmanager
def stop_when_asked() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; the second ends the process at once."""
    with _handling(_stopping(asked := Asked())):
        yield asked.stop


@contextmanager
def hearing() -> Iterator[Asked]:
    """Give what the process is asked for: by Ctrl-C or SIGTERM to stop, by SIGHUP to read settings again."""
    asked = Asked()

    def again(number: int, frame: FrameType | None) -> None:
        asked.ask_again()

    hangup = getattr(signal, "SIGHUP", None)  # there is none on Windows
    with _handling(_stopping(asked) | ({hangup: again} if hangup is not None else {})):
        yield asked


def _stopping(asked: Asked) -> dict[signal.Signals, Callable[[int, FrameType | None], None]]:
    def ask(number: int, frame: FrameType | None) -> None:
        for one in _ENDING:
            signal.signal(one, signal.SIG_DFL)
        asked.stop.set()
        asked.woken.set()

    return dict.fromkeys(_ENDING, ask)


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
