"""Days of a source that is asked for what is new since one."""

from datetime import date, timedelta
from typing import Protocol

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem


class Reach(Protocol):
    """The options of a source that is asked by query and day, page by page."""

    @property
    def overlap_days(self) -> int:
        """Days before the last run's end that the next one asks for again."""
        ...

    @property
    def first_days(self) -> int:
        """Days back at which the first run begins."""
        ...

    @property
    def page(self) -> int:
        """How many records come in one answer."""
        ...


def refuse_unsound(reach: Reach, *, name: str, query: str, syntax: str, most: int) -> None:
    """Raise UserError with everything that is wrong with the options of the source called *name*.

    *syntax* is the place whose search its query is written for, *most* the largest page it gives.
    """
    rules = (
        (bool(query.strip()), "`query` is empty", f"write a search as on {syntax}"),
        (reach.overlap_days >= 0, f"`overlap_days` is {reach.overlap_days}", "write 0 or more"),
        (reach.first_days >= 1, f"`first_days` is {reach.first_days}", "write 1 or more"),
        (1 <= reach.page <= most, f"`page` is {reach.page}", f"write 1 to {most}"),
    )
    where = Place(file="config.yaml")
    found = [
        Problem(code="source.options", text=f"{name}: {text}", where=where, mend=mend)
        for is_right, text, mend in rules
        if not is_right
    ]
    if found:
        raise UserError(found)


def since(position: str, *, today: date, overlap_days: int, first_days: int) -> date:
    """Give the day to ask from: *overlap_days* before the last run, or *first_days* back at the first.

    *position* is the day of the last run in ISO form, with or without a time; what is none counts as the
    first run, and a day to come (the clock was set back) as today.
    """
    try:
        last = min(date.fromisoformat(position[:10]), today)
    except ValueError:
        return today - timedelta(days=first_days)
    return last - timedelta(days=overlap_days)


def day(text: str) -> date | None:
    """Read a day in ISO form, with or without a time; None for what is no whole day ("2026-11")."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
