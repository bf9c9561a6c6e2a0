from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.schedule.calendar import calendar, moment

ZONES = ("Asia/Bangkok", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time has no zone


def next_wall(words: str, zone: str, *, after: datetime) -> datetime:
    return next(calendar(words).after(after, zone)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def test_every_thursday_is_the_next_thursday_in_the_newsletters_zone() -> None:
    assert next_wall("every thursday at 09:00", "Asia/Bangkok", after=utc(2026, 11, 22)) == wall(
        2026, 11, 26, 9, 0
    )


def test_the_moment_itself_is_past_so_the_next_week_is_given() -> None:
    assert next_wall("Every  Thursday at 09:00", "Asia/Bangkok", after=utc(2026, 11, 26, 2, 0)) == wall(
        2026, 12, 3, 9, 0
    )


def test_first_monday_of_the_month_skips_the_other_mondays() -> None:
    assert next_wall("first monday of the month at 08:00", "UTC", after=utc(2026, 11, 3)) == wall(
        2026, 12, 7, 8, 0
    )


def test_every_weekday_skips_the_weekend() -> None:
    assert next_wall("every weekday at 07:30", "UTC", after=utc(2026, 11, 27, 12)) == wall(
        2026, 11, 30, 7, 30
    )


@pytest.mark.parametrize(
    "words", ["", "thursday", "every thursday", "every 3 days at 09:00", "every day at 25:00"]
)
def test_other_words_are_refused_with_what_to_write(words: str) -> None:
    with pytest.raises(ValueError, match=r"\|.*(09:00|23:59)"):
        calendar(words)


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
    first, second = islice(calendar("every day at 02:30").after(at.replace(tzinfo=UTC), zone), 2)
    days = [one.astimezone(ZoneInfo(zone)).date() for one in (first, second)]
    assert days[1] - days[0] == timedelta(days=1)


def instants(words: str, zone: str, start: datetime, number: int) -> list[datetime]:
    return list(islice(calendar(words).after(start, zone), number))


def test_several_days_and_several_times_are_each_due() -> None:
    found = instants("every monday, tuesday and friday at 09:00 and 17:30", "UTC", utc(2026, 11, 23), 7)
    assert [f"{one:%a %H:%M}" for one in found] == [
        *("Mon 09:00", "Mon 17:30", "Tue 09:00", "Tue 17:30", "Fri 09:00", "Fri 17:30", "Mon 09:00")
    ]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("first monday of the month at 08:00", [7, 4, 1]),
        ("third monday of the month at 08:00", [21, 18, 15]),
        ("last friday of the month at 08:00", [25, 29, 26]),
    ],
)
def test_a_certain_weekday_of_the_month(words: str, days: list[int]) -> None:
    assert [one.day for one in instants(words, "UTC", utc(2026, 12, 1), 3)] == days


def test_every_six_hours_is_six_hours_also_in_a_night_that_changes_the_clock() -> None:
    found = instants("every 6 hours", "Europe/Berlin", utc(2026, 3, 28, 21), 4)
    assert found == [utc(2026, 3, 29, 0), utc(2026, 3, 29, 6), utc(2026, 3, 29, 12), utc(2026, 3, 29, 18)]


def test_cron_is_due_once_in_a_gap_and_once_in_a_fold() -> None:
    spring = instants("30 2 * * *", "Europe/Berlin", utc(2026, 3, 28, 12), 2)
    autumn = instants("30 2 * * *", "Europe/Berlin", utc(2026, 10, 24, 12), 2)
    assert spring == [utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]
    assert autumn == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]


def test_asked_between_the_two_passes_of_a_repeated_hour_cron_gives_nothing_that_is_past() -> None:
    assert instants("30 2 * * *", "Europe/Berlin", utc(2026, 10, 25, 1, 10), 1) == [utc(2026, 10, 26, 1, 30)]


def test_two_times_that_one_gap_swallows_are_one_moment() -> None:
    words = "every day at 02:10 and 02:40"
    assert instants(words, "Europe/Berlin", utc(2026, 3, 29), 2) == [
        utc(2026, 3, 29, 1),
        utc(2026, 3, 30, 0, 10),
    ]


def test_a_day_that_a_zone_left_out_costs_no_day_before_it() -> None:
    found = instants("every day at 09:00", "Pacific/Apia", utc(2011, 12, 28, 20), 3)
    assert found == [utc(2011, 12, 29, 19), utc(2011, 12, 30, 10), utc(2011, 12, 30, 19)]


@pytest.mark.parametrize(
    "words", ["61 9 * * *", "0 9 31 2 *", "0 9 * *", "every 1 minutes", "every 999 hours"]
)
def test_what_is_never_due_or_all_the_time_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"\|"):
        calendar(words)


def test_several_calendars_are_one_and_what_two_of_them_say_is_due_once() -> None:
    found = instants("every day at 09:00; 0 9,12 * * 1", "UTC", utc(2026, 11, 29, 10), 3)
    assert found == [utc(2026, 11, 30, 9), utc(2026, 11, 30, 12), utc(2026, 12, 1, 9)]


RULES = (
    *("every day at 02:30", "every weekday at 00:00", "every monday and sunday at 23:59", "every 6 hours"),
    *("last sunday of the month at 02:15", "30 2 * * *", "*/15 1-3 * * *", "0 2,3 1 * 1"),
)


@given(
    st.sampled_from(RULES),
    st.sampled_from((*ZONES, "Africa/Casablanca", "America/St_Johns")),
    st.datetimes(min_value=wall(2020, 1, 1), max_value=wall(2035, 1, 1)),
    st.integers(min_value=1, max_value=2_000_000),
)
def test_wherever_it_is_asked_from_the_same_moments_come(
    words: str, zone: str, at: datetime, on: int
) -> None:
    start = at.replace(tzinfo=UTC)
    later = start + timedelta(seconds=on)
    found = instants(words, zone, start, 40)
    assert found == sorted(set(found))
    assert all(one > start for one in found)
    assert [one for one in found if one > later][:5] == [
        one for one in instants(words, zone, later, 40) if one <= found[-1]
    ][:5]
