"""When what is kept is let go of, in which order, and when a clock is not believed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.retention import Retention
from vesicle.pipeline.retention import DOUBT, tidy
from vesicle.settings.retention import RetentionSettings

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEEP = Retention(
    receipts=90 * DAY,
    deliveries=None,
    notices=90 * DAY,
    events=400 * DAY,
    harvests=90 * DAY,
    departures=None,
)


class Shelf:
    """A `ports.Shelf` that writes down what it was asked, and yields two steps of each kind."""

    def __init__(self, last: datetime | None = None) -> None:
        self.noted = last
        self.asked: dict[str, datetime] = {}

    def last(self) -> datetime | None:
        return self.noted

    def note(self, now: datetime) -> None:
        self.noted = now

    def receipts(self, before: datetime) -> Iterator[int]:
        return self._steps("receipts", before)

    def compacted(self, before: datetime) -> Iterator[int]:
        return self._steps("compacted", before)

    def deliveries(self, before: datetime) -> Iterator[int]:
        return self._steps("deliveries", before)

    def notices(self, before: datetime) -> Iterator[int]:
        return self._steps("notices", before)

    def events(self, before: datetime) -> Iterator[int]:
        return self._steps("events", before)

    def harvests(self, before: datetime) -> Iterator[int]:
        return self._steps("harvests", before)

    def departures(self, before: datetime) -> Iterator[int]:
        return self._steps("departures", before)

    def _steps(self, name: str, before: datetime) -> Iterator[int]:
        self.asked[name] = before
        yield 3
        yield 2


def nothing() -> None:
    """Rest."""


def test_each_kind_goes_at_its_age_and_what_is_kept_for_ever_stays() -> None:
    shelf = Shelf()
    done = tidy(shelf, KEEP, now=NOW, rest=nothing)
    assert done.rows == dict.fromkeys(("receipts", "compacted", "notices", "events", "harvests"), 5)
    assert shelf.asked["events"] == NOW - 400 * DAY
    assert not {"deliveries", "departures"} & shelf.asked.keys()


def test_others_can_write_after_each_step() -> None:
    rests: list[None] = []
    tidy(Shelf(), KEEP, now=NOW, rest=lambda: rests.append(None))
    assert len(rests) == 10


def test_it_stops_after_the_step_it_is_in() -> None:
    shelf = Shelf()
    done = tidy(shelf, KEEP, now=NOW, rest=nothing, stopping=lambda: True)
    assert (done.rows, list(shelf.asked)) == ({"receipts": 3}, ["receipts"])


def test_a_clock_that_jumped_far_ahead_is_not_believed_the_first_time() -> None:
    shelf = Shelf(last=NOW - 41 * DAY)
    done = tidy(shelf, KEEP, now=NOW, rest=nothing)
    assert (done.rows, done.doubt, shelf.asked) == ({}, DOUBT, {})
    assert tidy(shelf, KEEP, now=NOW + DAY, rest=nothing).rows


@pytest.mark.parametrize("last", [None, NOW - DAY, NOW - 39 * DAY, NOW + 500 * DAY])
def test_any_other_clock_is(last: datetime | None) -> None:
    assert tidy(Shelf(last), KEEP, now=NOW, rest=nothing).doubt == ""


def test_the_settings_keep_for_31_days_at_the_least_and_0_for_ever() -> None:
    keep = RetentionSettings(events_days=1, deliveries_months=0).retention()
    assert (keep.events, keep.deliveries, keep.departures) == (31 * DAY, None, 730 * DAY)
    assert RetentionSettings().retention().deliveries == 36 * 31 * DAY
