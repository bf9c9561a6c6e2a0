"""Which slots have become due, and which of those that wait are still worth keeping."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from vesicle.model.slot import Mark, Slot, SlotState, Timetable
from vesicle.schedule.calendar import calendar

_LONGEST = timedelta(days=60)
"""How long an outage may be for every slot of it to be told of; what is older is nobody's concern."""

LEAST_GRACE = timedelta(minutes=1)
"""How late everything may be: it is looked every few seconds, and what is looked at before may take some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What to write down of one timetable.

    *back_to* is where the clock was put back to: what was missed or skipped after it has yet to come.
    *moved_from* is where the next slot was, where new rules of its time zone have moved it.
    """

    slots: tuple[Slot, ...]
    mark: Mark
    back_to: datetime | None = None
    moved_from: datetime | None = None


def plan(timetable: Timetable, mark: Mark | None, *, now: datetime) -> Planned:
    """Give the slots from *mark* to *now*, and the mark after them.

    A timetable that is new, or has new words, counts from now on. Where the clock was put back, nothing
    is due that is accounted for.
    """
    now = now.replace(microsecond=0)  # a mark is never ahead of the clock
    is_same = mark is not None and (mark.rule, mark.zone) == (timetable.rule, timetable.zone)
    if mark is None or not is_same:
        return Planned(slots=(), mark=_mark(timetable, now))
    if now < mark.upto:
        return Planned(slots=(), mark=_mark(timetable, now), back_to=now)
    start = max(mark.upto, now - _LONGEST)
    slots = tuple(Slot(name=timetable.name, due=due) for due in moments(timetable, start, now))
    first = next(_after(timetable, mark.upto))
    moved_from = mark.following if first != mark.following else None
    return Planned(slots=slots, mark=_mark(timetable, now), moved_from=moved_from)


def moments(timetable: Timetable, start: datetime, end: datetime) -> Sequence[datetime]:
    """Give the due moments (UTC) after *start*, up to *end*."""
    return tuple(takewhile(lambda due: due <= end, _after(timetable, start)))


def following(timetable: Timetable, now: datetime) -> datetime:
    """Give the first due moment (UTC) after *now*."""
    return next(_after(timetable, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The open slots of one timetable: those to work on now, and those that are over."""

    now: tuple[Slot, ...]
    over: tuple[Slot, ...]


def triage(timetable: Timetable, waiting: Iterable[Slot], *, now: datetime) -> Triage:
    """Sort open slots: what is beyond its grace is missed; the last of the others stands for them all."""
    slots = sorted(waiting, key=lambda slot: slot.due)
    late = [slot for slot in slots if is_late(slot.due, timetable.grace, now=now)]
    over = [replace(slot, state=SlotState.MISSED) for slot in late]
    rest = slots[len(late) :]
    if not timetable.each:
        why = "made up together with the next"
        over += (replace(slot, state=SlotState.SKIPPED, why=why) for slot in rest[:-1])
        rest = rest[-1:]
    ready = tuple(slot for slot in rest if slot.retry_at is None or slot.retry_at <= now)
    return Triage(now=ready, over=tuple(over))


def is_late(due: datetime, grace: timedelta | None, *, now: datetime) -> bool:
    """Tell whether it is too late now for what was due at *due*; never without a *grace*."""
    return grace is not None and now - due > max(grace, LEAST_GRACE)


def _mark(timetable: Timetable, now: datetime) -> Mark:
    return Mark(rule=timetable.rule, zone=timetable.zone, upto=now, following=following(timetable, now))


def _after(timetable: Timetable, start: datetime) -> Iterator[datetime]:
    found = calendar(timetable.rule).after(start + timetable.ahead, timetable.zone)
    return (due - timetable.ahead for due in found)
