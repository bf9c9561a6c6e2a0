"""What stands in the way of one thing keeps no other, and nothing is told or sent twice or lost."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.pipeline.lanes.letter import COMPOSED, DUE, HOUR, ITEMS, MINUTE, READERS, START, Site

from vesicle.model.delivery import Delivery, Gate, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.issue import ApprovalRule
from vesicle.model.slot import Slot
from vesicle.model.word import Cause, Word
from vesicle.ports import Ledger
from vesicle.testing import nouns


@pytest.fixture
def site() -> Site:
    made = Site()
    made.at(START)
    return made


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
