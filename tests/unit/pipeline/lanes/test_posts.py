"""Posts at the slots of their channels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.content import Content
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.item import Item, Kind, Status
from vesicle.model.message import Message
from vesicle.model.slot import Job, Slot, SlotState, Timetable
from vesicle.model.word import Cause
from vesicle.pipeline.book import Book
from vesicle.pipeline.lanes.posts import PostDesk, PostLane
from vesicle.pipeline.send import Dispatch, Report
from vesicle.ports import Ledger, WaitingPost
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemoryPosts, MemorySlots, MemoryWords
from vesicle.testing.recording import RecordingChannel

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TEN = START + 10 * HOUR
GRACE = HOUR


class Site:
    """One channel with a slot each day at ten, and everything about it in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.ledger = MemoryLedger()
        self.slots = MemorySlots()
        self.posts = MemoryPosts(self.ledger)
        self.words = MemoryWords(self.ledger)
        self.bluesky = RecordingChannel(clock=self.clock)
        self.items = {("explained", "en"): nouns.item(slug="explained", kind=Kind.EXPLAINER, title="Old")}
        self.issues = {"one"}
        self.is_rehearsal = False
        self.obstacles: dict[str, str] = {}
        self.doubtful_until: datetime | None = None
        self.reasons: dict[str, str] = {}
        self.counted: list[datetime] = []
        self.lane = self.restarted()

    def restarted(self) -> PostLane:
        made = {"zone": "UTC", "grace": GRACE, "about": "bluesky"}
        timetables = [
            Timetable(job=Job.POST, rule="every day at 10:00", **made),  # type: ignore[arg-type]  # fields
            Timetable(job=Job.PIN, rule="", each=True, **made),  # type: ignore[arg-type]  # fields
        ]
        desk = PostDesk(
            posts=self.posts,
            rests={"bluesky": timedelta(weeks=4)},
            content=lambda _: self.content(),
            rendered=lambda item, channel, _: self.rendered(item),
            obstacle=lambda item, _: self.obstacles.get(item, ""),
            hold=self.ledger.hold,
            words=self.words,
            doubtful_until=self.doubtful_until,
            reason=lambda slug: self.reasons.get(slug, ""),
            count=self.counted.append,
        )
        channels = {"bluesky": self.bluesky}
        rehearsed = self.is_rehearsal
        dispatch = Dispatch(ledger=self.ledger, channels=channels, clock=self.clock, is_rehearsal=rehearsed)
        book = Book(self.slots, timetables, jobs=frozenset({Job.POST, Job.PIN}))
        self.lane = PostLane(book, desk, dispatch)
        return self.lane

    def content(self) -> Content:
        return Content(items=self.items, issues={one: nouns.issue(slug=one) for one in self.issues})

    def rendered(self, item: Item) -> Message:
        return Message(channel="bluesky", slug=item.slug, lang="en", text=item.title)

    def freeze(self, issue: str, *items: str) -> None:
        mail = Frozen(slug=issue, channel="email", hash=issue, messages={"en": nouns_message("email", issue)})
        posts = [
            replace(
                mail,
                slug=f"{issue}/{item}/bluesky",
                channel="bluesky",
                messages={"en": replace(nouns_message("bluesky", item), text="Old")},
            )
            for item in items
        ]
        self.ledger.freeze(mail, None, posts=posts)

    def at(self, moment: datetime) -> list[Report]:
        self.clock.at = moment
        return self.lane.tick(moment)

    def out(self) -> list[str]:
        return [one.frozen for one in self.bluesky.delivered]

    def states(self, name: str = "post/bluesky") -> list[str]:
        return [slot.state.value for slot in self.slots.of(name, since=START)]


def nouns_message(channel: str, slug: str) -> Message:
    return Message(channel=channel, slug=slug, lang="en", text=slug)


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


def test_what_a_person_began_to_publish_goes_on_without_a_slot_and_uses_none(site: Site) -> None:
    frozen = Frozen(
        slug="by-hand-1/a/bluesky",
        channel="bluesky",
        hash="h",
        messages={"en": nouns_message("bluesky", "a")},
    )
    site.ledger.freeze(frozen, None)
    site.at(START + MINUTE)
    assert site.out() == ["by-hand-1/a/bluesky"]
    site.freeze("one", "b")
    site.at(TEN)
    assert site.out() == ["by-hand-1/a/bluesky", "one/b/bluesky"]


def test_where_the_channel_is_away_what_a_person_began_is_tried_again_after_a_while(site: Site) -> None:
    class Away:
        def __init__(self) -> None:
            self.asked = 0

        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            ledger.release([next(feed)])
            self.asked += 1
            raise TemporaryFailure("it is away")

    away = Away()
    site.bluesky = away  # type: ignore[assignment]  # another channel
    site.restarted()
    post = nouns_message("bluesky", "a")
    frozen = Frozen(slug="by-hand-1/a/bluesky", channel="bluesky", hash="h", messages={"en": post})
    site.ledger.freeze(frozen, None)
    for minute in range(8):
        site.at(START + minute * MINUTE)
    assert away.asked == 2


def test_the_editor_is_told_what_the_channel_said_of_a_post_that_nobody_knows_of(site: Site) -> None:
    class Printed(RecordingChannel):
        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            for one in feed:
                ledger.begin(one, now=site.clock()).result()
                ledger.end(one, Outcome(state=State.UNKNOWN, at=site.clock()))

    site.bluesky = Printed(clock=site.clock)
    site.restarted()
    site.freeze("one", "a")
    site.reasons["one/a/bluesky"] = "waits for a person: outbox/a/index.html"
    site.at(TEN)
    (word,) = site.words.untold()
    assert "outbox/a/index.html" in word.text


def test_at_each_look_it_may_be_asked_how_posts_were_taken_but_not_in_a_rehearsal(site: Site) -> None:
    site.at(START + MINUTE)
    assert site.counted == [START, START + MINUTE]
    site.is_rehearsal = True
    site.restarted()
    site.at(START + 2 * MINUTE)
    assert len(site.counted) == 2
