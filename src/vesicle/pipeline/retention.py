"""Let go of what was kept for long enough."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from vesicle.model.retention import Retention, Tidied
from vesicle.ports import Shelf, never

GAP = timedelta(days=40)
"""A clock that is further ahead of the last time than this is not believed the first time."""

DOUBT = "the clock is more than 40 days ahead of the last time: if it is right, the next time does it"


def tidy(
    shelf: Shelf,
    keep: Retention,
    *,
    now: datetime,
    rest: Callable[[], None],
    stopping: Callable[[], bool] = never,
) -> Tidied:
    """Let go of what is older than *keep* says, in steps of a few thousand rows with a *rest* after each.

    A machine that wakes up in another year must not forget who got what: then nothing is done but to note
    the moment. *stopping* tells whether to leave; the next time goes on.
    """
    last = shelf.last()
    shelf.note(now)
    if last is not None and now - last > GAP:
        return Tidied(rows={}, doubt=DOUBT)
    rows: dict[str, int] = {}
    for name, steps in _due(shelf, keep, now):
        for number in steps:
            rows[name] = rows.get(name, 0) + number
            if stopping():
                return Tidied(rows=rows)
            rest()
    return Tidied(rows=rows)


def _due(shelf: Shelf, keep: Retention, now: datetime) -> Iterator[tuple[str, Iterator[int]]]:
    kinds = (
        ("receipts", shelf.receipts, keep.receipts),
        ("compacted", shelf.compacted, keep.receipts),
        ("deliveries", shelf.deliveries, keep.deliveries),
        ("notices", shelf.notices, keep.notices),
        ("events", shelf.events, keep.events),
        ("harvests", shelf.harvests, keep.harvests),
        ("departures", shelf.departures, keep.departures),
    )
    for name, steps, age in kinds:
        if age is not None:
            yield name, steps(now - age)
