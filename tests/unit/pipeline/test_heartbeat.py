"""The call that somebody elsewhere waits for."""

from collections.abc import Callable

import httpx
import pytest

from vesicle.model.errors import TemporaryFailure
from vesicle.pipeline.heartbeat import Heartbeat

URL = "https://hc.example/ping/t0ken"


class Elsewhere:
    """Somebody who can be away, and counts calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_away = False

    def __call__(self) -> None:
        self.calls += 1
        if self.is_away:
            raise TemporaryFailure(f"{URL} could not be read") from httpx.ConnectTimeout("")


def at_once(work: Callable[[], None]) -> None:
    work()


def test_it_calls_at_once_and_then_when_it_is_time() -> None:
    elsewhere = Elsewhere()
    heart = Heartbeat(elsewhere, every=300, aside=at_once)
    for seconds in (1000, 1010, 1299, 1300, 1310, 1600):
        heart.beat(seconds)
    assert elsewhere.calls == 3


def test_it_does_not_call_while_the_call_before_is_on_its_way() -> None:
    elsewhere, waiting = Elsewhere(), list[Callable[[], None]]()
    heart = Heartbeat(elsewhere, every=1, aside=waiting.append)
    heart.beat(0)
    heart.beat(100)
    assert len(waiting) == 1
    waiting.pop()()
    heart.beat(200)
    assert len(waiting) == 1


def test_a_failure_is_logged_once_while_it_lasts_and_never_with_the_url(
    caplog: pytest.LogCaptureFixture,
) -> None:
    elsewhere = Elsewhere()
    heart = Heartbeat(elsewhere, every=1, aside=at_once)
    with caplog.at_level("INFO", "vesicle"):
        for seconds, is_away in enumerate([False, True, True, False, False, True]):
            elsewhere.is_away = is_away
            heart.beat(seconds * 10)
    failed = "heartbeat.failed error=ConnectTimeout"
    assert caplog.messages == [failed, "heartbeat.answered-again", failed]
    assert "t0ken" not in caplog.text
