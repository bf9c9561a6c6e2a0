"""How many mails may go out now, and when the next may: rates, caps of a day, warm-up. Pure.

A rate is kept by the generic cell rate algorithm (ITU-T I.371): one moment per limit, at which it is free
again. Mails are granted in blocks, so that what is remembered is written down once for many of them.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from vesicle.deliver.email.options import WarmUp
from vesicle.model.meter import Meter

_LEAST_FACTOR = 1 / 64
# Sending all the time, half of the rate becomes the whole one again in about seven minutes.
_RECOVERY_SECONDS = 600
_MOST_AT_ONCE = 100
_NEVER_MORE = 10**9
UNLIMITED_RATE = 1000.0
"""Mails a second that a server without a rate of its own is taken to bear, once it has asked for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How many mails may go out at once or, where *count* is 0, in how long to ask again."""

    count: int
    wait: timedelta = timedelta(0)
    is_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A limit: *rate* in mails a second (0: none), *per_day* in mails a day of UTC (0: none), and a plan."""

    rate: float = 0.0
    per_day: int = 0
    warm_up: WarmUp | None = None

    @property
    def burst(self) -> int:
        """Give how many mails may go out at once above the rate, counting what was granted and not used."""
        return 2 * self._block

    def is_free(self, meter: Meter | None) -> bool:
        """Tell whether nothing limits it: no rate, no cap, and the other side never asked for less."""
        return not (self.rate or self.per_day or self.warm_up) and (meter is None or meter.factor >= 1)

    def cap(self, day: date) -> int | None:
        """Give the most mails of *day*, None for no limit."""
        caps = [self.per_day] if self.per_day else []
        if self.warm_up:
            days = min(max((day - self.warm_up.start).days, 0), 400)
            # 400 days of the steepest growth are more than a float can hold.
            grown = self.warm_up.first * min(self.warm_up.growth, 10.0) ** min(days, 250)
            caps.append(int(min(grown, _NEVER_MORE)))
        return min(caps, default=None)

    def reserve(self, before: Meter | None, now: datetime) -> tuple[Meter, Grant]:
        """Grant a block of mails at *now*, or tell how long to wait."""
        meter = self._current(before, now)
        cap = self.cap(meter.day)
        left = self._block if cap is None else min(self._block, cap - meter.count)
        if left <= 0:
            return meter, Grant(count=0, wait=_until_tomorrow(now), is_day=True)
        interval = timedelta(seconds=1 / (self._full_rate * meter.factor))
        free_at = max(meter.free_at, now)
        ahead = free_at - now
        fitting = min(left, int((self._block * interval - ahead) / interval + 1e-9))
        # Half of a block at least: one mail at a time would be written down one by one.
        least = min(left, (self._block + 1) // 2)
        if fitting < least:
            return meter, Grant(count=0, wait=ahead - (self._block - least) * interval)
        after = replace(
            meter,
            free_at=free_at + fitting * interval,
            factor=min(1.0, meter.factor + fitting / (self._full_rate * _RECOVERY_SECONDS)),
            count=meter.count + fitting,
        )
        return after, Grant(count=fitting)

    def halved(self, before: Meter | None, now: datetime) -> tuple[Meter, float]:
        """Use half of the rate from now on; give the part of the full one that is left."""
        meter = self._current(before, now)
        factor = max(meter.factor / 2, _LEAST_FACTOR)
        return replace(meter, factor=factor), factor

    def returned(self, before: Meter | None, now: datetime, *, count: int) -> tuple[Meter, None]:
        """Take *count* mails of the day back that were granted and not sent; their time is lost."""
        meter = self._current(before, now)
        return replace(meter, count=max(meter.count - count, 0)), None

    @property
    def _full_rate(self) -> float:
        return self.rate or UNLIMITED_RATE

    @property
    def _block(self) -> int:
        """Give the mails of half a second."""
        return max(1, min(_MOST_AT_ONCE, int(self._full_rate / 2)))

    def _current(self, meter: Meter | None, now: datetime) -> Meter:
        """Give the meter as it is on the day of *now*; a clock that was put back cannot lock it."""
        day = now.astimezone(UTC).date()
        if meter is None:
            return Meter(free_at=now, day=day)
        longest = timedelta(seconds=self._block / (self._full_rate * _LEAST_FACTOR))
        # A day that is behind the meter's is a clock put back: its mails went out all the same.
        count = meter.count if day <= meter.day else 0
        return replace(meter, free_at=min(meter.free_at, now + longest), day=max(day, meter.day), count=count)


def _until_tomorrow(now: datetime) -> timedelta:
    today = now.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), tzinfo=UTC) - now
