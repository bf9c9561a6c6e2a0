"""A year of appointments: restarts, outages and clocks that jump, and each thing once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.rim.year import ISSUE_GRACE, POST_GRACE, READERS, Year, counted
from tests.rim.year_plan import Plan, expected

from vesicle.model.delivery import State
from vesicle.model.slot import SlotState

TICK = timedelta(seconds=15)


def lived(folder: Path, seed: int, plan: Plan) -> Year:
    year = Year(folder, seed, plan)
    year.run()
    return year


def check(year: Year) -> None:
    slots = year.slots()
    for name, dues in expected(year.plan).items():
        found = [slot.due for slot in slots[name]]
        assert [due for due in dues if found.count(due) != 1] == [], name
        assert [slot for slot in slots[name] if slot.state is SlotState.OPEN and slot.due in dues] == [], name
        missed = [slot for slot in slots[name] if slot.state is SlotState.MISSED and slot.due in dues]
        lost = [slot for slot in missed if not year.is_excused(slot)]
        assert lost == [], name
    check_issues(year)
    check_posts(year)


def check_issues(year: Year) -> None:
    """Nobody got an issue twice or late; who got none is accounted for, and the editor knows of the issue."""
    mails, told = counted(year.journal.mails), "\n".join(year.journal.told)
    assert set(mails.values()) == {1}
    late: dict[str, datetime] = {}
    for name, slots in year.slots().items():
        if not name.startswith("issue/"):
            continue
        for slot in slots:
            got = sum(number for (slug, _), number in mails.items() if slug == slot.what)
            if slot.state is SlotState.DONE:
                assert got + year.states(slot.what).get(State.UNKNOWN, 0) >= READERS, slot
                late |= {slot.what: slot.due}
            elif slot.state is SlotState.MISSED:
                assert got == 0, slot
                assert slot.what in told, slot
    stale = [(slug, at) for slug, _, at in year.journal.mails if at - late[slug] > ISSUE_GRACE + TICK]
    assert stale == []


def check_posts(year: Year) -> None:
    posts = counted(year.journal.posts)
    assert set(posts.values()) == {1}
    due = {slot.what: slot.due for name, slots in year.slots().items() if "post/" in name for slot in slots}
    stale = [
        (slug, at)
        for channel, slug, at in year.journal.posts
        if channel != "line" and at - due[slug] > POST_GRACE + TICK
    ]
    assert stale == []


@pytest.mark.long
def test_a_year_keeps_every_appointment_once(tmp_path: Path) -> None:
    year = lived(tmp_path, 1, Plan())
    check(year)
    states = [slot.state for slots in year.slots().values() for slot in slots]
    assert states.count(SlotState.DONE) > 800
    assert 0 < states.count(SlotState.MISSED) < 300
    assert year.resident[12] - year.resident[3] < 8, year.resident


@pytest.mark.long
def test_the_same_seed_gives_the_same_year(tmp_path: Path) -> None:
    plan = Plan(days=14, restarts=12, outages=3, jumps=4, kills=20)
    first, second = (lived(tmp_path / name, 7, plan) for name in ("a", "b"))
    check(first)
    assert first.slots() == second.slots()
    assert first.journal == second.journal


@pytest.mark.long
@pytest.mark.parametrize("seed", [10, 11, 12, 13])
def test_three_weeks_of_worse_luck(seed: int, tmp_path: Path) -> None:
    check(lived(tmp_path, seed, Plan(days=28, restarts=60, outages=6, jumps=12, kills=120)))
