from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.slot import Job, Mark, Slot, SlotState, Timetable
from vesicle.schedule.plan import plan, triage

HOUR = timedelta(hours=1)
WATCH = Timetable(job=Job.WATCH, about="pubmed", rule="every day at 06:00", zone="Europe/Berlin")
POST = Timetable(
    job=Job.POST, about="bluesky", rule="every day at 09:00 and 09:30", zone="Asia/Bangkok", grace=HOUR
)
ISSUE = Timetable(
    job=Job.ISSUE, about="letter", rule="every day at 09:00", zone="UTC", grace=timedelta(hours=36), each=True
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


def marked(timetable: Timetable, at: datetime) -> Mark:
    return plan(timetable, None, now=at).mark


def dues(timetable: Timetable, start: datetime, now: datetime) -> list[datetime]:
    return [slot.due for slot in plan(timetable, marked(timetable, start), now=now).slots]


def test_a_new_timetable_counts_from_now_on() -> None:
    planned = plan(WATCH, None, now=utc(2026, 11, 26, 12))
    assert planned.slots == ()
    assert planned.mark.following == utc(2026, 11, 27, 5)


def test_the_slots_since_the_last_look_are_due_the_very_second_included() -> None:
    assert dues(WATCH, utc(2026, 11, 26, 12), utc(2026, 11, 27, 5)) == [utc(2026, 11, 27, 5)]
    assert dues(WATCH, utc(2026, 11, 27, 5), utc(2026, 11, 28, 4)) == []


def test_new_words_count_from_now_on() -> None:
    before = marked(WATCH, utc(2026, 11, 20))
    changed = Timetable(job=Job.WATCH, about="pubmed", rule="every 6 hours", zone="Europe/Berlin")
    assert plan(changed, before, now=utc(2026, 11, 26)).slots == ()


def test_put_back_the_clock_makes_nothing_due_and_says_from_where_on() -> None:
    planned = plan(WATCH, marked(WATCH, utc(2026, 11, 27, 6)), now=utc(2026, 11, 27, 4))
    assert (planned.slots, planned.back_to) == ((), utc(2026, 11, 27, 4))
    assert planned.mark.following == utc(2026, 11, 27, 5)


def test_new_rules_of_the_time_zone_move_the_next_slot_and_say_so() -> None:
    old = Mark(rule=WATCH.rule, zone=WATCH.zone, upto=utc(2026, 11, 26, 12), following=utc(2026, 11, 27, 4))
    planned = plan(WATCH, old, now=utc(2026, 11, 27, 4, 30))
    assert (planned.slots, planned.moved_from) == ((), utc(2026, 11, 27, 4))
    assert planned.mark.following == utc(2026, 11, 27, 5)


def test_what_is_due_ahead_of_its_calendar_is_due_so_much_earlier() -> None:
    compose = Timetable(
        job=Job.COMPOSE, about="letter", rule="every thursday at 09:00", zone="UTC", ahead=timedelta(days=3)
    )
    assert dues(compose, utc(2026, 11, 20), utc(2026, 11, 24)) == [utc(2026, 11, 23, 9)]


def slots(timetable: Timetable, *due: datetime) -> list[Slot]:
    return [Slot(name=timetable.name, due=one) for one in due]


def states(timetable: Timetable, now: datetime, *due: datetime) -> dict[datetime, str]:
    found = triage(timetable, slots(timetable, *due), now=now)
    return {slot.due: "now" for slot in found.now} | {slot.due: slot.state.value for slot in found.over}


def test_beyond_its_grace_a_slot_is_missed_and_of_the_others_the_last_is_made_up() -> None:
    nine, half, late = utc(2026, 11, 26, 2), utc(2026, 11, 26, 2, 30), utc(2026, 11, 26, 3, 15)
    assert states(POST, late, nine, half) == {nine: "missed", half: "now"}
    assert states(POST, utc(2026, 11, 26, 2, 45), nine, half) == {nine: "skipped", half: "now"}
    assert states(POST, half + HOUR, half) == {half: "now"}


def test_a_job_that_is_never_too_late_is_made_up_once() -> None:
    days = [utc(2026, 11, day, 5) for day in (1, 2, 3)]
    assert states(WATCH, utc(2026, 11, 20), *days) == {days[0]: "skipped", days[1]: "skipped", days[2]: "now"}


def test_each_issue_is_a_matter_of_its_own() -> None:
    days = [utc(2026, 11, 1, 9), utc(2026, 11, 2, 9)]
    assert states(ISSUE, utc(2026, 11, 2, 10), *days) == dict.fromkeys(days, "now")


def test_what_failed_waits_for_its_next_try() -> None:
    waiting = Slot(name=WATCH.name, due=utc(2026, 11, 27, 5), retry_at=utc(2026, 11, 27, 6))
    assert triage(WATCH, [waiting], now=utc(2026, 11, 27, 5, 59)).now == ()
    assert triage(WATCH, [waiting], now=utc(2026, 11, 27, 6)).now == (waiting,)


@given(
    st.lists(st.integers(min_value=1, max_value=200_000), min_size=1, max_size=40),
    st.sampled_from(("every 6 hours", "every day at 02:30", "0 9 * * 4", "every hour")),
    st.sampled_from(("Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")),
)
def test_however_often_it_is_looked_each_slot_comes_once(looks: list[int], rule: str, zone: str) -> None:
    timetable = Timetable(job=Job.WATCH, about="a", rule=rule, zone=zone)
    start = now = utc(2026, 3, 25)
    mark, found = marked(timetable, start), []
    for seconds in looks:
        now += timedelta(seconds=seconds)
        planned = plan(timetable, mark, now=now)
        found += [slot.due for slot in planned.slots]
        mark = planned.mark
    assert found == dues(timetable, start, now)


def test_a_slot_knows_its_job_and_what_it_is_about() -> None:
    slot = Slot(name=POST.name, due=utc(2026, 11, 26), state=SlotState.DONE)
    assert (slot.job, slot.about) == (Job.POST, "bluesky")
