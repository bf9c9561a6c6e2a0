"""One post from its take to its end, with a ledger in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Delivery, Frozen, Policy, Receipt, State
from vesicle.model.errors import ContentError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from vesicle.model.message import Message
from vesicle.ports import LEASE
from vesicle.posting.attempt import Attempt, Closed, publish_each
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SLUG = "issue/item/birds"
POST = Message(channel="birds", slug="item", lang="en", text="Hi")


class Stand:
    def __init__(self, *, policy: Policy = Policy.HOLD, give_up: datetime | None = None) -> None:
        self.clock = FixedClock(NOW)
        self.ledger = MemoryLedger()
        frozen = Frozen(
            slug=SLUG, channel="birds", hash="h", messages={"en": POST}, policy=policy, give_up=give_up
        )
        self.ledger.freeze(frozen, None)

    def taken(self) -> list[Delivery]:
        return list(self.ledger.take("birds", limit=9, now=self.clock(), lease=LEASE))

    def publish(self, publish: Callable[[Attempt], Receipt]) -> State:
        publish_each(iter(self.taken()), self.ledger, publish, clock=self.clock, name="birds")
        (state,) = self.ledger.tally(SLUG).counts
        return state


def sent(attempt: Attempt) -> Receipt:
    attempt.begin()
    return Receipt(remote="1")


def failing(error: Exception) -> Callable[[Attempt], Receipt]:
    def publish(attempt: Attempt) -> Receipt:
        attempt.begin()
        raise error

    return publish


@pytest.mark.parametrize(
    ("publish", "state"),
    [
        (sent, State.SENT),
        (failing(TemporaryFailure("later")), State.DEFERRED),
        (failing(PermanentFailure("never")), State.FAILED),
        (failing(OutcomeUnknown("perhaps")), State.UNKNOWN),
    ],
)
def test_each_ending_has_its_state(publish: Callable[[Attempt], Receipt], state: State) -> None:
    assert Stand().publish(publish) is state


def test_what_was_noted_is_there_at_the_next_attempt() -> None:
    stand = Stand()
    seen = []

    def publish(attempt: Attempt) -> Receipt:
        seen.append(dict(attempt.facts))
        attempt.note(tries=len(seen))
        attempt.note(first=attempt.facts.get("first", "known"))
        attempt.begin()
        raise TemporaryFailure("later")

    stand.publish(publish)
    stand.clock.forward(timedelta(hours=2))
    stand.publish(publish)
    assert seen == [{}, {"tries": 1, "first": "known"}]


def test_it_is_put_off_for_as_long_as_was_asked_and_longer_each_time() -> None:
    stand = Stand()
    waits = []
    for wait in (None, timedelta(hours=3), None):
        stand.publish(failing(TemporaryFailure("later", wait=wait)))
        outcome = stand.ledger.outcome(f"{SLUG}:birds")
        assert outcome is not None
        assert outcome.retry_at is not None
        waits.append(outcome.retry_at - stand.clock())
        stand.clock.forward(waits[-1])
    assert waits == [timedelta(minutes=1), timedelta(hours=3), timedelta(minutes=4)]


def test_after_its_time_it_has_failed() -> None:
    stand = Stand(give_up=NOW)
    assert stand.publish(failing(TemporaryFailure("later"))) is State.FAILED


def test_after_its_time_one_that_may_be_out_is_not_called_failed() -> None:
    stand = Stand(give_up=NOW + timedelta(hours=1))

    def publish(attempt: Attempt) -> Receipt:
        attempt.note(key="1")
        attempt.begin()
        raise TemporaryFailure("later")

    assert stand.publish(publish) is State.DEFERRED
    stand.clock.forward(timedelta(hours=2))
    assert stand.publish(publish) is State.UNKNOWN


def test_a_post_that_is_held_goes_back_without_a_request() -> None:
    stand = Stand()
    taken = stand.taken()
    stand.ledger.hold(SLUG)
    asked: list[str] = []

    def publish(attempt: Attempt) -> Receipt:
        attempt.begin()
        asked.append("asked")
        return Receipt()

    publish_each(iter(taken), stand.ledger, publish, clock=stand.clock, name="birds")
    assert (asked, stand.ledger.tally(SLUG)[State.PENDING]) == ([], 1)


def test_a_channel_that_finds_out_meets_an_unknown_post_again_after_a_minute() -> None:
    stand = Stand(policy=Policy.RESEND)
    stand.publish(failing(OutcomeUnknown("perhaps")))
    assert stand.ledger.owed(SLUG)
    assert not stand.taken()
    stand.clock.forward(timedelta(minutes=1))
    assert stand.publish(sent) is State.SENT
    assert not stand.ledger.owed(SLUG)


def test_a_channel_that_cannot_work_is_told_once_and_what_it_was_handed_goes_back() -> None:
    stand = Stand()
    asked: list[str] = []

    def look() -> None:
        asked.append("look")
        raise PermanentFailure("the token is not known")

    taken = stand.taken()
    with pytest.raises(PermanentFailure, match="token"):
        publish_each(iter(taken), stand.ledger, sent, clock=stand.clock, name="birds", look=look)
    assert (asked, stand.ledger.tally(SLUG)[State.PENDING]) == (["look"], 1)


def test_nothing_is_looked_at_where_nothing_is_due() -> None:
    def look() -> None:
        raise AssertionError("it was looked at")

    publish_each(iter([]), Stand().ledger, sent, clock=FixedClock(NOW), name="birds", look=look)


def test_a_channel_that_is_closed_under_way_keeps_the_post_for_later_and_is_left() -> None:
    stand = Stand()
    taken = stand.taken()
    with pytest.raises(PermanentFailure, match="revoked"):
        publish_each(
            iter(taken * 2),
            stand.ledger,
            failing(Closed(PermanentFailure("the token was revoked"))),
            clock=stand.clock,
            name="birds",
        )
    assert stand.ledger.tally(SLUG)[State.DEFERRED] == 1


def test_a_card_that_cannot_be_drawn_fails_its_post_and_no_other() -> None:
    assert Stand().publish(failing(ContentError("the template of the card is broken"))) is State.FAILED
