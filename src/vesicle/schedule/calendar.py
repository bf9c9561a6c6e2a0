"""Calendars in plain words, in wall-clock time of a zone, right across changes of the clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = "|".join(_DAYS)
_FORM = re.compile(
    rf"(?:every (?P<every>day|weekday|{_DAY})|first (?P<first>{_DAY}) of the month)"
    r" at (?P<at>\d{1,2}:\d{2})"
)
_EXAMPLES = "`every thursday at 09:00`, `every weekday at 07:30` or `first monday of the month at 08:00`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Certain weekdays, each time or only the first of a month, at a wall-clock time."""

    weekdays: frozenset[int]
    hour: int
    minute: int
    is_monthly: bool = False

    @classmethod
    def parse(cls, words: str) -> "Calendar":
        """Read `every thursday at 09:00` and its like; raises ValueError (`what | mend`) for other words."""
        found = _FORM.fullmatch(" ".join(words.lower().split()))
        if not found:
            raise ValueError(f"cannot be `{words}` | write {_EXAMPLES}")
        hour, minute = (int(part) for part in found["at"].split(":"))
        if hour > 23 or minute > 59:
            raise ValueError(f"has no such time as {found['at']} | write a time from 00:00 to 23:59")
        return cls(
            weekdays=_weekdays(found["every"] or found["first"]),
            hour=hour,
            minute=minute,
            is_monthly=bool(found["first"]),
        )

    def days(self, start: date) -> Iterator[date]:
        """Yield the days from *start* on that the calendar names, for ever."""
        for number in count():
            day = start + timedelta(days=number)
            if day.weekday() in self.weekdays and (not self.is_monthly or day.day <= 7):
                yield day

    def next_after(self, now: datetime, zone: str) -> datetime:
        """Give the first moment after *now* (aware), as wall-clock time of *zone*, naive."""
        for day in self.days(now.astimezone(ZoneInfo(zone)).date()):
            wall = datetime(day.year, day.month, day.day, self.hour, self.minute)  # noqa: DTZ001 - a wall time
            if moment(wall, zone) > now:
                return wall
        raise AssertionError("a calendar has no end")


def moment(wall: datetime, zone: str) -> datetime:
    """Give the instant (UTC) of a wall-clock time in *zone*.

    A time that the clock skips in spring becomes the first instant after the gap; one that comes twice in
    autumn is its first occurrence.
    """
    there = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    instant = there.astimezone(UTC)
    if instant.astimezone(there.tzinfo).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: str) -> datetime:
    # With fold=1 the offset is that of after the gap, with fold=0 that of before it (PEP 495): the change
    # lies between the two readings, and the clock then shows the skipped time plus nothing.
    low = wall.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    before = low.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _weekdays(word: str) -> frozenset[int]:
    if word == "day":
        return frozenset(range(7))
    if word == "weekday":
        return frozenset(range(5))
    return frozenset({_DAYS.index(word)})
