"""Posts at the slots of their channels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from tests.unit.pipeline.lanes.poster import DAY, GRACE, HOUR, MINUTE, START, TEN, Site

from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.item import Kind, Status
from vesicle.model.slot import Slot, SlotState
from vesicle.model.word import Cause
from vesicle.ports import Ledger, WaitingPost
from vesicle.testing import nouns


@pytest.fixture
def site() -> Site:
    made = Site()
    made.at(START)
    return made


def test_at_each_slot_the_next_post_goes_out(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.at(TEN - MINUTE)
    assert site.out() == []
    site.at(TEN)
    site.at(TEN + MINUTE)
    assert site.out() == ["one/a/bluesky"]
    site.at(TEN + DAY)
    assert site.out() == ["one/a/bluesky", "one/b/bluesky"]
    assert site.states() == ["done", "done"]


def test_after_an_outage_the_last_slot_within_the_hour_is_made_up_and_the_others_are_told(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.restarted()
    site.at(TEN + 2 * DAY + GRACE)
    assert site.out() == ["one/a/bluesky"]
    assert site.states() == ["missed", "missed", "done"]
    assert {word.cause for word in site.words.untold()} == {Cause.MISSED}


def test_a_held_post_lets_the_next_one_go(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.ledger.hold("one/a/bluesky")
    site.at(TEN)
    assert site.out() == ["one/b/bluesky"]


def test_a_pinned_post_goes_out_at_its_time_and_not_in_its_turn(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.posts.pin("one/a/bluesky", TEN + 3 * HOUR)
    site.at(TEN)
    assert site.out() == ["one/b/bluesky"]
    site.at(TEN + 3 * HOUR)
    assert site.out() == ["one/b/bluesky", "one/a/bluesky"]


def test_a_pinned_post_whose_time_went_by_is_held_for_a_person(site: Site) -> None:
    site.freeze("one", "a")
    site.posts.pin("one/a/bluesky", TEN + 3 * HOUR)
    site.at(TEN + 5 * HOUR)
    site.at(TEN + DAY)
    assert site.out() == []
    assert site.states("pin/bluesky#one/a/bluesky") == ["missed"]
    assert [post.is_held for post in site.posts.waiting("bluesky")] == [True]


def test_a_channel_that_fails_is_tried_again_within_the_hour_with_the_same_post(site: Site) -> None:
    site.freeze("one", "a", "b")
    usual = site.bluesky.deliver_all

    def away(feed: Iterator[Delivery], ledger: Ledger) -> None:
        ledger.release([next(feed)])
        raise TemporaryFailure("the network is away")

    site.bluesky.deliver_all = away  # type: ignore[method-assign]  # it is away for a while
    reports = site.at(TEN)
    assert [(one.has_failed, one.held) for one in reports] == [(True, "the network is away")]
    assert site.at(TEN + MINUTE) == []
    site.posts.move("one/a/bluesky", before=None)
    site.bluesky.deliver_all = usual  # type: ignore[method-assign]  # it is back
    site.restarted()
    site.at(TEN + 6 * MINUTE)
    assert site.out() == ["one/a/bluesky"]


def test_one_that_fails_for_too_long_waits_for_the_next_slot_and_is_told(site: Site) -> None:
    site.freeze("one", "a")
    usual = site.bluesky.deliver_all

    def away(feed: Iterator[Delivery], ledger: Ledger) -> None:
        ledger.release([next(feed)])
        raise TemporaryFailure("the network is away")

    site.bluesky.deliver_all = away  # type: ignore[method-assign]  # it is away for a while
    site.at(TEN)
    site.at(TEN + GRACE + MINUTE)
    assert site.states() == ["missed"]
    assert [
        "The network is away" in word.text or "network is away" in word.text for word in site.words.untold()
    ]
    site.bluesky.deliver_all = usual  # type: ignore[method-assign]  # it is back
    site.at(TEN + DAY)
    assert site.out() == ["one/a/bluesky"]


def test_an_explainer_that_went_out_before_fills_an_empty_slot_after_its_rest(site: Site) -> None:
    site.freeze("one", "explained")
    site.at(TEN)
    for day in range(1, 30):
        site.at(TEN + day * DAY)
    assert site.out() == ["one/explained/bluesky", "evergreen-20261221-1000/explained/bluesky"]
    assert site.states()[1] == "skipped"


@pytest.mark.parametrize(
    "changed", [{"title": "Changed since"}, {"status": Status.DRAFT}, {"kind": Kind.FINDING}]
)
def test_only_what_a_person_approved_and_still_reads_so_is_posted_again(
    changed: dict[str, object], site: Site
) -> None:
    site.freeze("one", "explained")
    site.at(TEN)
    site.items = {name: replace(item, **changed) for name, item in site.items.items()}  # type: ignore[arg-type]  # fields
    site.at(TEN + 40 * DAY)
    assert site.out() == ["one/explained/bluesky"]


def test_a_slot_of_before_an_old_copy_was_put_back_publishes_nothing(site: Site) -> None:
    site.freeze("one", "a")
    site.doubtful_until = TEN + 10 * MINUTE
    site.restarted()
    site.at(TEN + 20 * MINUTE)
    assert (site.out(), site.states()) == ([], ["skipped"])
    site.at(TEN + DAY)
    assert site.out() == ["one/a/bluesky"]
    assert site.ledger.tally("one/a/bluesky")[State.SENT] == 1


def away(feed: Iterator[Delivery], ledger: Ledger) -> None:
    """Be a channel whose network is away."""
    ledger.release([next(feed)])
    raise TemporaryFailure("the network is away")


def test_two_posts_may_be_pinned_to_one_moment(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.posts.pin("one/a/bluesky", TEN + HOUR)
    site.posts.pin("one/b/bluesky", TEN + HOUR)
    site.at(TEN + HOUR)
    assert sorted(site.out()) == ["one/a/bluesky", "one/b/bluesky"]


def test_a_post_that_is_pinned_after_its_slot_failed_waits_for_its_own_time(site: Site) -> None:
    site.freeze("one", "a", "b")
    usual, site.bluesky.deliver_all = site.bluesky.deliver_all, away  # type: ignore[method-assign]  # for a while
    site.at(TEN)
    site.bluesky.deliver_all = usual  # type: ignore[method-assign]  # it is back
    site.posts.pin("one/a/bluesky", TEN + DAY + HOUR)
    site.at(TEN + 6 * MINUTE)
    assert site.out() == ["one/b/bluesky"]


def test_a_post_that_is_let_go_before_its_time_does_not_go_out_then(site: Site) -> None:
    site.freeze("one", "a")
    site.posts.pin("one/a/bluesky", TEN + HOUR)
    usual, site.bluesky.deliver_all = site.bluesky.deliver_all, away  # type: ignore[method-assign]  # for a while
    site.at(TEN + HOUR)
    site.bluesky.deliver_all = usual  # type: ignore[method-assign]  # it is back
    site.posts.pin("one/a/bluesky", None)
    site.at(TEN + HOUR + 6 * MINUTE)
    assert site.out() == []
    assert site.states("pin/bluesky#one/a/bluesky") == ["skipped"]


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_a_post_that_did_not_go_out_or_perhaps_is_told(state: State, site: Site) -> None:
    site.freeze("one", "a")

    def refused(feed: Iterator[Delivery], ledger: Ledger) -> None:
        for one in feed:
            assert ledger.begin(one, now=site.clock()).result()
            ledger.end(one, Outcome(state=state, at=site.clock(), reason="too long"))

    site.bluesky.deliver_all = refused  # type: ignore[method-assign]  # it takes nothing
    site.at(TEN)
    assert [word.about for word in site.words.untold()] == ["one/a/bluesky"]


def test_a_pinned_post_that_was_cancelled_keeps_no_other_from_being_held(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.bluesky.deliver_all = away  # type: ignore[method-assign]  # it is away
    site.posts.pin("one/a/bluesky", TEN + HOUR)
    site.posts.pin("one/b/bluesky", TEN + HOUR)
    site.at(TEN + HOUR)
    site.ledger.cancel("one/a/bluesky", now=site.clock())
    site.at(TEN + 3 * HOUR)
    (other,) = [post for post in site.posts.waiting("bluesky") if post.slug == "one/b/bluesky"]
    assert (other.is_held, other.pinned) == (True, None)


def test_an_explainer_with_a_translation_is_posted_again_too(site: Site) -> None:
    thai = nouns.item(slug="explained", kind=Kind.EXPLAINER, title="ไทย", lang="th")
    site.items = {**site.items, ("explained", "th"): thai}
    site.freeze("one", "explained")
    site.at(TEN)
    site.at(TEN + 40 * DAY)
    assert len(site.out()) == 2


def test_in_a_rehearsal_no_post_goes_out(site: Site) -> None:
    site.freeze("one", "a")
    site.is_rehearsal = True
    site.restarted()
    site.at(TEN)
    assert site.out() == []


def test_a_clock_without_a_battery_makes_nobody_hear_of_old_slots_again(site: Site) -> None:
    for day in range(30):
        site.at(TEN + day * DAY)
    site.restarted()
    site.at(TEN - 2 * HOUR)
    site.at(TEN + 30 * DAY - HOUR)
    assert site.words.untold() == []


def test_two_processes_at_one_slot_publish_one_post(site: Site) -> None:
    site.freeze("one", "a", "b")
    first, second = site.lane, site.restarted()
    usual = site.posts.waiting
    calls: list[str] = []

    def waiting(channel: str) -> Sequence[WaitingPost]:
        if not calls:
            calls.append(channel)
            first.tick(TEN)
        return usual(channel)

    site.posts.waiting = waiting  # type: ignore[method-assign]  # the other one comes in between
    site.clock.at = TEN
    second.tick(TEN)
    assert site.out() == ["one/a/bluesky"]


def test_a_post_that_was_held_alone_stays_so_when_its_issue_goes_on(site: Site) -> None:
    site.freeze("one", "a", "b")
    site.ledger.hold("one/a/bluesky")
    site.ledger.hold("one")
    site.ledger.resume("one", now=site.clock())
    site.at(TEN)
    assert site.out() == ["one/b/bluesky"]


def test_of_an_issue_that_was_cancelled_in_its_file_or_is_gone_no_post_goes_out(site: Site) -> None:
    site.freeze("one", "a")
    site.issues = set()
    site.at(TEN)
    assert (site.out(), site.states()) == ([], ["skipped"])


def test_a_post_whose_paper_was_retracted_since_is_held_and_the_next_goes_out(site: Site) -> None:
    site.freeze("one", "a", "b", "c")
    site.posts.pin("one/c/bluesky", TEN + HOUR)
    site.obstacles = {"a": "the paper is retracted", "c": "the paper is retracted"}
    site.at(TEN)
    site.at(TEN + HOUR)
    assert site.out() == ["one/b/bluesky"]
    assert {word.about for word in site.words.untold()} == {"one/a/bluesky", "one/c/bluesky"}
    assert [post.is_held for post in site.posts.waiting("bluesky")] == [True, True]


def test_killed_after_its_post_went_out_a_slot_is_done_however_late_that_is_seen(site: Site) -> None:
    site.freeze("one", "a")
    usual = site.slots.change

    def killed(slots: Sequence[Slot]) -> Sequence[Slot]:
        if any(slot.state is SlotState.DONE for slot in slots):
            raise KeyboardInterrupt
        return usual(slots)

    site.slots.change = killed  # type: ignore[method-assign]  # a kill before the slot is closed
    with pytest.raises(KeyboardInterrupt):
        site.at(TEN)
    site.slots.change = usual  # type: ignore[method-assign]  # another process
    site.restarted()
    site.at(TEN + 2 * GRACE)
    assert (site.out(), site.states()) == (["one/a/bluesky"], ["done"])
    assert site.words.untold() == []
