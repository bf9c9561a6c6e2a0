"""Calendars in plain words or as cron expressions, in wall-clock time of a zone, right across its changes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = {"day": frozenset(range(7)), "weekday": frozenset(range(5)), "weekend": frozenset({5, 6})}
_ORDINALS = ("first", "second", "third", "fourth", "last")
_DAY = "|".join(_DAYS)
_TIMES = r"(?P<times>\d{1,2}:\d{2}(?:(?:, | and )\d{1,2}:\d{2})*)"
_WEEKLY = re.compile(
    rf"every (?P<days>day|weekday|weekend|(?:{_DAY})(?:(?:, | and )(?:{_DAY}))*) at {_TIMES}"
)
_MONTHLY = re.compile(rf"(?P<which>{'|'.join(_ORDINALS)}) (?P<day>{_DAY}) of the month at {_TIMES}")
_INTERVAL = re.compile(r"every (?:(?P<number>\d{1,3}) )?(?P<unit>hour|minute)s?")
_CRON = re.compile(r"\S+( \S+){4}")
_EXAMPLES = (
    "`every thursday at 09:00`, `every monday and thursday at 07:30`, `every weekday at 07:30`, "
    "`first monday of the month at 08:00`, `every 6 hours`, or five fields of cron as `0 9 * * 4`"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Calendar(Protocol):
    """When something is due, again and again."""

    def after(self, start: datetime, zone: str) -> Iterator[datetime]:
        """Yield the instants (UTC) after *start* (aware), earliest first, each once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Certain weekdays, each or only the *which* of a month (-1: the last), at wall-clock times."""

    weekdays: frozenset[int]
    times: tuple[time, ...]
    which: int | None = None

    def after(self, start: datetime, zone: str) -> Iterator[datetime]:
        """Yield the instants after *start*.

        A time that the clock skips is due when the skipping ends, one that comes twice the first time.
        """
        # A zone may skip a day: Samoa had no 30 December 2011.
        first = start.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
        days = (first + timedelta(days=number) for number in count())
        walls = (datetime.combine(day, at) for day in days if self._has(day) for at in self.times)
        return _growing((moment(wall, zone) for wall in walls), start)

    def _has(self, day: date) -> bool:
        if day.weekday() not in self.weekdays or self.which is None:
            return day.weekday() in self.weekdays
        if self.which < 0:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 == self.which


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Equal lengths of time, counted from midnight UTC of 1 January 1970: no clock changes them."""

    length: timedelta

    def after(self, start: datetime, zone: str) -> Iterator[datetime]:
        """Yield the instants after *start*, whatever the zone."""
        done = (start - _EPOCH) // self.length
        return (_EPOCH + number * self.length for number in count(done + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression of cron with five fields, with the meaning that Debian's cron gives it."""

    expression: str

    def after(self, start: datetime, zone: str) -> Iterator[datetime]:
        """Yield the instants after *start*; a fixed time is treated as `Days` treats it."""
        found = CronSim(self.expression, start.astimezone(ZoneInfo(zone)))
        return _growing((one.astimezone(UTC) for one in found), start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Whatever one of several calendars says."""

    parts: tuple[Calendar, ...]

    def after(self, start: datetime, zone: str) -> Iterator[datetime]:
        """Yield the instants after *start*; what two of them say is one."""
        return _growing(merge(*(one.after(start, zone) for one in self.parts)), start)


def calendar(words: str) -> Calendar:
    """Read a calendar in plain words or as cron, or several with `;` between them.

    Raises ValueError (`what | mend`) for anything else.
    """
    parts = tuple(_calendar(part) for part in words.split(";"))
    return parts[0] if len(parts) == 1 else Several(parts=parts)


def _calendar(words: str) -> Calendar:
    plain = " ".join(words.lower().split())
    if found := _WEEKLY.fullmatch(plain):
        return Days(weekdays=_weekdays(found["days"]), times=_times(found["times"]))
    if found := _MONTHLY.fullmatch(plain):
        which = _ORDINALS.index(found["which"])
        return Days(
            weekdays=_weekdays(found["day"]),
            times=_times(found["times"]),
            which=-1 if found["which"] == "last" else which,
        )
    if found := _INTERVAL.fullmatch(plain):
        return _interval(found["number"], found["unit"])
    if _CRON.fullmatch(plain) and not plain.startswith("every"):
        return _cron(plain)
    raise ValueError(f"cannot be `{words}` | write {_EXAMPLES}")


def is_zone(name: str) -> bool:
    """Tell whether there is an IANA time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name of a folder, or none that a file could have
        return False
    return True


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


def _growing(moments: Iterable[datetime], start: datetime) -> Iterator[datetime]:
    """Yield those later than all before them and than *start*: two times of one gap are one moment."""
    last = start
    for one in moments:
        if one > last:
            yield one
            last = one


def _weekdays(words: str) -> frozenset[int]:
    return _SETS.get(words) or frozenset(_DAYS.index(word) for word in _listed(words))


def _times(words: str) -> tuple[time, ...]:
    found = []
    for word in _listed(words):
        hour, minute = (int(part) for part in word.split(":"))
        if hour > 23 or minute > 59:
            raise ValueError(f"has no such time as {word} | write a time from 00:00 to 23:59")
        found.append(time(hour, minute))
    return tuple(sorted(set(found)))


def _listed(words: str) -> list[str]:
    return re.split(r", | and ", words)


def _interval(number: str | None, unit: str) -> Interval:
    length = timedelta(**{f"{unit}s": int(number or 1)})
    if not timedelta(minutes=5) <= length <= timedelta(days=7):
        raise ValueError(
            "cannot be so often or so seldom | write from `every 5 minutes` to `every 168 hours`"
        )
    return Interval(length=length)


def _cron(expression: str) -> Cron:
    try:
        next(CronSim(expression, _EPOCH))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it is never due"
        mend = "write minute, hour, day of month, month and weekday, as `0 9 * * 4`"
        raise ValueError(f"is no expression of cron ({why[:1].lower()}{why[1:]}) | {mend}") from error
    return Cron(expression=expression)
