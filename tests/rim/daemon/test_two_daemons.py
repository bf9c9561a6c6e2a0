"""Two daemons for one database, of which one or the other is killed again and again."""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.rim.daemon.faketime import Fast, needs_faketime
from tests.rim.daemon.kept import (
    deliveries,
    every,
    faults_of_mails,
    faults_of_posts,
    faults_of_slots,
    slots,
    words,
)
from tests.rim.daemon.pair import Pair
from tests.rim.daemon.past import published, ticked
from tests.rim.daemon.site import EDITOR, Plan, issue

from vesicle.model.slot import SlotState

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and what the kernel closes then"),
    needs_faketime,
]

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE = START - timedelta(weeks=3)
ISSUES, POSTS, WATCH = 4, 3, 5
"""Minutes between two of them."""
PLAN = Plan(
    issues=f"'*/{ISSUES} * * * *'",
    posts=f"'*/{POSTS} * * * *'",
    watch=f"every {WATCH} minutes",
    grace=2,
    readers=6,
)
RATE = 60
LEAST = timedelta(minutes=9)
AHEAD = timedelta(minutes=12)
"""How long before its time an issue is written."""


def lived(folder: Path, *, kills: int, seed: int) -> Counter[str]:
    """Kill so many times, look at what the daemons made of it, and count how slots and mails ended."""
    with Pair(folder, PLAN, Random(seed)) as pair:
        published(pair.site, BEFORE, items=6)
        ticked(pair.site, [START])
        pair.start(Fast(START, rate=RATE))
        written = 0
        while pair.kills < kills:
            written = write_issues(pair, written)
            pair.kill_one()
        until = max(pair.clock(), START + LEAST)
        pair.wait_until(lambda: pair.is_up and pair.clock() > until and is_over(pair, until))
        codes = pair.stop()
    found = faults(pair, until)
    assert not found, "\n".join([f"seed {seed}", *found, *pair.said])
    assert codes == [0, 0]
    return ended(pair, until)


def write_issues(pair: Pair, written: int) -> int:
    """Write the issues that are due soon, as an editor does; give how many there are."""
    while (due := START + timedelta(minutes=ISSUES * (written + 1))) <= pair.clock() + AHEAD:
        written += 1
        pair.site.write(issue(written, due.replace(tzinfo=None)))
    return written


def is_over(pair: Pair, until: datetime) -> bool:
    """Tell whether no slot up to then waits, and all of them are there."""
    found = slots(pair.site, since=START, until=until)
    return len([one for one in found if one.state is not SlotState.OPEN and one.name in due(until)]) >= sum(
        len(times) for times in due(until).values()
    )


def due(until: datetime) -> dict[str, list[datetime]]:
    """Give what was due, by timetable."""
    minutes = {"issue/letter": ISSUES, "post/notes": POSTS, "watch/feed": WATCH}
    return {name: every(length, since=START, until=until) for name, length in minutes.items()}


def faults(pair: Pair, until: datetime) -> list[str]:
    """Give all that is not as promised."""
    rows, sent = slots(pair.site, since=START, until=until), deliveries(pair.site)
    to_readers = [(name, to) for name, to in pair.sink.accepted() if to != EDITOR]
    return [
        *faults_of_slots(rows, due(until), words(pair.site, "missed")),
        *faults_of_mails(sent, to_readers, over={row.what for row in rows}, unknown=pair.doubt),
        *faults_of_posts(
            slots(pair.site, since=BEFORE - timedelta(minutes=1), until=pair.clock()),
            sent,
            pair.site.outbox(),
        ),
    ]


def ended(pair: Pair, until: datetime) -> Counter[str]:
    """Count how slots and deliveries ended."""
    rows = slots(pair.site, since=START, until=until)
    how = Counter(f"{row.name} {row.state.value}" for row in rows)
    how += Counter(f"{'mail' if one.to else 'post'} {one.state.value}" for one in deliveries(pair.site))
    return how


@pytest.mark.long
def test_row_34_two_daemons_that_are_killed_in_turns_keep_each_slot_once(tmp_path: Path) -> None:
    how = lived(tmp_path, kills=6, seed=1)
    assert how["issue/letter done"]
    assert how["post/notes done"]


@pytest.mark.long
def test_row_34_a_hundred_kills_later_each_slot_was_kept_once(tmp_path: Path) -> None:
    how = lived(tmp_path, kills=100, seed=2)
    assert how["issue/letter done"] > 20
