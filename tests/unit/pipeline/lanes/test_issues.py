"""Issues that compose, send and tell by themselves, at their slots."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.pipeline.lanes.letter import COMPOSED, DUE, HOUR, ITEMS, MINUTE, READERS, START, Site

from vesicle.model.delivery import Delivery, Gate, Outcome, State
from vesicle.model.issue import ApprovalRule, IssueStatus
from vesicle.model.slot import SlotState
from vesicle.model.word import Cause
from vesicle.ports import Ledger
from vesicle.testing import nouns


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
