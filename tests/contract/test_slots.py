from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vesicle.model.slot import Mark, Slot, SlotState
from vesicle.ports import Entered, Slots

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mark(upto: datetime) -> Mark:
    return Mark(rule="every 1 hours", zone="UTC", upto=upto, following=upto + HOUR)


def slot(hours: int, state: SlotState = SlotState.OPEN, name: str = "watch/a") -> Slot:
    return Slot(name=name, due=NOW + hours * HOUR, state=state)


def enter(slots: Slots, *new: Slot, upto: datetime = NOW, back_to: datetime | None = None) -> None:
    entered = Entered(name="watch/a", slots=new, mark=mark(upto), back_to=back_to)
    slots.enter(lambda _: [entered])


def test_what_was_entered_waits_earliest_first_and_its_mark_is_there(slots: Slots) -> None:
    enter(slots, slot(1), slot(0))
    assert slots.waiting() == [slot(0), slot(1)]
    assert slots.marks() == {"watch/a": mark(NOW)}


def test_a_plan_sees_the_marks_there_are(slots: Slots) -> None:
    enter(slots)
    seen: dict[str, Mark] = {}

    def look(marks: Mapping[str, Mark]) -> Sequence[Entered]:
        seen.update(marks)
        return ()

    slots.enter(look)
    assert seen == {"watch/a": mark(NOW)}


def test_a_slot_is_entered_once_whatever_became_of_it(slots: Slots) -> None:
    enter(slots, slot(0))
    slots.change([slot(0, SlotState.DONE)])
    enter(slots, slot(0))
    slots.add([slot(0)])
    assert slots.waiting() == []
    assert slots.of("watch/a", since=NOW) == [slot(0, SlotState.DONE)]


def test_what_became_of_a_slot_is_written_once(slots: Slots) -> None:
    slots.add([slot(0), slot(1)])
    done = replace(slot(0, SlotState.DONE), what="an-issue", why="because", attempts=2)
    assert slots.change([done]) == [done]
    assert slots.change([slot(0, SlotState.MISSED)]) == []
    assert slots.of("watch/a", since=NOW) == [done, slot(1)]


def test_a_slot_that_stays_open_keeps_what_is_known_of_it(slots: Slots) -> None:
    slots.add([slot(0)])
    tried = replace(slot(0), attempts=1, why="no answer", retry_at=NOW + HOUR)
    slots.change([tried])
    assert slots.waiting() == [tried]


def test_put_back_the_clock_forgets_what_was_not_done_of_that_timetable_alone(slots: Slots) -> None:
    enter(slots, slot(0), slot(1), slot(2), slot(3))
    slots.add([slot(3, name="watch/b")])
    slots.change([slot(2, SlotState.MISSED), slot(3, SlotState.DONE)])
    enter(slots, upto=NOW, back_to=NOW)
    assert slots.of("watch/a", since=NOW) == [slot(0), slot(3, SlotState.DONE)]
    assert slots.of("watch/b", since=NOW) == [slot(3, name="watch/b")]
    assert slots.since(NOW + HOUR) == [slot(3, SlotState.DONE), slot(3, name="watch/b")]


def test_old_slots_are_forgotten_and_open_ones_stay(slots: Slots) -> None:
    slots.add([slot(0), slot(1, SlotState.DONE), slot(2, SlotState.SKIPPED)])
    assert dict(slots.count()) == {SlotState.OPEN: 1, SlotState.DONE: 1, SlotState.SKIPPED: 1}
    assert slots.forget(before=NOW + 2 * HOUR) == 1
    assert slots.of("watch/a", since=NOW) == [slot(0), slot(2, SlotState.SKIPPED)]


def test_what_is_done_at_a_slot_is_whatever_was_bound_first(slots: Slots) -> None:
    slots.add([slot(0)])
    assert slots.bind(replace(slot(0), what="a")) == replace(slot(0), what="a")
    assert slots.bind(replace(slot(0), what="b")) == replace(slot(0), what="a")
    slots.change([replace(slot(0, SlotState.DONE), what="a")])
    assert slots.bind(replace(slot(0), what="b")) is None


def test_what_was_skipped_stays_so_when_the_clock_is_put_back(slots: Slots) -> None:
    enter(slots, slot(1), slot(2))
    slots.change([slot(1, SlotState.SKIPPED), slot(2, SlotState.MISSED)])
    enter(slots, upto=NOW, back_to=NOW)
    assert slots.of("watch/a", since=NOW) == [slot(1, SlotState.SKIPPED)]


def test_a_timetable_that_is_unmarked_is_accounted_for_no_more(slots: Slots) -> None:
    enter(slots, slot(0))
    slots.unmark(["watch/a", "watch/never-there"])
    assert slots.marks() == {}
    assert slots.waiting() == [slot(0)]
