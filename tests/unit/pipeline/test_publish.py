"""Posts of one item, published by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Delivery, Frozen, Outcome, Policy, State
from vesicle.model.message import Message
from vesicle.pipeline.publish import owe, publish
from vesicle.pipeline.send import Dispatch, Report
from vesicle.ports import Channel, Ledger
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger
from vesicle.testing.memory.posts import MemoryPosts
from vesicle.testing.recording import RecordingChannel

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
POST = Message(channel="birds", slug="moss", lang="en", text="Moss.")


class Failing:
    """A channel that ends every post in one state."""

    def __init__(self, state: State, clock: FixedClock) -> None:
        self._state = state
        self._clock = clock

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        for delivery in feed:
            ledger.begin(delivery, now=self._clock()).result()
            retry_at = self._clock() if self._state is State.DEFERRED else None
            outcome = Outcome(state=self._state, at=self._clock(), reason="so it was", retry_at=retry_at)
            ledger.end(delivery, outcome)
            return


class Stand:
    def __init__(self, channel: Channel | None = None) -> None:
        self.clock = FixedClock(NOW)
        self.ledger = MemoryLedger()
        self.birds = RecordingChannel(clock=self.clock)
        self.posts = MemoryPosts(self.ledger)
        self.use(channel or self.birds)

    def use(self, channel: Channel) -> None:
        self.dispatch = Dispatch(ledger=self.ledger, channels={"birds": channel}, clock=self.clock)

    def publish(self, message: Message = POST, *, again: bool = False) -> Report:
        (report,) = publish([message], self.dispatch, self.posts, again=again)
        return report


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_it_goes_out_once_and_again_only_where_that_was_said(stand: Stand) -> None:
    first = stand.publish()
    assert first.tally is not None
    assert (first.tally[State.SENT], first.slug) == (1, "by-hand-20261126-090000/moss/birds")
    stand.clock.forward(timedelta(days=1))
    assert stand.publish().held == "it went out on 2026-11-26; `--again` posts it once more"
    assert len(stand.birds.delivered) == 1
    stand.publish(again=True)
    assert len(stand.birds.delivered) == 2


def test_one_that_waits_with_its_issue_goes_out_as_it_was_approved(stand: Stand) -> None:
    approved = replace(POST, text="As approved.")
    frozen = Frozen(slug="issue/moss/birds", channel="birds", hash="h", messages={"en": approved})
    stand.ledger.freeze(frozen, None)
    assert stand.publish().slug == "issue/moss/birds"
    assert [one.message.text for one in stand.birds.delivered] == ["As approved."]


def test_one_that_was_put_off_is_gone_on_with_instead_of_made_twice(stand: Stand) -> None:
    stand.use(Failing(State.DEFERRED, stand.clock))
    stand.publish()
    stand.use(stand.birds)
    stand.clock.forward(timedelta(hours=1))
    stand.publish(replace(POST, text="Changed since."))
    assert [one.message.text for one in stand.birds.delivered] == ["Moss."]


def test_nothing_more_goes_out_while_nobody_knows_of_the_last(stand: Stand) -> None:
    stand.use(Failing(State.UNKNOWN, stand.clock))
    stand.publish()
    stand.use(stand.birds)
    held = stand.publish(again=True).held
    assert "nobody knows whether by-hand-20261126-090000/moss/birds went out (so it was)" in held
    assert "--confirm" in held
    assert stand.birds.delivered == []


def test_a_channel_that_finds_out_gets_its_policy_with_the_post(stand: Stand) -> None:
    class Finding(Failing):
        policy = Policy.RESEND

    stand.use(Finding(State.UNKNOWN, stand.clock))
    slug = stand.publish().slug
    frozen = stand.ledger.frozen(slug)
    assert frozen is not None
    assert frozen.policy is Policy.RESEND
    stand.use(stand.birds)
    stand.clock.forward(timedelta(minutes=1))
    assert stand.publish().slug == slug
    assert len(stand.birds.delivered) == 1


def test_beside_a_sender_it_is_written_down_by_the_same_rules_and_goes_out_there(stand: Stand) -> None:
    (report,) = owe([POST], stand.dispatch, stand.posts)
    assert "within a minute" in report.said
    assert [post.slug for post in stand.posts.by_hand()] == [report.slug]
    (again,) = owe([POST], stand.dispatch, stand.posts)
    assert "waits already" in again.said
    stand.publish()
    (held,) = owe([POST], stand.dispatch, stand.posts)
    assert "`--again` posts it once more" in held.held
    assert len(stand.birds.delivered) == 1


def test_while_one_is_being_sent_by_another_nothing_is_made(stand: Stand) -> None:
    (report,) = owe([POST], stand.dispatch, stand.posts)
    (taken,) = stand.ledger.take("birds", limit=1, now=stand.clock(), lease=timedelta(minutes=2))
    for again in (False, True):
        (second,) = owe([POST], stand.dispatch, stand.posts, again=again)
        assert second.held == f"{report.slug} is being sent at this moment; see `vesicle posts`"
    assert stand.ledger.begin(taken, now=stand.clock()).result()
    (third,) = owe([POST], stand.dispatch, stand.posts)
    assert third.held == second.held
    assert len(stand.ledger.all_frozen()) == 1
