"""Tells whoever watches the daemon that it lives: systemd, the health file, the heartbeat, the metrics."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from vesicle.model.pulse import Lane, Pulse
from vesicle.ports import Clock
from vesicle.queue.notify import Notifier

_log = logging.getLogger(__name__)

SIGN_SECONDS = 5.0
"""Within a long tick, the time between two signs of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchers:
    """Who is told: systemd; *keep*, which writes the health file or raises OSError; *beat*, for elsewhere.

    *seconds* is a clock that never goes back (CLOCK_MONOTONIC), which *beat* is handed.
    """

    notifier: Notifier
    keep: Callable[[Pulse], None]
    beat: Callable[[float], None]
    clock: Clock
    seconds: Callable[[], float]


class Vigil:
    """The pulse of the daemon.

    Only the loop itself may call what gives a sign of life: another thread would hide that it hangs.
    """

    def __init__(self, watchers: Watchers, pulse: Pulse) -> None:
        self._watchers = watchers
        self._pulse = pulse
        self._lock = Lock()
        self._last_sign = watchers.seconds()
        self._is_unwritable = False

    @property
    def pulse(self) -> Pulse:
        """Give how the daemon is; safe from any thread."""
        with self._lock:
            return self._pulse

    def ready(self) -> None:
        """Tell that the daemon has started, or has read its configuration again."""
        self._sign()
        self._watchers.notifier.ready()

    def reloaded(self) -> None:
        """Tell that the configuration of before stays; from any thread, and so no sign of life."""
        self._watchers.notifier.ready()

    def reloading(self) -> None:
        """Tell that the configuration is read again; `ready` ends it, whether the new one is taken or not."""
        self._watchers.notifier.reloading(int(self._watchers.seconds() * 1_000_000))

    def stopping(self) -> None:
        """Tell that what is in hand is finished, and then it ends."""
        self._watchers.notifier.stopping()
        self._watchers.notifier.status("Finishing what is in hand")

    def ticked(self, lanes: Mapping[str, Lane], *, error: str = "", generation: int = 1) -> None:
        """Tell that a tick has ended: with *error*, the name of its class, or well where it is empty."""
        now = self._watchers.clock()
        good = self.pulse.last_good_tick if error else now
        self._sign(
            last_tick=now, last_good_tick=good, last_error=error, lanes=dict(lanes), generation=generation
        )
        self._watchers.notifier.status(_status(self.pulse))

    def working(self) -> None:
        """Tell that a tick goes on, as between two mails; cheap, and told on every few seconds only."""
        if self._watchers.seconds() - self._last_sign >= SIGN_SECONDS:
            self._sign()

    def _sign(self, **changes: object) -> None:
        """Give a sign of life, with what has changed."""
        self._last_sign = self._watchers.seconds()
        with self._lock:
            self._pulse = replace(self._pulse, last_sign=self._watchers.clock(), **changes)  # type: ignore[arg-type]  # names and types are those of Pulse
        self._watchers.notifier.alive()
        self._keep()
        if not self.pulse.last_error:
            self._watchers.beat(self._last_sign)

    def _keep(self) -> None:
        try:
            self._watchers.keep(self.pulse)
        except OSError as error:
            if not self._is_unwritable:
                _log.warning("health.unwritten error=%s", error.strerror or type(error).__name__)
            self._is_unwritable = True
        else:
            self._is_unwritable = False


def _status(pulse: Pulse) -> str:
    slots = sum(lane.open_slots for lane in pulse.lanes.values())
    following = min((lane.next_slot for lane in pulse.lanes.values() if lane.next_slot), default=None)
    words = [f"{slots} open slot{'' if slots == 1 else 's'}"]
    words += [f"next {following:%Y-%m-%d %H:%M} UTC"] if following else []
    words += [f"the last tick ended with {pulse.last_error}"] if pulse.last_error else []
    return ", ".join(words)
