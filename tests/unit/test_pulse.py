"""When the daemon counts as alive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.pulse import Pulse

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
PULSE = Pulse(started=NOW, every=timedelta(seconds=10), last_sign=NOW)


@pytest.mark.parametrize(("seconds", "is_alive"), [(0, True), (119, True), (120, False), (86_400, False)])
def test_two_minutes_of_silence_are_too_long(seconds: int, is_alive: bool) -> None:
    assert PULSE.is_alive(NOW + timedelta(seconds=seconds)) is is_alive


def test_with_long_ticks_it_is_three_of_them() -> None:
    slow = replace(PULSE, every=timedelta(minutes=5))
    assert slow.is_alive(NOW + timedelta(minutes=14))
    assert not slow.is_alive(NOW + timedelta(minutes=15))


def test_a_clock_that_was_put_back_does_not_let_the_dead_look_alive() -> None:
    assert PULSE.is_alive(NOW - timedelta(seconds=60))
    assert not PULSE.is_alive(NOW - timedelta(hours=2))


def test_a_tick_that_failed_is_no_death() -> None:
    assert replace(PULSE, last_error="TemporaryFailure").is_alive(NOW)
