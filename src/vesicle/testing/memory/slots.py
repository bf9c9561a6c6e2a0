"""Slots, in memory."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from vesicle.model.slot import Mark, Slot, SlotState
from vesicle.ports import Entered


class MemorySlots:
    """A `ports.Slots` in memory."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, datetime], Slot] = {}
        self._marks: dict[str, Mark] = {}

    def enter(self, plan: Callable[[Mapping[str, Mark]], Sequence[Entered]]) -> None:
        """Write down what *plan* makes of the marks there are."""
        for one in plan(dict(self._marks)):
            if one.back_to is not None:
                self._slots = {key: slot for key, slot in self._slots.items() if _stays(slot, one)}
            self.add(one.slots)
            self._marks[one.name] = one.mark

    def add(self, slots: Sequence[Slot]) -> None:
        """Write down slots of no calendar."""
        for slot in slots:
            self._slots.setdefault((slot.name, slot.due), slot)

    def unmark(self, names: Collection[str]) -> None:
        """Forget how far these timetables are accounted for."""
        for name in names:
            self._marks.pop(name, None)

    def bind(self, slot: Slot) -> Slot | None:
        """Write down what is done at an open slot, unless something is already; give it as it then is."""
        known = self._slots.get((slot.name, slot.due))
        if known is None or known.state is not SlotState.OPEN:
            return None
        if not known.what:
            known = self._slots[slot.name, slot.due] = replace(known, what=slot.what)
        return known

    def waiting(self) -> Sequence[Slot]:
        """Give the open slots, earliest first."""
        found = [slot for slot in self._slots.values() if slot.state is SlotState.OPEN]
        return sorted(found, key=lambda slot: (slot.due, slot.name))

    def change(self, slots: Sequence[Slot]) -> Sequence[Slot]:
        """Write down what became of open slots."""
        were_open = {(slot.name, slot.due) for slot in self.waiting()}
        changed = [slot for slot in slots if (slot.name, slot.due) in were_open]
        self._slots |= {(slot.name, slot.due): slot for slot in changed}
        return changed

    def since(self, moment: datetime) -> Sequence[Slot]:
        """Give the slots due at *moment* or later, earliest first."""
        found = [slot for slot in self._slots.values() if slot.due >= moment]
        return sorted(found, key=lambda slot: (slot.due, slot.name))

    def of(self, name: str, *, since: datetime) -> Sequence[Slot]:
        """Give the slots of one timetable."""
        found = [slot for slot in self._slots.values() if slot.name == name and slot.due >= since]
        return sorted(found, key=lambda slot: slot.due)

    def marks(self) -> Mapping[str, Mark]:
        """Give how far each timetable is accounted for."""
        return dict(self._marks)

    def count(self) -> Mapping[SlotState, int]:
        """Count the slots that are kept, by state."""
        return Counter(slot.state for slot in self._slots.values())

    def forget(self, *, before: datetime) -> int:
        """Delete old slots."""
        old = [
            key for key, slot in self._slots.items() if slot.due < before and slot.state is not SlotState.OPEN
        ]
        for key in old:
            del self._slots[key]
        return len(old)


def _stays(slot: Slot, entered: Entered) -> bool:
    is_later = entered.back_to is not None and slot.name == entered.name and slot.due > entered.back_to
    return not is_later or slot.state in (SlotState.DONE, SlotState.SKIPPED)
