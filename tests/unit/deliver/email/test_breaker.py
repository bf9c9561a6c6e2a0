"""When a server is left alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email.breaker import Breaker
from vesicle.model.errors import PermanentFailure, TemporaryFailure

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
REFUSED = PermanentFailure("550 go away")
AWAY = TemporaryFailure("could not be reached")


def test_a_refusal_opens_it_at_once_for_longer_each_time() -> None:
    breaker, now, waits = Breaker(), NOW, []
    for _ in range(6):
        breaker = breaker.tripped(REFUSED, now)
        assert breaker.is_open(now)
        assert breaker.error is REFUSED
        assert breaker.until
        waits.append((breaker.until - now) / timedelta(minutes=1))
        now = breaker.until
        assert not breaker.is_open(now)
    assert waits == [1, 5, 15, 60, 60, 60]


def test_the_third_fault_in_a_row_opens_it() -> None:
    breaker = Breaker().faulted(AWAY, NOW).faulted(AWAY, NOW)
    assert not breaker.is_open(NOW)
    assert breaker.faulted(AWAY, NOW).is_open(NOW)
    assert not breaker.worked(NOW).faulted(AWAY, NOW).is_open(NOW)


def test_an_open_one_is_not_closed_by_a_mail_that_was_under_way() -> None:
    breaker = Breaker().tripped(REFUSED, NOW)
    assert breaker.worked(NOW).is_open(NOW)
    later = NOW + timedelta(minutes=1)
    assert breaker.worked(later) == Breaker()


@given(st.lists(st.sampled_from(["trip", "fault", "work", "wait"]), max_size=40))
def test_it_is_never_open_for_more_than_an_hour(events: list[str]) -> None:
    breaker, now = Breaker(), NOW
    for event in events:
        if event == "trip":
            breaker = breaker.tripped(AWAY, now)
        elif event == "fault":
            breaker = breaker.faulted(AWAY, now)
        elif event == "work":
            breaker = breaker.worked(now)
        else:
            now += timedelta(minutes=2)
        assert not breaker.is_open(now + timedelta(hours=1))
