"""Days of a source that is asked for what is new since one."""

from datetime import date, timedelta


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
