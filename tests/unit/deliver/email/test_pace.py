"""Limits, as arithmetic: never more than the rate, the cap of a day, the plan; whatever the clock does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email.options import WarmUp
from vesicle.deliver.email.pace import UNLIMITED_RATE, Pace
from vesicle.model.meter import Meter

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
rates = st.floats(0.01, 5_000)
# Steps of a clock that goes on, in seconds: idle for long, or asked again at once.
steps = st.lists(st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 5_000)), min_size=1, max_size=60)


def granted(pace: Pace, times: list[datetime], *, meter: Meter | None = None) -> list[tuple[datetime, int]]:
    """What is granted to somebody who asks at each of *times*."""
    found = []
    for now in times:
        meter, grant = pace.reserve(meter, now)
        found.append((now, grant.count))
    return found


def walked(steps: list[float], start: datetime = NOW) -> list[datetime]:
    times = [start]
    for step in steps:
        times.append(times[-1] + timedelta(seconds=step))
    return times


@given(rate=rates, steps=steps)
def test_no_window_holds_more_than_its_rate_and_one_burst(rate: float, steps: list[float]) -> None:
    pace = Pace(rate=rate)
    found = granted(pace, walked(steps))
    for first, (start, _) in enumerate(found):
        total = 0
        for end, count in found[first:]:
            total += count
            # What is granted is used in the process within the next block: twice the block in all. Each
            # moment is rounded to a microsecond, and there are many.
            assert total <= rate * ((end - start).total_seconds() + 1e-4) + pace.burst / 2


@given(rate=rates, steps=steps)
def test_who_waits_as_long_as_told_is_granted_something(rate: float, steps: list[float]) -> None:
    pace, meter = Pace(rate=rate), None
    for now in walked(steps):
        meter, grant = pace.reserve(meter, now)
        if grant.count == 0:
            later = now + grant.wait + timedelta(milliseconds=1)
            meter, grant = pace.reserve(meter, later)
            assert grant.count > 0
            break


@given(rate=rates)
def test_asking_all_the_time_gives_nearly_the_whole_rate(rate: float) -> None:
    pace, meter, now, total = Pace(rate=rate), None, NOW, 0
    end = NOW + timedelta(seconds=200 / rate)
    while now < end:
        meter, grant = pace.reserve(meter, now)
        total += grant.count
        now += grant.wait + timedelta(microseconds=1)
    assert total >= 190


@given(cap=st.integers(1, 300), rate=st.one_of(st.just(0.0), rates), steps=steps)
def test_no_day_holds_more_than_its_cap(cap: int, rate: float, steps: list[float]) -> None:
    counts: dict[date, int] = {}
    for now, count in granted(Pace(rate=rate, per_day=cap), walked([step * 40 for step in steps])):
        counts[now.date()] = counts.get(now.date(), 0) + count
    assert max(counts.values()) <= cap


def test_a_cap_that_is_reached_says_so_until_midnight_in_utc() -> None:
    pace, meter = Pace(per_day=3), None
    meter, grant = pace.reserve(meter, NOW)
    assert grant.count == 3
    meter, grant = pace.reserve(meter, NOW)
    assert (grant.count, grant.is_day, grant.wait) == (0, True, timedelta(hours=22))
    meter, grant = pace.reserve(meter, NOW + grant.wait)
    assert grant.count == 3


def test_what_was_not_sent_counts_for_the_day_again() -> None:
    pace = Pace(per_day=10)
    meter, grant = pace.reserve(None, NOW)
    meter, _ = pace.returned(meter, NOW, count=grant.count - 4)
    assert meter.count == 4
    assert pace.reserve(meter, NOW)[1].count == 6


@given(rate=rates, restarts=st.lists(st.integers(0, 50), max_size=5))
def test_a_killed_process_wastes_a_block_and_exceeds_nothing(rate: float, restarts: list[int]) -> None:
    """What a process was granted and did not use is lost; the meter alone goes on."""
    pace, meter, total, used = Pace(rate=rate), None, 0, 0
    for use in restarts:
        meter, grant = pace.reserve(meter, NOW)
        used += min(use, grant.count)
        total += grant.count
    assert used <= total <= pace.burst / 2


@given(back=st.floats(1, 10**6), rate=rates)
def test_a_clock_put_back_neither_locks_nor_opens(back: float, rate: float) -> None:
    pace = Pace(rate=rate)
    meter, _ = pace.reserve(None, NOW)
    earlier = NOW - timedelta(seconds=back)
    meter, grant = pace.reserve(meter, earlier)
    assert grant.count <= pace.burst / 2
    waits = 0
    while grant.count == 0 and waits < 5:
        earlier += grant.wait + timedelta(milliseconds=1)
        meter, grant = pace.reserve(meter, earlier)
        waits += 1
    assert grant.count > 0


def test_a_clock_put_back_over_midnight_does_not_give_the_day_twice() -> None:
    pace = Pace(per_day=5)
    meter, _ = pace.reserve(None, NOW)
    meter, grant = pace.reserve(meter, NOW - timedelta(days=1))
    assert grant.count == 0
    assert pace.reserve(meter, NOW)[1].count == 0


def test_a_warm_up_grows_by_the_day_up_to_the_cap() -> None:
    pace = Pace(per_day=500, warm_up=WarmUp(start=date(2026, 11, 26), first=100, growth=2))
    days = [date(2026, 11, day) for day in (20, 26, 27, 28, 29)]
    assert [pace.cap(day) for day in days] == [100, 100, 200, 400, 500]
    alone = Pace(warm_up=WarmUp(start=date(2000, 1, 1), first=50, growth=9))
    assert alone.cap(date(2026, 1, 1)) == 10**9


def test_halving_is_remembered_and_wears_off_with_the_mails_that_go_out() -> None:
    pace = Pace(rate=100)
    meter, factor = pace.halved(None, NOW)
    assert factor == 0.5
    meter, factor = pace.halved(meter, NOW)
    assert factor == 0.25
    now = NOW
    # A quarter grows to a half, and a half to all of it, in some seven minutes each.
    while now < NOW + timedelta(minutes=7):
        meter, grant = pace.reserve(meter, now)
        now += grant.wait
    assert abs(meter.factor - 0.5) < 0.02
    while now < NOW + timedelta(minutes=15):
        meter, grant = pace.reserve(meter, now)
        now += grant.wait
    assert meter.factor == 1
    for _ in range(20_000):
        meter, factor = pace.halved(meter, now)
    assert factor > 0
    assert pace.reserve(meter, now + timedelta(days=1))[1].count > 0


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_a_server_without_a_rate_is_free_until_it_asks_for_less(factor: float) -> None:
    meter = Meter(free_at=NOW, day=NOW.date(), factor=factor)
    assert Pace().is_free(meter) is (factor == 1)
    assert not Pace(per_day=1).is_free(meter)
    found = granted(Pace(), walked([0.1] * 100), meter=meter)
    assert sum(count for _, count in found) <= UNLIMITED_RATE * (factor + 0.1) * 10 + 100
