"""The checker sees each thing that can go wrong, and nothing where all is well."""

from dataclasses import replace
from typing import Any

import pytest
from tests.rim.sending.invariants import Accepted, History, Row, summary, violations

from vesicle.model.delivery import State


def got(name: str, message_id: str = "") -> Accepted:
    return Accepted(message_id=message_id or f"id-{name}", recipient=name)


def row(name: str, state: State = State.SENT, *, reason: str = "why", key: str = "") -> Row:
    return Row(key=key or f"issue:{name}", recipient=name, state=state, reason=reason)


GOOD = History(
    accepted=(got("a"), got("b")),
    rows=(row("a"), row("b", State.UNKNOWN), row("c", State.UNKNOWN), row("d", State.SKIPPED)),
    audience=("a", "b", "c", "d"),
    suppressed=("d",),
    kills=(2,),
)


def test_a_good_history_has_no_violation() -> None:
    assert violations(GOOD) == []
    found = summary(GOOD)
    assert (found.sent, found.unknown, found.unsent, found.duplicates, found.lost) == (1, 2, 1, 0, 0)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"rows": GOOD.rows[:-1]}, "I1"),
        ({"rows": (*GOOD.rows, row("e", State.SKIPPED))}, "I1"),
        ({"rows": (*GOOD.rows[:-1], row("d", State.TAKEN))}, "I1"),
        ({"accepted": (*GOOD.accepted, got("a"))}, "I2"),
        ({"accepted": (*GOOD.accepted, got("a", "another"))}, "I2"),
        ({"accepted": GOOD.accepted[1:]}, "I3"),
        ({"accepted": (*GOOD.accepted, got("z"))}, "I4"),
        ({"rows": (row("a"), row("b", State.FAILED), *GOOD.rows[2:])}, "I4"),
        ({"kills": (1,)}, "I5"),
        ({"rows": (*GOOD.rows[:2], row("c", State.UNKNOWN, reason=""), GOOD.rows[3])}, "I5"),
        ({"accepted": (*GOOD.accepted, got("d"))}, "I6"),
        ({"rows": (*GOOD.rows[:3], row("d", State.SKIPPED, key="issue:a"))}, "I7"),
        ({"exits": (0, 1)}, "I8"),
    ],
)
def test_each_wrong_is_named(changes: dict[str, Any], name: str) -> None:
    assert name in {one.name for one in violations(replace(GOOD, **changes))}


def test_who_was_asked_to_be_sent_again_may_get_two() -> None:
    twice = replace(GOOD, accepted=(*GOOD.accepted, got("b")))
    assert [one.name for one in violations(twice)] == ["I2"]
    assert violations(replace(twice, resends=True)) == []
    assert summary(twice).duplicates == 1


@pytest.mark.parametrize("state", [State.SENT, State.PENDING, State.TAKEN])
def test_whom_the_sink_has_nothing_for_is_lost_unless_the_ledger_says_so(state: State) -> None:
    assert summary(replace(GOOD, rows=(*GOOD.rows[:2], row("c", state), GOOD.rows[3]))).lost == 1


def test_while_a_send_runs_the_owed_are_not_lost() -> None:
    running = replace(
        GOOD, rows=(*GOOD.rows[:2], row("c", State.PENDING), GOOD.rows[3]), is_over=False, kills=(1,)
    )
    assert violations(running) == []
    assert summary(running).lost == 0
