from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.schedule.calendar import Calendar, moment

ZONES = ("Asia/Bangkok", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time has no zone


def test_every_thursday_is_the_next_thursday_in_the_newsletters_zone() -> None:
    calendar = Calendar.parse("every thursday at 09:00")
    assert calendar.next_after(utc(2026, 11, 22), "Asia/Bangkok") == wall(2026, 11, 26, 9, 0)


def test_the_moment_itself_is_past_so_the_next_week_is_given() -> None:
    calendar = Calendar.parse("Every  Thursday at 09:00")
    assert calendar.next_after(utc(2026, 11, 26, 2, 0), "Asia/Bangkok") == wall(2026, 12, 3, 9, 0)


def test_first_monday_of_the_month_skips_the_other_mondays() -> None:
    calendar = Calendar.parse("first monday of the month at 08:00")
    assert calendar.next_after(utc(2026, 11, 3), "UTC") == wall(2026, 12, 7, 8, 0)


def test_every_weekday_skips_the_weekend() -> None:
    calendar = Calendar.parse("every weekday at 07:30")
    assert calendar.next_after(utc(2026, 11, 27, 12), "UTC") == wall(2026, 11, 30, 7, 30)


@pytest.mark.parametrize(
    "words", ["", "thursday", "every thursday", "every 3 days at 09:00", "every day at 25:00"]
)
def test_other_words_are_refused_with_what_to_write(words: str) -> None:
    with pytest.raises(ValueError, match=r"\|.*(09:00|23:59)"):
        Calendar.parse(words)


def test_a_time_that_the_clock_skips_is_the_first_instant_after_the_gap() -> None:
    assert moment(wall(2026, 3, 29, 2, 30), "Europe/Berlin") == utc(2026, 3, 29, 1, 0)


def test_a_time_that_comes_twice_is_its_first_occurrence() -> None:
    assert moment(wall(2026, 10, 25, 2, 30), "Europe/Berlin") == utc(2026, 10, 25, 0, 30)


def test_half_an_hour_of_summer_time_is_no_trouble() -> None:
    assert moment(wall(2026, 10, 4, 2, 15), "Australia/Lord_Howe") == utc(2026, 10, 3, 15, 30)


@given(
    st.datetimes(min_value=wall(2000, 1, 1), max_value=wall(2037, 1, 1)).map(
        lambda at: at.replace(microsecond=0)
    ),
    st.sampled_from(ZONES),
)
def test_a_wall_time_that_exists_reads_back_and_none_is_more_than_a_gap_away(at: datetime, zone: str) -> None:
    read_back = moment(at, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert timedelta(0) <= read_back - at <= timedelta(hours=1)


@given(st.datetimes(min_value=wall(2020, 1, 1), max_value=wall(2035, 1, 1)), st.sampled_from(ZONES))
def test_a_daily_calendar_is_due_once_a_day_whatever_the_clock_does(at: datetime, zone: str) -> None:
    calendar = Calendar.parse("every day at 02:30")
    first = calendar.next_after(at.replace(tzinfo=UTC), zone)
    second = calendar.next_after(moment(first, zone), zone)
    assert second.date() - first.date() == timedelta(days=1)
