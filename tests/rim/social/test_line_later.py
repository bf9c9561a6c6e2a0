"""A broadcast of LINE whose key may be forgotten: it is looked up first, and never goes out twice."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.rim.social.lineapi import BROADCAST, BUSY, NAME, NOW, Stand, standing

from vesicle.model.delivery import State
from vesicle.model.errors import PermanentFailure
from vesicle.testing.apiserver import Answer, Kind

DAY = timedelta(days=1)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


def test_within_a_day_it_is_asked_for_with_its_key_alone(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.LOST)
    stand.run()
    assert stand.run(later=timedelta(hours=22, minutes=59)).state is State.SENT
    assert stand.server.calls("delivery/broadcast") == []


def test_later_it_is_looked_up_and_goes_out_anew_where_nothing_arrived(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.CUT)
    assert stand.run().state is State.UNKNOWN
    outcome = stand.run(later=timedelta(hours=23))
    assert outcome.state is State.DEFERRED
    assert outcome.reason == "LINE has not counted the broadcasts of 20261126 yet"
    assert stand.run(later=timedelta(hours=12)).state is State.SENT
    assert (len(stand.api.sent), list(stand.keys().values())) == (1, [1, 1])


def test_later_it_is_looked_up_and_a_person_has_to_look_where_something_arrived(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.LOST)
    stand.run()
    outcome = stand.run(later=DAY * 1.5)
    assert outcome.state is State.UNKNOWN
    assert "20261126: 120" in outcome.reason
    assert "messages used in the month: 0 before, 120 now" in outcome.reason
    assert f"`vesicle post --confirm {NAME}`" in outcome.reason
    asked = len(stand.server.asked)
    for _ in range(14):
        assert stand.run(later=timedelta(minutes=1)).reason == outcome.reason
    # Nothing more is asked of LINE but whether it knows the token.
    assert {one.path for one in stand.server.asked[asked:]} == {"/v2/bot/info"}
    assert len(stand.api.sent) == 1


def test_a_person_who_lets_it_be_owed_again_gets_the_same_answer(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.LOST)
    stand.run()
    before = stand.run(later=DAY * 1.5)
    for _ in range(14):
        stand.ledger.settle_unknown(NAME, resend=True, now=stand.clock())
        assert stand.run().reason == before.reason
    assert len(stand.api.sent) == 1


def test_of_few_friends_line_tells_nothing_and_a_person_has_to_look(stand: Stand) -> None:
    stand.api.friends = 19
    stand.owe()
    stand.fails(Kind.LOST)
    stand.run()
    outcome = stand.run(later=DAY * 1.5)
    assert outcome.state is State.UNKNOWN
    assert "20261126: unavailable_for_privacy" in outcome.reason


def test_every_day_on_which_it_was_tried_is_looked_up(stand: Stand) -> None:
    """The first try reached nobody, the second one did, on the next day."""
    stand.owe()
    stand.fails(Kind.CUT)
    stand.run()
    stand.fails(Kind.LOST)
    assert stand.run(later=timedelta(hours=20)).state is State.UNKNOWN
    assert len(stand.api.sent) == 1
    outcome = stand.run(later=DAY * 2)
    assert outcome.state is State.UNKNOWN
    assert "20261127: 120" in outcome.reason
    assert len(stand.api.sent) == 1


def test_a_try_at_the_end_of_a_day_may_count_for_the_next(stand: Stand) -> None:
    stand.clock.at = NOW.replace(hour=14, minute=55)  # five to midnight in Japan
    stand.owe()
    stand.fails(Kind.CUT)
    stand.run()
    stand.api.sent.append((NOW.replace(hour=15, minute=1), []))
    assert "20261127: 120" in stand.run(later=DAY * 3).reason


def test_what_was_counted_too_late_is_left_to_a_person(stand: Stand) -> None:
    stand.owe(give_up=NOW + timedelta(hours=24))
    stand.fails(Kind.CUT)
    stand.run()
    outcome = stand.run(later=timedelta(hours=25))
    assert outcome.state is State.UNKNOWN
    assert "has not counted" in outcome.reason


@pytest.mark.parametrize(
    "answer", [BUSY, Answer(status=400, data={"message": "no"}), Answer(status=403, data={"message": "no"})]
)
def test_what_may_be_out_never_counts_as_failed(stand: Stand, answer: Answer) -> None:
    stand.owe(give_up=NOW + timedelta(minutes=1))
    stand.fails(Kind.LOST)
    stand.run()
    stand.fails(Kind.REFUSED, answer)
    with suppress(PermanentFailure):  # of 403, which is told of the channel as well
        stand.run(later=timedelta(minutes=1))
    outcome = stand.ledger.outcome(f"{NAME}:line")
    assert outcome is not None
    assert outcome.state is State.UNKNOWN
    assert "whether it got through before is not known" in outcome.reason
    assert len(stand.server.calls(BROADCAST)) == 2
