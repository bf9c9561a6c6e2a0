"""Issues that compose, send and tell by themselves, at their slots."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.app.timetables import of_newsletters
from vesicle.model.content import Content
from vesicle.model.delivery import Delivery, Gate, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.issue import Approval, ApprovalRule, Issue, IssueStatus, Newsletter
from vesicle.model.item import Item, Kind
from vesicle.model.message import Message
from vesicle.model.paper import FiledPaper
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.model.word import Cause, Word
from vesicle.pipeline.book import Book
from vesicle.pipeline.lanes.issues import IssueDesk, IssueLane
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import Dispatch, Report
from vesicle.ports import Ledger
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemorySlots, MemorySubscribers, MemoryWords
from vesicle.testing.recording import RecordingChannel

DUE = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # nine on Thursday in Bangkok
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
START = DUE - timedelta(days=5)


class Folder:
    """Content in memory that a composed issue is written to."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}

    def read(self) -> Content:
        raise AssertionError("a lane reads what it is given")

    def write_new(self, path: str, text: str) -> bool:
        is_new = path not in self.written
        self.written.setdefault(path, text)
        return is_new

    def file_paper(self, paper: FiledPaper) -> str:
        raise AssertionError("a lane files no papers")

    def write_approval(self, issue: Issue) -> None:
        raise AssertionError("a lane approves nothing")


class Site:
    """One newsletter with two readers, and everything about it in memory."""

    def __init__(self, newsletter: Newsletter | None = None) -> None:
        self.newsletter = newsletter or nouns.newsletter()
        self.clock = FixedClock(START)
        people = [
            Subscriber(
                id=f"{number:032x}",
                email=f"{number}@readers.example",
                status=SubscriberStatus.CONFIRMED,
                language="en",
                zone=zone,
            )
            for number, zone in enumerate(("America/New_York", "Pacific/Kiritimati"), start=1)
        ]
        self.people = MemorySubscribers(people)
        self.ledger = MemoryLedger(self.people)
        self.slots = MemorySlots()
        self.words = MemoryWords(self.ledger)
        self.email = RecordingChannel(clock=self.clock)
        self.bluesky = RecordingChannel(clock=self.clock)
        self.folder = Folder()
        self.content: Content | None = Content()
        self.problems: tuple[str, ...] = ()
        self.obstacle = ""
        self.has_slots = False
        self.has_bluesky = True
        self.is_rehearsal = False
        self.lane = self.restarted()

    def restarted(self) -> IssueLane:
        """Give the lane of a new process."""
        found = {self.newsletter.slug: self.newsletter}
        jobs = frozenset({Job.ISSUE, Job.COMPOSE})
        desk = IssueDesk(
            newsletters=found,
            content=lambda _: self.content,
            prepared=lambda issue, _: self.prepared(issue),
            zones=self._zones,
            store=self.folder,
            words=self.words,
        )
        dispatch = Dispatch(
            ledger=self.ledger,
            channels={"email": self.email} | ({"bluesky": self.bluesky} if self.has_bluesky else {}),
            clock=self.clock,
            obstacle=lambda _: self.obstacle,
            slots=frozenset({"bluesky"}) if self.has_slots else frozenset(),
            is_rehearsal=self.is_rehearsal,
        )
        self.lane = IssueLane(Book(self.slots, of_newsletters(found), jobs=jobs), desk, dispatch)
        return self.lane

    def _zones(self, newsletter: Newsletter) -> Collection[str]:
        return self.people.zones(newsletter.audience)

    def prepared(self, issue: Issue) -> Prepared:
        text = f"{issue.subject} {issue.slug}"
        mail = Message(channel="email", slug=issue.slug, lang="en", text=text, html="<p>")
        post = Message(channel="bluesky", slug="item", lang="en", text=text)
        return Prepared(issue=issue, newsletter=self.newsletter, mails=(mail,), posts=(post,), problems=())

    def approved(self, **changes: object) -> Issue:
        issue = nouns.issue(**changes)
        approval = Approval(by="An editor", at=START, hash=self.prepared(issue).hash)
        return replace(issue, approval=approval)

    def has(self, *issues: Issue, items: tuple[Item, ...] = ()) -> None:
        self.content = Content(
            issues={one.slug: one for one in issues}, items={(one.slug, one.lang): one for one in items}
        )

    def at(self, moment: datetime) -> list[Report]:
        self.clock.at = moment
        return self.lane.tick(moment)

    def got(self) -> list[str]:
        return [one.frozen for one in self.email.delivered]

    def states(self) -> dict[datetime, str]:
        return {slot.due: slot.state.value for slot in self.slots.of("issue/letter", since=START)}

    def told(self) -> set[tuple[Cause, str]]:
        return {(word.cause, word.about.partition(" ")[0]) for word in self.words.untold()}


@pytest.fixture
def site() -> Site:
    made = Site()
    made.at(START)
    return made


def test_an_approved_issue_goes_out_at_its_time_once_and_the_editor_is_told(site: Site) -> None:
    site.has(site.approved())
    site.at(DUE - MINUTE)
    assert site.got() == []
    site.at(DUE)
    site.at(DUE + MINUTE)
    assert site.got() == ["one", "one"]
    assert site.states() == {DUE: "done"}
    assert (Cause.SENT, "one") in site.told()


def test_a_new_process_sends_nothing_again(site: Site) -> None:
    site.has(site.approved())
    site.at(DUE)
    site.restarted()
    site.at(DUE + MINUTE)
    assert site.got() == ["one", "one"]


def test_approved_late_it_is_made_up_within_its_grace(site: Site) -> None:
    site.has(nouns.issue())
    site.at(DUE)
    assert (Cause.HELD, "one") in site.told()
    site.has(site.approved())
    site.at(DUE + 6 * HOUR)
    assert site.got() == ["one", "one"]
    assert (Cause.HELD, "one") not in site.told()


def test_beyond_its_grace_it_is_missed_told_and_left_to_a_person(site: Site) -> None:
    site.has(nouns.issue())
    site.at(DUE)
    site.at(DUE + 6 * HOUR + MINUTE)
    site.has(site.approved())
    site.at(DUE + 7 * HOUR)
    assert site.got() == []
    assert site.states() == {DUE: "missed"}
    assert (Cause.MISSED, "one") in site.told()


def test_after_an_outage_it_is_made_up_within_the_grace_and_never_beyond(site: Site) -> None:
    late = site.approved(slug="late", due=datetime(2026, 11, 24, 9, 0))  # noqa: DTZ001 - a wall time
    site.has(late, site.approved())
    site.restarted()
    site.at(DUE + HOUR)
    assert site.got() == ["one", "one"]
    assert site.states()[DUE - timedelta(days=2)] == "missed"


def test_a_slot_without_an_issue_is_missed_and_told(site: Site) -> None:
    site.at(DUE + 7 * HOUR)
    assert site.states() == {DUE: "missed"}
    assert (Cause.MISSED, "letter") in site.told()


def test_an_issue_that_the_editor_moved_is_no_missed_slot(site: Site) -> None:
    site.has(site.approved(due=datetime(2026, 11, 27, 15, 0)))  # noqa: DTZ001 - a wall time
    site.at(DUE + 7 * HOUR)
    assert site.states() == {DUE: "skipped"}
    site.at(DUE + timedelta(days=1, hours=6))
    assert site.got() == ["one", "one"]


def test_an_issue_that_was_cancelled_leaves_its_slot_empty_without_a_word(site: Site) -> None:
    site.has(replace(site.approved(), status=IssueStatus.CANCELLED))
    site.at(DUE)
    assert site.states() == {DUE: "skipped"}
    assert site.told() == set()


def test_a_clock_that_was_put_forward_and_back_costs_no_issue(site: Site) -> None:
    site.has(site.approved())
    site.at(DUE + timedelta(days=2))
    assert site.states()[DUE] == "missed"
    site.at(DUE - HOUR)
    site.at(DUE)
    assert site.got() == ["one", "one"]
    assert site.states()[DUE] == "done"


def test_while_a_file_is_being_written_nothing_is_done_with_it(site: Site) -> None:
    site.has(site.approved())
    site.at(DUE - MINUTE)
    whole, site.content = site.content, None
    site.at(DUE - MINUTE / 2)
    site.content = whole
    site.at(DUE)
    assert site.got() == ["one", "one"]


def test_what_stands_in_the_way_is_told_once_and_again_when_it_is_another(site: Site) -> None:
    site.has(site.approved())
    site.obstacle = "nobody could leave"
    site.at(DUE)
    held = [word.text for word in site.words.untold() if word.cause is Cause.HELD]
    assert held == ["Nobody could leave."]
    site.obstacle = "it is not known how PMID 1 stands"
    site.at(DUE + MINUTE)
    site.obstacle = ""
    site.at(DUE + 2 * MINUTE)
    assert site.got() == ["one", "one"]
    assert (Cause.HELD, "one") not in site.told()


def test_an_issue_becomes_due_while_another_is_being_sent(site: Site) -> None:
    late = site.approved(slug="two", due=datetime(2026, 11, 26, 9, 5))  # noqa: DTZ001 - a wall time
    site.has(site.approved(), late)
    record = site.email.deliver_all

    def slow(feed: Iterator[Delivery], ledger: Ledger) -> None:
        def waiting() -> Iterator[Delivery]:
            for delivery in feed:
                yield delivery
                site.clock.forward(5 * MINUTE)

        record(waiting(), ledger)

    site.email.deliver_all = slow  # type: ignore[method-assign]  # a channel that takes its time
    site.at(DUE)
    assert sorted(site.got()) == ["one", "one", "two", "two"]
    site.at(site.clock.at)
    assert site.states() == {DUE: "done", DUE + 5 * MINUTE: "done"}


def test_an_issue_that_rested_too_long_half_sent_is_held_for_a_person(site: Site) -> None:
    site.has(site.approved())
    stop: list[Delivery] = []

    def one_alone(feed: Iterator[Delivery], ledger: Ledger) -> None:
        stop.append(next(feed))
        assert ledger.begin(stop[0], now=site.clock()).result()
        ledger.end(stop[0], Outcome(state=State.SENT, at=site.clock()))

    usual, site.email.deliver_all = site.email.deliver_all, one_alone  # type: ignore[method-assign]  # stops
    site.at(DUE)
    site.email.deliver_all = usual  # type: ignore[method-assign]  # goes on
    site.restarted()
    site.at(DUE + timedelta(days=3))
    assert site.got() == []
    assert site.ledger.gate("one") is Gate.HELD
    assert any("othing was sent of it since" in word.text for word in site.words.untold())
    site.ledger.resume("one", now=site.clock())
    site.at(DUE + timedelta(days=3, hours=1))
    assert len(site.got()) == 1


def test_posts_of_channels_with_slots_wait_and_the_issue_is_done_without_them() -> None:
    site = Site()
    site.has_slots = True
    site.restarted()
    site.at(START)
    site.has(site.approved())
    site.at(DUE)
    site.at(DUE + MINUTE)
    assert site.states() == {DUE: "done"}
    assert site.bluesky.delivered == []


READERS = nouns.newsletter(readers_time="09:00")


def test_each_reader_gets_it_at_nine_of_their_own_day() -> None:
    site = Site(READERS)
    site.at(START)
    site.has(site.approved())
    first, last = DUE - 7 * HOUR, DUE + 12 * HOUR
    site.at(first - MINUTE)
    assert site.got() == []
    site.at(first)
    assert [one.to.zone for one in site.email.delivered if one.to] == ["Pacific/Kiritimati"]
    site.at(last - MINUTE)
    assert len(site.got()) == 1
    site.at(last)
    site.at(last + MINUTE)
    assert len(site.got()) == 2
    assert set(site.states().values()) == {"done"}


def test_readers_whose_time_went_by_while_nothing_ran_are_left_to_a_person() -> None:
    site = Site(READERS)
    site.at(START)
    site.has(site.approved())
    site.at(DUE - 7 * HOUR)
    site.restarted()
    site.at(DUE + 20 * HOUR)
    assert len(site.got()) == 1
    assert site.ledger.gate("one") is Gate.HELD
    assert any("1 readers" in word.text for word in site.words.untold())
    site.ledger.resume("one", now=site.clock())
    site.at(DUE + 21 * HOUR)
    assert len(site.got()) == 2


ITEMS = tuple(nouns.item(slug=f"item-{number}", kind=Kind.EXPLAINER) for number in range(3))
COMPOSED = nouns.newsletter(compose_ahead=timedelta(days=3), min_items=2)


def test_an_issue_is_composed_days_ahead_once() -> None:
    site = Site(COMPOSED)
    site.has(items=ITEMS)
    site.at(START)
    site.at(DUE - timedelta(days=3) - MINUTE)
    assert site.folder.written == {}
    reports = site.at(DUE - timedelta(days=3))
    site.at(DUE - timedelta(days=3) + MINUTE)
    assert list(site.folder.written) == ["issues/2026-11-26-letter.md"]
    assert [one.said for one in reports if one.said] == ["composed"]


def test_with_too_few_items_it_is_skipped_and_said_to_the_editor() -> None:
    site = Site(COMPOSED)
    site.has(items=ITEMS[:1])
    site.at(START)
    reports = site.at(DUE - timedelta(days=3))
    assert site.folder.written == {}
    assert [one.said for one in reports if one.said] == ["not composed: 1 of 2 items are ready"]
    assert (Cause.SKIPPED, "letter") in site.told()
    (slot,) = site.slots.of("compose/letter", since=START)
    assert slot.state is SlotState.SKIPPED


def test_a_draft_that_waits_is_told_with_its_due_time_and_the_approval_of_it_too(site: Site) -> None:
    site.has(nouns.issue())
    site.at(DUE - timedelta(days=2))
    assert (Cause.DRAFT, "one") in site.told()
    site.has(site.approved())
    site.at(DUE - timedelta(days=1))
    assert (Cause.APPROVED, "one") in site.told()
    assert (Cause.DRAFT, "one") not in site.told()


def test_without_approval_it_goes_out_only_where_that_is_written_down() -> None:
    site = Site(nouns.newsletter(approval=ApprovalRule.AUTOMATIC))
    site.at(START)
    site.has(nouns.issue(status=IssueStatus.DRAFT))
    site.at(DUE)
    assert site.got() == ["one", "one"]


# what stands in the way of one thing keeps no other thing


def first_alone(site: Site) -> Callable[[Iterator[Delivery], Ledger], None]:
    """Let the channel deliver to one reader and put the others off for eight hours; give the usual way."""
    usual = site.email.deliver_all

    def one_alone(feed: Iterator[Delivery], ledger: Ledger) -> None:
        for number, delivery in enumerate(feed):
            assert ledger.begin(delivery, now=site.clock()).result()
            at, later = site.clock(), site.clock() + 8 * HOUR
            outcome = Outcome(state=State.DEFERRED, at=at, retry_at=later)
            if number == 0:
                site.email.delivered.append(delivery)
                outcome = Outcome(state=State.SENT, at=at)
            ledger.end(delivery, outcome)

    site.email.deliver_all = one_alone  # type: ignore[method-assign]  # a server that takes one
    return usual


def unwritable(site: Site, cause: Cause) -> Callable[..., int]:
    """Let no word of *cause* be written down; give the usual way."""
    usual = site.words.note

    def locked(words: Iterable[Word], *, now: datetime) -> int:
        known = list(words)
        if any(word.cause is cause for word in known):
            raise TemporaryFailure("the database is locked")
        return usual(known, now=now)

    site.words.note = locked  # type: ignore[method-assign]  # a database that is locked
    return usual


def test_a_folder_that_cannot_be_written_keeps_no_issue_from_going_out() -> None:
    site = Site(COMPOSED)
    site.has(site.approved(), items=ITEMS)
    site.at(START)

    def refused(path: str, text: str) -> bool:
        raise TemporaryFailure(f"content/{path} cannot be written: Read-only file system")

    site.folder.write_new = refused  # type: ignore[method-assign]  # a disk that is read-only
    reports = site.at(DUE)
    later = site.at(DUE + timedelta(days=4))
    assert site.got() == ["one", "one"]
    assert [one.held for one in (*reports, *later) if one.has_failed] == [
        "content/issues/2026-12-03-letter.md cannot be written: Read-only file system"
    ]


def test_a_file_renamed_while_it_is_being_sent_reaches_nobody_twice() -> None:
    site = Site(nouns.newsletter(approval=ApprovalRule.AUTOMATIC))
    site.at(START)
    site.has(nouns.issue())
    usual = first_alone(site)
    site.at(DUE)
    site.email.deliver_all = usual  # type: ignore[method-assign,assignment]  # all of them again
    site.has(nouns.issue(slug="one-with-a-better-name"))
    site.at(DUE + 2 * HOUR)
    assert site.got() == ["one"]
    assert (Cause.HELD, "one") in site.told()
    site.has(nouns.issue())
    site.at(DUE + 9 * HOUR)
    people = [one.to.id for one in site.email.delivered if one.to]
    assert len(people) == len(set(people)) == 2


def test_slots_that_could_not_be_written_down_are_not_lost(site: Site) -> None:
    early = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    site.has(site.approved(due=datetime(2026, 11, 25, 15, 0)))  # noqa: DTZ001 - a wall time
    site.at(early - MINUTE)
    usual = site.slots.add

    def locked(slots: Sequence[Slot]) -> None:
        if slots:
            raise TemporaryFailure("the database is locked")

    site.slots.add = locked  # type: ignore[method-assign]  # a database that is locked
    with pytest.raises(TemporaryFailure):
        site.at(early)
    site.slots.add = usual  # type: ignore[method-assign]  # it is free again
    site.at(early + MINUTE)
    assert site.got() == ["one", "one"]


def test_of_two_issues_of_one_slot_the_late_one_does_not_go_out_with_the_other(site: Site) -> None:
    usual = first_alone(site)
    site.has(site.approved(), nouns.issue(slug="two"))
    site.at(DUE)
    site.email.deliver_all = usual  # type: ignore[method-assign,assignment]  # all of them again
    site.has(site.approved(), site.approved(slug="two"))
    site.at(DUE + 7 * HOUR)
    assert "two" not in site.got()
    assert (Cause.MISSED, "two") in site.told()


def test_without_any_grace_it_still_goes_out_at_the_next_look() -> None:
    site = Site(nouns.newsletter(grace=timedelta(0)))
    site.at(START)
    site.has(site.approved())
    site.at(DUE - timedelta(seconds=3))
    site.at(DUE + timedelta(seconds=7))
    assert site.got() == ["one", "one"]


@pytest.mark.parametrize("is_restarted", [True, False])
def test_after_days_without_a_mail_server_the_rest_is_held(is_restarted: bool, site: Site) -> None:
    site.has(site.approved())
    usual = site.email.deliver_all

    def away(feed: Iterator[Delivery], ledger: Ledger) -> None:
        ledger.release([next(feed)])
        raise TemporaryFailure("connection refused")

    site.email.deliver_all = away  # type: ignore[method-assign]  # the server is away
    site.at(DUE)
    site.at(DUE + timedelta(days=1))
    if is_restarted:
        site.restarted()
    site.email.deliver_all = usual  # type: ignore[method-assign]  # it is back
    site.at(DUE + timedelta(days=5))
    assert site.got() == []
    assert site.ledger.gate("one") is Gate.HELD


def test_a_machine_that_slept_in_the_middle_of_a_send_does_not_go_on_by_itself(site: Site) -> None:
    site.has(site.approved())
    usual = first_alone(site)
    site.at(DUE)
    site.email.deliver_all = usual  # type: ignore[method-assign,assignment]  # all of them again
    site.at(DUE + timedelta(days=5))
    assert len(site.got()) == 1


@pytest.mark.parametrize(
    ("cause", "is_approved", "when", "about"),
    [
        (Cause.MISSED, False, DUE + 7 * HOUR, "one"),
        (Cause.HELD, False, DUE, "one"),
        (Cause.SENT, True, DUE, "one"),
    ],
)
def test_a_word_that_could_not_be_written_down_is_told_at_the_next_look(
    cause: Cause, is_approved: bool, when: datetime, about: str, site: Site
) -> None:
    site.has(site.approved() if is_approved else nouns.issue())
    usual = unwritable(site, cause)
    with pytest.raises(TemporaryFailure):
        site.at(when)
    site.words.note = usual  # type: ignore[method-assign]  # it is free again
    site.at(when + MINUTE)
    assert (cause, about) in site.told()


def test_a_slot_for_which_too_few_items_were_ready_is_told_once() -> None:
    site = Site(COMPOSED)
    site.has(items=ITEMS[:1])
    site.at(START)
    site.at(DUE - timedelta(days=3))
    site.at(DUE + 7 * HOUR)
    assert [cause for cause, _ in site.told()] == [Cause.SKIPPED]


def test_a_newsletter_that_was_taken_out_and_comes_back_counts_from_then_on() -> None:
    site = Site()
    site.at(START)
    letter, site.newsletter = site.newsletter, nouns.newsletter(slug="other")
    site.restarted()
    site.at(START + HOUR)
    site.newsletter = letter
    site.restarted()
    site.at(DUE + timedelta(days=182))
    assert not any(about == "letter" for _, about in site.told())


def test_a_draft_tells_when_the_first_reader_is_to_get_it() -> None:
    site = Site(READERS)
    site.at(START)
    site.has(nouns.issue())
    site.at(DUE - timedelta(days=2))
    (word,) = [word for word in site.words.untold() if word.cause is Cause.DRAFT]
    assert "Thursday 26 November 2026 at 02:00 (Asia/Bangkok)" in word.text


def test_a_compose_slot_that_was_missed_says_how_to_compose_by_hand() -> None:
    site = Site(COMPOSED)
    site.has(items=ITEMS)
    site.at(START)
    site.restarted()
    site.at(DUE + timedelta(days=20))
    mends = {word.mend for word in site.words.untold() if word.about.startswith("compose/")}
    assert mends == {"`vesicle compose letter` makes the issue."}


def test_what_is_owed_on_a_channel_that_is_gone_keeps_no_slot_open(site: Site) -> None:
    site.has(site.approved())

    def away(feed: Iterator[Delivery], ledger: Ledger) -> None:
        ledger.release([next(feed)])
        raise TemporaryFailure("the token has expired")

    site.bluesky.deliver_all = away  # type: ignore[method-assign]  # it is away for ever
    site.at(DUE)
    assert site.states() == {DUE: "open"}
    site.has_bluesky = False
    site.restarted()
    site.at(DUE + MINUTE)
    assert site.states() == {DUE: "done"}


def test_a_rehearsal_leaves_the_slot_to_the_issue_itself(site: Site) -> None:
    site.is_rehearsal = True
    site.restarted()
    site.has(site.approved())
    site.at(DUE)
    assert site.got() == ["rehearsal/one", "rehearsal/one"]
    assert site.told() == set()
    site.is_rehearsal = False
    site.restarted()
    site.at(DUE + HOUR)
    assert site.got()[2:] == ["one", "one"]
