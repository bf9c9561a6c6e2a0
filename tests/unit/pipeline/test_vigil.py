"""Who hears of the daemon, and when."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.model.pulse import Lane, Pulse
from vesicle.pipeline.vigil import Vigil, Watchers
from vesicle.queue.notify import Notifier
from vesicle.testing.clock import FixedClock

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)


class Desk:
    """A vigil, and all that it tells."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(NOW)
        self.seconds = 0.0
        self.kept: list[Pulse] = []
        self.beats: list[float] = []
        self.is_full = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": str(folder / "notify")})
        watchers = Watchers(
            notifier=notifier,
            keep=self._keep,
            beat=self.beats.append,
            clock=self.clock,
            seconds=lambda: self.seconds,
        )
        pulse = Pulse(started=NOW, every=timedelta(seconds=10), last_sign=NOW)
        self.vigil = Vigil(watchers, pulse)

    def _keep(self, pulse: Pulse) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.kept.append(pulse)

    def forward(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.forward(timedelta(seconds=seconds))

    def heard(self) -> list[str]:
        words = []
        while True:
            try:
                words.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return words

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def test_a_tick_is_told_to_everybody(desk: Desk) -> None:
    desk.forward(10)
    lanes = {"letter": Lane(open_slots=2), "posts": Lane(next_slot=NOW + timedelta(hours=1))}
    desk.vigil.ticked(lanes, generation=3)
    assert desk.heard() == ["WATCHDOG=1", "STATUS=2 open slots, next 2026-11-26 03:00 UTC"]
    assert desk.kept == [desk.vigil.pulse]
    assert desk.beats == [10.0]
    pulse = desk.vigil.pulse
    assert (pulse.last_tick, pulse.last_good_tick, pulse.last_sign) == (desk.clock.at,) * 3
    assert (pulse.generation, pulse.lanes) == (3, lanes)


def test_after_a_tick_that_failed_nobody_elsewhere_is_called_until_one_is_good(desk: Desk) -> None:
    desk.vigil.ticked({})
    desk.forward(10)
    desk.vigil.ticked({}, error="TemporaryFailure")
    desk.forward(10)
    desk.vigil.working()
    assert desk.beats == [0.0]
    pulse = desk.vigil.pulse
    assert (pulse.last_error, pulse.last_good_tick) == ("TemporaryFailure", NOW)
    assert pulse.last_tick == NOW + timedelta(seconds=10)
    assert "STATUS=0 open slots, the last tick ended with TemporaryFailure" in desk.heard()
    desk.vigil.ticked({})
    assert desk.beats == [0.0, 20.0]


def test_within_a_long_tick_a_sign_is_given_every_few_seconds(desk: Desk) -> None:
    desk.vigil.ready()
    for _ in range(100):
        desk.forward(0.1)
        desk.vigil.working()
    assert desk.heard().count("WATCHDOG=1") == 2
    assert desk.vigil.pulse.is_alive(desk.clock.at)
    assert desk.vigil.pulse.last_tick is None


def test_start_reload_and_stop_are_told_in_their_order(desk: Desk) -> None:
    desk.vigil.ready()
    desk.forward(1.5)
    desk.vigil.reloading()
    desk.vigil.ready()
    desk.vigil.stopping()
    assert [one for one in desk.heard() if one != "WATCHDOG=1"] == [
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=1500000",
        "READY=1",
        "STOPPING=1",
        "STATUS=Finishing what is in hand",
    ]


def test_a_health_file_that_cannot_be_written_is_logged_once_and_stops_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.is_full = True
    for _ in range(3):
        desk.vigil.ticked({})
    assert caplog.messages == ["health.unwritten error=No space left on device"]
    desk.is_full = False
    desk.vigil.ticked({})
    assert len(desk.kept) == 1
