from datetime import UTC, date, datetime

import pytest

from vesicle.model.meter import Meter
from vesicle.ports import Meters

NOW = datetime(2026, 11, 26, 9, 0, 0, 123456, tzinfo=UTC)
METER = Meter(free_at=NOW, factor=0.5, day=date(2026, 11, 26), count=7)


def test_a_meter_is_none_at_first_and_then_as_it_was_left(meters: Meters) -> None:
    assert meters.change("a", lambda before: (METER, before)) is None
    assert meters.change("a", lambda before: (METER, before)) == METER
    assert meters.change("b", lambda before: (METER, before)) is None


def test_a_change_that_fails_leaves_the_meter_as_it_was(meters: Meters) -> None:
    meters.change("a", lambda _: (METER, None))

    def fail(before: Meter | None) -> tuple[Meter, None]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        meters.change("a", fail)
    assert meters.change("a", lambda before: (METER, before)) == METER
