from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Delivery, State
from vesicle.model.errors import DiskFailure, PermanentFailure
from vesicle.model.issue import Approval, ApprovalRule, IssueStatus
from vesicle.model.message import Message
from vesicle.model.problem import Place, Problem, Severity
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import Dispatch, Report, nothing, send_due
from vesicle.ports import Ledger
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemorySubscribers
from vesicle.testing.recording import RecordingChannel

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
NEWSLETTER = nouns.newsletter(languages=("th", "en"))
ISSUE = nouns.issue()
PROBLEM = Problem(code="x.y", text="wrong", where=Place(file="a"), mend="mend it")


def prepared(text: str = "Hello", *, problems: tuple[Problem, ...] = ()) -> Prepared:
    mails = tuple(
        Message(channel="email", slug="one", lang=lang, text=f"{text} ({lang})", html="<p>")
        for lang in ("th", "en")
    )
    posts = (Message(channel="bluesky", slug="mice", lang="en", text=text),)
    return Prepared(issue=ISSUE, newsletter=NEWSLETTER, mails=mails, posts=posts, problems=problems)


def approved(one: Prepared) -> Prepared:
    approval = Approval(by="An editor", at=NOW, hash=one.hash)
    return replace(one, issue=replace(one.issue, approval=approval))


class Desk:
    """Everything that sending needs, in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        people = [
            Subscriber(id=f"{number:032x}", email=f"{lang}@readers.example", status=status, language=lang)
            for number, (lang, status) in enumerate(
                [
                    ("en", SubscriberStatus.CONFIRMED),
                    ("th", SubscriberStatus.CONFIRMED),
                    ("fa", SubscriberStatus.CONFIRMED),
                    ("de", SubscriberStatus.UNSUBSCRIBED),
                ]
            )
        ]
        self.subscribers = MemorySubscribers(people)
        self.ledger = MemoryLedger(self.subscribers)
        self.email = RecordingChannel(clock=self.clock)
        self.bluesky = RecordingChannel(clock=self.clock)
        self.undo = timedelta(0)
        self.obstacle = ""
        self.stop_after = 100
        self.is_rehearsal = False
        self.errands = nothing

    def states(self) -> dict[State, int]:
        return dict(self.ledger.tally("one").counts)

    def send(self, one: Prepared) -> list[Report]:
        dispatch = Dispatch(
            ledger=self.ledger,
            channels={"email": self.email, "bluesky": self.bluesky},
            clock=self.clock,
            undo=self.undo,
            obstacle=lambda _: self.obstacle,
            is_rehearsal=self.is_rehearsal,
            errands=self.errands,
            stopping=lambda: len(self.email.delivered) >= self.stop_after,
        )
        return send_due([one.issue], lambda _: one, dispatch)

    def notices(self) -> list[Report]:
        """Send while no issue is due."""
        dispatch = Dispatch(
            ledger=self.ledger,
            channels={"email": self.email},
            clock=self.clock,
            errands=self.errands,
            is_rehearsal=self.is_rehearsal,
        )
        return send_due([], lambda _: prepared(), dispatch)

    def owe(self, number: str) -> None:
        """Owe the first reader a notice."""
        person = next(self.subscribers.all())
        self.ledger.owe(nouns.notice("confirm", number), person, due=self.clock())

    def texts(self) -> list[str]:
        return [one.message.text for one in self.email.delivered]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_approved_issue_reaches_each_confirmed_reader_in_their_language_or_the_fallback(
    desk: Desk,
) -> None:
    reports = desk.send(approved(prepared()))
    got = {one.to.email: one.message.text for one in desk.email.delivered if one.to}
    assert got == {
        "en@readers.example": "Hello (en)",
        "th@readers.example": "Hello (th)",
        "fa@readers.example": "Hello (en)",
    }
    assert [one.message.text for one in desk.bluesky.delivered] == ["Hello"]
    assert {(one.slug, one.tally[State.SENT]) for one in reports if one.tally} == {
        ("one", 3),
        ("one/mice/bluesky", 1),
    }


def test_a_second_run_sends_nothing(desk: Desk) -> None:
    desk.send(approved(prepared()))
    assert desk.send(approved(prepared())) == []
    assert len(desk.email.delivered) == 3


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (prepared(), "not approved"),
        (replace(approved(prepared()), mails=prepared("Changed").mails), "changed since it was approved"),
        (approved(prepared(problems=(PROBLEM,))), "problems"),
        (
            replace(prepared(), issue=replace(approved(prepared()).issue, status=IssueStatus.DRAFT)),
            "not approved",
        ),
        (
            replace(prepared(), issue=replace(approved(prepared()).issue, status=IssueStatus.CANCELLED)),
            "cancelled",
        ),
    ],
)
def test_an_issue_that_may_not_go_is_held_with_the_reason_and_nothing_is_frozen(
    desk: Desk, one: Prepared, reason: str
) -> None:
    reports = desk.send(one)
    assert [reason in report.held for report in reports] == [True]
    assert desk.email.delivered == []
    assert desk.ledger.frozen("one") is None


def test_a_warning_holds_nothing(desk: Desk) -> None:
    desk.send(approved(prepared(problems=(replace(PROBLEM, severity=Severity.WARNING),))))
    assert len(desk.email.delivered) == 3


def test_approval_is_not_asked_for_where_the_newsletter_says_automatic(desk: Desk) -> None:
    automatic = replace(NEWSLETTER, approval=ApprovalRule.AUTOMATIC)
    desk.send(replace(prepared(), newsletter=automatic))
    assert len(desk.email.delivered) == 3


class Away(RecordingChannel):
    """A channel that cannot work."""

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        raise PermanentFailure("the server is away")


def test_what_is_left_of_an_issue_goes_out_when_the_channel_works_again(desk: Desk) -> None:
    working, desk.email = desk.email, Away(clock=desk.clock)
    reports = desk.send(approved(prepared()))
    assert {one.held for one in reports if one.channel == "email"} == {"the server is away"}
    assert len(desk.bluesky.delivered) == 1
    desk.email = working
    desk.send(approved(prepared()))
    assert desk.states() == {State.SENT: 3}


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (approved(prepared("Changed")), "changed since it was frozen"),
        (approved(prepared(problems=(PROBLEM,))), "problems"),
    ],
)
def test_an_issue_whose_files_have_changed_since_the_freeze_is_held_until_a_person_says_to_go_on(
    desk: Desk, now: Prepared, why: str
) -> None:
    working, desk.email = desk.email, Away(clock=desk.clock)
    desk.send(approved(prepared()))
    desk.email = working
    (report,) = desk.send(now)
    assert why in report.held
    assert desk.email.delivered == []
    (again,) = desk.send(approved(prepared()))
    assert "vesicle resume one" in again.held

    desk.ledger.resume("one", now=NOW, as_frozen=True)
    desk.send(now)
    assert {one.message.text for one in desk.email.delivered} == {"Hello (en)", "Hello (th)"}


def test_a_held_issue_is_not_sent_and_a_cancelled_one_never(desk: Desk) -> None:
    desk.undo = timedelta(minutes=1)
    desk.send(approved(prepared()))
    desk.ledger.hold("one")
    desk.clock.forward(timedelta(minutes=1))
    (report,) = desk.send(approved(prepared()))
    assert "vesicle resume one" in report.held
    desk.ledger.cancel("one", now=NOW)
    assert desk.send(approved(prepared())) == []
    assert (desk.email.delivered, desk.bluesky.delivered) == ([], [])


def test_nothing_goes_out_in_the_time_to_undo(desk: Desk) -> None:
    desk.undo = timedelta(minutes=1)
    desk.send(approved(prepared()))
    desk.clock.forward(timedelta(seconds=59))
    desk.send(approved(prepared()))
    assert (desk.email.delivered, desk.bluesky.delivered) == ([], [])
    desk.clock.forward(timedelta(seconds=1))
    desk.send(approved(prepared()))
    assert (len(desk.email.delivered), len(desk.bluesky.delivered)) == (3, 1)


def test_nothing_is_frozen_while_there_is_an_obstacle(desk: Desk) -> None:
    desk.obstacle = "nobody could leave"
    assert [report.held for report in desk.send(approved(prepared()))] == ["nobody could leave"]
    assert desk.ledger.frozen("one") is None


def test_what_was_taken_and_not_handed_over_when_asked_to_stop_is_owed_again(desk: Desk) -> None:
    desk.stop_after = 1
    desk.send(approved(prepared()))
    assert desk.states() == {State.SENT: 1, State.PENDING: 2}
    desk.stop_after = 100
    desk.send(approved(prepared()))
    assert desk.states() == {State.SENT: 3}
    assert {one.attempts for one in desk.email.delivered} == {1}


def test_a_disk_that_fails_ends_the_run(desk: Desk) -> None:
    class Broken(RecordingChannel):
        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            raise DiskFailure("look at the disk")

    desk.email = Broken(clock=desk.clock)
    with pytest.raises(DiskFailure):
        desk.send(approved(prepared()))


def test_the_audience_of_the_newsletter_alone_is_owed_the_issue(desk: Desk) -> None:
    thai = replace(NEWSLETTER, audience=Audience(languages=("th",)))
    desk.send(approved(replace(prepared(), newsletter=thai)))
    assert [one.to.language for one in desk.email.delivered if one.to] == ["th"]


def test_who_left_between_freezing_and_sending_gets_nothing(desk: Desk) -> None:
    class Leaving(RecordingChannel):
        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            leaver = next(desk.subscribers.all())
            gone = Consent(event=ConsentEvent.WITHDRAWN, at=NOW, source="link")
            desk.subscribers.set_status(leaver.id, SubscriberStatus.UNSUBSCRIBED, gone)
            super().deliver_all(feed, ledger)

    desk.email = Leaving(clock=desk.clock)
    desk.send(approved(prepared()))
    assert len(desk.email.delivered) == 2
    assert desk.ledger.tally("one")[State.SKIPPED] == 1


def test_a_rehearsal_sends_no_posts_and_leaves_the_issue_to_be_sent(desk: Desk) -> None:
    desk.is_rehearsal = True
    reports = desk.send(approved(prepared()))
    assert [one.slug for one in reports] == ["rehearsal/one"]
    assert (len(desk.email.delivered), len(desk.bluesky.delivered)) == (3, 0)
    desk.is_rehearsal = False
    desk.send(approved(prepared()))
    assert (len(desk.email.delivered), len(desk.bluesky.delivered)) == (6, 1)
    assert len({one.key for one in desk.email.delivered}) == 6


def test_an_obstacle_that_comes_up_after_the_freeze_lets_nothing_more_out_and_passes(desk: Desk) -> None:
    working, desk.email = desk.email, Away(clock=desk.clock)
    desk.send(approved(prepared()))
    desk.email, desk.obstacle = working, "nobody could leave"
    assert [report.held for report in desk.send(approved(prepared()))] == ["nobody could leave"]
    assert desk.email.delivered == []
    desk.obstacle = ""
    desk.send(approved(prepared()))
    assert len(desk.email.delivered) == 3


def test_of_an_issue_that_nobody_asks_for_any_more_nothing_goes_out(desk: Desk) -> None:
    working, desk.email = desk.email, Away(clock=desk.clock)
    desk.send(approved(prepared()))
    desk.email = working
    other = approved(prepared())
    other = replace(other, issue=replace(other.issue, slug="two"))
    desk.send(approved(replace(other, issue=replace(other.issue, slug="two"))))
    assert {one.frozen for one in desk.email.delivered} == {"two"}
    assert desk.states() == {State.PENDING: 3}


def test_posts_that_are_left_go_out_although_the_mails_are_done(desk: Desk) -> None:
    working, desk.bluesky = desk.bluesky, Away(clock=desk.clock)
    desk.send(approved(prepared()))
    assert desk.states() == {State.SENT: 3}
    desk.bluesky = working
    desk.send(approved(prepared()))
    assert len(desk.bluesky.delivered) == 1


def test_notices_go_before_the_issue(desk: Desk) -> None:
    desk.owe("1")
    desk.send(approved(prepared()))
    assert desk.texts() == ["A notice to confirm.", "Hello (en)", "Hello (th)", "Hello (en)"]


def test_a_notice_that_is_owed_meanwhile_overtakes_the_rest_within_a_second(desk: Desk) -> None:
    class Slow(RecordingChannel):
        """A channel that takes 0.6 seconds for each mail; during the first somebody signs up."""

        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            def slowly() -> Iterator[Delivery]:
                for number, delivery in enumerate(feed):
                    yield delivery
                    desk.clock.forward(timedelta(seconds=0.6))
                    if number == 0:
                        desk.owe("1")

            super().deliver_all(slowly(), ledger)

    desk.email = Slow(clock=desk.clock)
    desk.send(approved(prepared()))
    assert desk.texts() == ["Hello (en)", "Hello (th)", "A notice to confirm.", "Hello (en)"]


def test_notices_go_out_when_no_issue_is_due(desk: Desk) -> None:
    desk.errands = lambda: desk.owe("1")
    assert desk.notices() == [Report(slug="notices", channel="email", notices=1)]
    assert desk.texts() == ["A notice to confirm."]
    desk.errands = nothing
    assert desk.notices() == []


def test_a_notice_stays_where_it_is_in_a_rehearsal(desk: Desk) -> None:
    desk.owe("1")
    desk.is_rehearsal = True
    desk.notices()
    assert desk.texts() == []
    desk.is_rehearsal = False
    desk.notices()
    assert desk.texts() == ["A notice to confirm."]


def test_notices_that_cannot_go_out_are_told(desk: Desk) -> None:
    class Closed(RecordingChannel):
        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            raise PermanentFailure("the login was refused")

    desk.email = Closed(clock=desk.clock)
    assert desk.notices() == []
    desk.owe("1")
    (told,) = desk.notices()
    assert (told.slug, told.held, told.has_failed) == ("notices", "the login was refused", True)
