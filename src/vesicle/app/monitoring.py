"""What is told of the daemon, and to whom, as the settings say."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vesicle.model.errors import OutsideError, UserError
from vesicle.model.figures import Figures
from vesicle.model.problem import Problem
from vesicle.model.pulse import Pulse
from vesicle.pipeline.counts import Counts
from vesicle.pipeline.heartbeat import Heartbeat
from vesicle.pipeline.vigil import Vigil, Watchers
from vesicle.queue import health
from vesicle.queue.notify import Notifier

if TYPE_CHECKING:
    from vesicle.app import App

Slots = Callable[[], Mapping[str, int]]
"""Give how many slots there ever were, by how they ended: `done`, `missed`. Raises OutsideError."""


def vigil(app: "App", *, every: timedelta) -> Vigil:
    """Give the vigil of a daemon that starts now and ticks *every* so often.

    Raises UserError where the heartbeat is set up wrongly.
    """
    watchers = Watchers(
        notifier=Notifier(app.environ),
        keep=partial(health.write, app.root / health.FILE),
        beat=_heartbeat(app),
        clock=app.clock,
        seconds=time.monotonic,
    )
    now = app.clock()
    return Vigil(watchers, Pulse(started=now, last_sign=now, every=every))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reads the figures of a running daemon; what cannot be read at the moment is left out."""

    app: "App"
    vigil: Vigil
    counts: Counts
    slots: Slots

    def __call__(self) -> Figures:
        """Give the figures as they are now: one short question for each source, and no row is counted."""
        return Figures(
            pulse=self.vigil.pulse,
            ended=self.counts.read(),
            slots=self._slots(),
            sources=self._sources(),
            database_bytes=self._database_bytes(),
            free_bytes=self._free_bytes(),
        )

    def _slots(self) -> Mapping[str, int]:
        with suppress(OutsideError):
            return self.slots()
        return {}

    def _sources(self) -> Mapping[str, datetime]:
        with suppress(OutsideError):
            asked = [name for name, one in self.app.settings.sources.items() if one.enabled]
            found = {name: self.app.inbox.succeeded(name) for name in asked}
            return {name: at for name, at in found.items() if at}
        return {}

    def _database_bytes(self) -> int:
        """Give the size of the database with its write-ahead log, in bytes."""
        path = self.app.database_path
        there = (path, path.with_name(f"{path.name}-wal"))
        sizes = 0
        for one in there:
            with suppress(OSError):
                sizes += one.stat().st_size
        return sizes

    def _free_bytes(self) -> int:
        with suppress(OSError):
            return shutil.disk_usage(self.app.database_path.parent).free
        return 0


def _heartbeat(app: "App") -> Callable[[float], None]:
    """Give what calls the heartbeat's URL in a thread of its own; where none is set, nothing."""
    settings = app.settings.monitor
    if not settings.heartbeat_url:
        return lambda seconds: None
    url = _url(app, settings.heartbeat_url.removeprefix("env:"))
    beat = Heartbeat(partial(app.outside.reach, url), every=settings.heartbeat_minutes * 60, aside=_aside)
    return beat.beat


def _aside(work: Callable[[], None]) -> None:
    Thread(target=work, name="heartbeat", daemon=True).start()


def _url(app: "App", variable: str) -> str:
    """Give the URL that *variable* holds; raises UserError, which never quotes it, where it is none."""
    url = app.environ.get(variable, "")
    if not url:
        text, mend = f"the environment has no variable {variable}", f"set it: `export {variable}=https://…`"
        raise _refused(app, "no-variable", text, mend)
    if not _is_safe(url):
        text = f"{variable} is no URL that can be called"
        raise _refused(app, "wrong-value", text, "give it an https:// URL, or an http:// one of this machine")
    return url


def _is_safe(url: str) -> bool:
    try:
        read = urlsplit(url)
        host = read.hostname or ""
    except ValueError:
        return False
    is_loopback = host in ("localhost", "127.0.0.1", "::1")
    return bool(host) and (read.scheme == "https" or (read.scheme == "http" and is_loopback))


def _refused(app: "App", code: str, text: str, mend: str) -> UserError:
    where = app.config.place(("monitor", "heartbeat_url"))
    return UserError([Problem(code=f"config.{code}", text=text, where=where, mend=mend)])
