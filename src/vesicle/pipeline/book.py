"""The slots of some timetables: what has become due, what is to be done now, what is over."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vesicle.model.pulse import Lane
from vesicle.model.slot import Job, Mark, Slot, SlotState, Timetable
from vesicle.ports import Entered, Slots
from vesicle.schedule.plan import Planned, plan, triage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Slots to work on now, and those that are over: to be told of, and then closed by `Book.settle`."""

    ready: tuple[Slot, ...] = ()
    over: tuple[Slot, ...] = ()

    def of(self, job: Job) -> tuple[Slot, ...]:
        """Give the slots of one job to work on."""
        return tuple(slot for slot in self.ready if slot.job is job)


class Book:
    """Keeps the slots of *timetables* for the *jobs* of one lane; of each job there is one lane alone."""

    def __init__(self, slots: Slots, timetables: Iterable[Timetable], *, jobs: frozenset[Job]) -> None:
        self.timetables = {one.name: one for one in timetables if one.job in jobs}
        self._slots = slots
        self._jobs = jobs
        self._last: datetime | None = None
        self._next: datetime | None = None
        self._open = 0
        self._gone: Sequence[str] = ()
        self._has_rules = any(one.rule for one in self.timetables.values())

    @property
    def lane(self) -> Lane:
        """Give how this lane stood at its last look."""
        return Lane(last_look=self._last, open_slots=self._open, next_slot=self._next)

    def look(self, now: datetime) -> Found:
        """Write down what has become due until *now*, and sort what is open."""
        if self._is_due(now):
            self._slots.enter(lambda marks: self._entered(marks, now))
            self._slots.unmark(self._gone)
        self._last = now
        waiting = self.waiting()
        self._open = len(waiting)
        return self._sorted(waiting, now) if waiting else Found()

    def add(self, slots: Sequence[Slot]) -> None:
        """Write down slots that no calendar knows; one that is there stays as it is."""
        self._slots.add(slots)

    def waiting(self) -> Sequence[Slot]:
        """Give the open slots of this lane."""
        return [slot for slot in self._slots.waiting() if slot.job in self._jobs]

    def settle(self, over: Sequence[Slot]) -> None:
        """Write down what is over, once it is told."""
        self._slots.change(over)

    def bind(self, slot: Slot, what: str) -> Slot | None:
        """Write down what is done at *slot* before it is done; give the slot as it is, with what came first.

        None where it is open no more.
        """
        return self._slots.bind(replace(slot, what=what))

    def state_at(self, name: str, due: datetime) -> SlotState | None:
        """Tell what became of the slot of *name* at *due*; None where there is none."""
        return next((slot.state for slot in self._slots.of(name, since=due) if slot.due == due), None)

    def keep(self, slot: Slot, **changes: object) -> Slot:
        """Write down that *slot* stays open with *changes*, if they change anything."""
        changed = replace(slot, **changes)  # type: ignore[arg-type]  # fields of a slot
        if changed != slot:
            self._slots.change([changed])
        return changed

    def close(self, slot: Slot, state: SlotState, *, what: str = "", why: str = "") -> bool:
        """Write down how *slot* ended; False where somebody else did."""
        ended = replace(slot, state=state, what=what or slot.what, why=why, retry_at=None)
        return bool(self._slots.change([ended]))

    def _is_due(self, now: datetime) -> bool:
        """Tell whether there may be slots to enter: at first, after the clock was put back, at the next."""
        if not self._has_rules:
            return False
        return self._last is None or self._next is None or not self._last <= now < self._next

    def _entered(self, marks: Mapping[str, Mark], now: datetime) -> Sequence[Entered]:
        planned = {
            name: plan(one, marks.get(name), now=now) for name, one in self.timetables.items() if one.rule
        }
        _tell(planned)
        self._gone = [
            name for name in marks if name not in planned and Job(name.partition("/")[0]) in self._jobs
        ]
        self._next = min(one.mark.following for one in planned.values())
        return [
            Entered(name=name, slots=one.slots, mark=one.mark, back_to=one.back_to)
            for name, one in planned.items()
        ]

    def _sorted(self, waiting: Sequence[Slot], now: datetime) -> Found:
        ready: list[Slot] = []
        over = [
            replace(slot, state=SlotState.SKIPPED, why="no longer in config.yaml")
            for slot in waiting
            if slot.timetable not in self.timetables
        ]
        for name, timetable in self.timetables.items():
            found = triage(timetable, (slot for slot in waiting if slot.timetable == name), now=now)
            ready += found.now
            over += found.over
        return Found(ready=tuple(sorted(ready, key=lambda slot: slot.due)), over=tuple(over))


def _tell(planned: Mapping[str, Planned]) -> None:
    back = [one.back_to for one in planned.values() if one.back_to is not None]
    if back:
        _log.warning("schedule.clock-back to=%s timetables=%d", min(back).isoformat(), len(back))
    for name, one in planned.items():
        if one.moved_from is not None:
            before, after = one.moved_from.isoformat(), one.mark.following.isoformat()
            _log.warning("schedule.moved timetable=%s from=%s to=%s", name, before, after)
