"""What came back takes effect once, and only on whom it is proven to be about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rim.returned import BOUNCE, COMPLAINT, HARD, KEY, LEAVES, NOW, Site
from tests.rim.test_database import note_plan

from vesicle.deliver.email import verp
from vesicle.model.delivery import State
from vesicle.model.event import Effect, Event, EventType
from vesicle.model.subscriber import (
    ConsentEvent,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.pipeline.returned import effect


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.send("one")
    yield made
    made.close()


def test_a_permanent_bounce_suppresses_at_once(site: Site) -> None:
    assert site.take(site.about(HARD, "one")) == [Effect.BOUNCED]
    assert (site.status(), site.suppression()) == (SubscriberStatus.BOUNCED, SuppressionReason.BOUNCED)
    assert site.status(1) is SubscriberStatus.CONFIRMED


def test_so_does_a_complaint_and_it_is_in_the_consent_log(site: Site) -> None:
    assert site.take(site.about(COMPLAINT, "one")) == [Effect.COMPLAINED]
    assert (site.status(), site.suppression()) == (
        SubscriberStatus.COMPLAINED,
        SuppressionReason.COMPLAINED,
    )
    last = site.subscribers.consents(site.people[0].id)[-1]
    assert (last.event, last.source) == (ConsentEvent.WITHDRAWN, "complained mail")


def test_whoever_leaves_by_mail_has_left_and_may_come_back(site: Site) -> None:
    assert site.take(site.about(LEAVES, "one")) == [Effect.LEFT]
    assert (site.status(), site.suppression()) == (SubscriberStatus.UNSUBSCRIBED, None)
    last = site.subscribers.consents(site.people[0].id)[-1]
    assert (last.event, last.source) == (ConsentEvent.WITHDRAWN, "unsubscribed mail")


@pytest.mark.parametrize(
    "type_",
    [EventType.DELIVERED, EventType.OPENED, EventType.CLICKED, EventType.DEFERRED, EventType.UNKNOWN],
)
def test_what_says_nothing_bad_is_not_even_kept(site: Site, type_: EventType) -> None:
    assert site.take(site.about(replace(BOUNCE, type=type_), "one")) == [Effect.NONE]
    assert site.count() == 0


def test_a_refusal_of_ours_counts_against_nobody(site: Site) -> None:
    assert site.take(site.about(replace(BOUNCE, type=EventType.REJECTED), "one")) == [Effect.NONE]
    assert site.status() is SubscriberStatus.CONFIRMED


def test_told_again_nothing_happens_again(site: Site) -> None:
    told = site.about(HARD, "one")
    assert [one.is_new for one in site.noted(told, told)] == [True, False]
    assert [one.is_new for one in site.noted(told)] == [False]
    assert site.count() == 1


def test_the_same_id_of_another_source_is_another_event(site: Site) -> None:
    told = site.about(BOUNCE, "one")
    assert [one.is_new for one in site.noted(told, replace(told, source="ses"))] == [True, True]


def test_the_third_issue_in_a_row_that_bounces_suppresses(site: Site) -> None:
    days = [NOW + timedelta(days=7 * week) for week in range(3)]
    for week, day in enumerate(days[1:], start=1):
        site.send(f"week {week}", at=day)
    slugs = ["one", "week 1", "week 2"]
    done = [site.take(site.about(BOUNCE, slug), now=days[-1]) for slug in slugs]
    assert done == [[Effect.NONE], [Effect.NONE], [Effect.BOUNCED]]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_reports_of_a_row_come_in_any_order(site: Site, order: tuple[int, ...]) -> None:
    slugs = ["one", "week 1", "week 2"]
    for week, slug in enumerate(slugs[1:], start=1):
        site.send(slug, at=NOW + timedelta(weeks=week))
    later = NOW + timedelta(weeks=2)
    done = [site.take(site.about(BOUNCE, slugs[number]), now=later) for number in order]
    assert done == [[Effect.NONE], [Effect.NONE], [Effect.BOUNCED]]


def test_three_bounces_of_one_issue_are_one(site: Site) -> None:
    told = site.about(BOUNCE, "one")
    assert site.take(*(replace(told, id=str(number)) for number in range(9))) == [Effect.NONE] * 9


def test_an_issue_that_arrived_ends_the_row(site: Site) -> None:
    for week in (1, 2, 3):
        site.send(f"week {week}", at=NOW + timedelta(days=week))
    later = NOW + timedelta(days=3)
    told = [site.about(BOUNCE, slug) for slug in ("one", "week 2", "week 3")]
    assert site.take(*told, now=later) == [Effect.NONE] * 3


def test_what_is_older_than_thirty_days_is_forgotten(site: Site) -> None:
    for slug, days in (("b", 20), ("c", 31)):
        site.send(slug, at=NOW + timedelta(days=days))
    later = NOW + timedelta(days=31)
    assert (
        site.take(*(site.about(BOUNCE, slug) for slug in ("one", "b", "c")), now=later) == [Effect.NONE] * 3
    )


def test_notices_are_no_issues_in_a_row(site: Site) -> None:
    for slug in ("notice/a", "notice/b"):
        site.send(slug, series="")
    told = [site.about(BOUNCE, slug) for slug in ("one", "notice/a", "notice/b")]
    assert site.take(*told) == [Effect.NONE] * 3


# out of order, and never milder


def test_a_status_never_becomes_milder(site: Site) -> None:
    assert site.take(site.about(COMPLAINT, "one"), site.about(HARD, "one"), site.about(LEAVES, "one")) == [
        Effect.COMPLAINED,
        Effect.NONE,
        Effect.NONE,
    ]
    assert site.status() is SubscriberStatus.COMPLAINED


def test_the_other_way_round_each_is_heard(site: Site) -> None:
    assert site.take(site.about(LEAVES, "one"), site.about(HARD, "one"), site.about(COMPLAINT, "one")) == [
        Effect.LEFT,
        Effect.BOUNCED,
        Effect.COMPLAINED,
    ]
    assert site.status() is SubscriberStatus.COMPLAINED


RANK = list(SubscriberStatus)


@pytest.mark.long
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([HARD, BOUNCE, COMPLAINT, LEAVES]), st.integers(0, 2), st.integers(0, 1)),
        max_size=12,
    )
)
def test_in_any_order_and_however_often_statuses_grow_and_each_event_is_kept_once(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[Event, int, int]]
) -> None:
    site = Site(tmp_path_factory.mktemp("site"))
    site.send("issue 0")
    site.send("issue 1", at=NOW + timedelta(days=1))
    events = [site.about(event, f"issue {issue}", person=number) for event, number, issue in told]
    for event in events:
        before = [RANK.index(site.status(number)) for number in range(3)]
        site.take(event, now=NOW + timedelta(days=1))
        after = [RANK.index(site.status(number)) for number in range(3)]
        assert all(old <= new for old, new in zip(before, after, strict=True))
    assert site.count() == len({event.id for event in events})
    for number in range(3):
        is_suppressed = site.suppression(number) is not None
        assert is_suppressed == (
            site.status(number) in (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
        )
    site.close()


# whom it is about


def test_an_address_alone_proves_nothing(site: Site) -> None:
    told = replace(COMPLAINT, recipient=site.people[0].email)
    (noted,) = site.noted(told)
    assert (noted.is_matched, noted.effect) == (False, Effect.NONE)
    assert (site.status(), site.count()) == (SubscriberStatus.CONFIRMED, 0)


def test_unless_a_provider_has_signed_it(site: Site) -> None:
    told = replace(COMPLAINT, recipient=site.people[0].email.upper())
    assert site.take(told, is_signed=True) == [Effect.COMPLAINED]


@pytest.mark.parametrize("change", ["key", "purpose", "letter", "nobody"])
def test_a_forged_token_touches_nobody(site: Site, change: str) -> None:
    person_id = "f" * 32 if change == "nobody" else site.people[0].id
    key = b"x" * 32 if change == "key" else KEY
    purpose = "other" if change == "purpose" else verp.BOUNCE
    token = verp.make(key, purpose, slug="one", person_id=person_id)
    if change == "letter":
        token = ("b" if token[0] == "a" else "a") + token[1:]
    told = replace(HARD, token=token, recipient=site.people[0].email)
    assert site.take(told) == [Effect.NONE]
    assert site.count() == 0


def test_the_address_to_leave_by_proves_it_too(site: Site) -> None:
    token = verp.make(KEY, verp.LEAVE, slug="one", person_id=site.people[1].id)
    assert site.take(replace(LEAVES, token=token)) == [Effect.LEFT]
    assert site.status(1) is SubscriberStatus.UNSUBSCRIBED


def test_our_message_id_proves_it_with_the_address(site: Site) -> None:
    seal = verp.message_seal(KEY, f"one:{site.people[0].id}")
    ours = f"anything.{seal}@letters.example"
    theirs = replace(HARD, message_id=ours, recipient=site.people[1].email)
    forged = replace(HARD, message_id=f"one.{'0' * 32}@letters.example", recipient=site.people[0].email)
    assert site.take(theirs, forged) == [Effect.NONE, Effect.NONE]
    assert site.take(replace(HARD, message_id=ours, recipient=site.people[0].email)) == [Effect.BOUNCED]


def test_nothing_happens_to_the_erased(site: Site) -> None:
    told = site.about(HARD, "one")
    site.subscribers.erase(site.people[0].id, now=NOW)
    assert [one.is_matched for one in site.noted(told)] == [False]
    assert site.suppression() is SuppressionReason.ERASED


def test_what_is_looked_for_comes_from_an_index(tmp_path: Path) -> None:
    """Each write waits for it: no question reads all deliveries or events."""
    site = Site(tmp_path)
    for week in range(3):
        site.send(f"week {week}", at=NOW + timedelta(weeks=week), state=State.FAILED, reason="RCPT: 550 no")
    plans: list[str] = []
    with site.database.reading() as connection:
        sqlalchemy.event.listen(connection.engine, "before_cursor_execute", partial(note_plan, plans))
    seal = verp.message_seal(KEY, f"week 0:{site.people[0].id}")
    by_id = replace(BOUNCE, message_id=f"x.{seal}@letters.example", recipient=site.people[0].email)
    assert site.noted(by_id, site.about(HARD, "week 1"))[0].is_matched
    site.returns.take_refusals(effect, now=NOW)
    site.subscribers.erase(site.people[0].id, now=NOW)
    assert len(plans) > 5
    # Of those that failed all are read, where none is an event yet.
    others = [plan.replace("SCAN deliveries USING INDEX deliveries_failed", "") for plan in plans]
    assert [plan for plan in others if "SCAN deliveries" in plan or "SCAN events" in plan] == []
    site.close()


def test_erasing_takes_a_person_out_of_what_came_back(site: Site) -> None:
    site.take(site.about(HARD, "one"))
    site.subscribers.erase(site.people[0].id, now=NOW)
    with site.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT subscriber_id, reason FROM events").all()
    assert rows == [(None, "")]


def test_what_came_back_of_a_rehearsal_is_about_nobody(tmp_path: Path) -> None:
    """Its mails went to one address: that it is gone says nothing of the readers."""
    site = Site(tmp_path)
    site.send("rehearsal/one", state=State.FAILED, reason="RCPT: 550 5.1.1 no such user", series="")
    assert site.returns.take_refusals(effect, now=NOW) == 0
    seal = verp.message_seal(KEY, f"rehearsal/one:{site.people[0].id}")
    by_id = replace(HARD, message_id=f"one.{seal}@letters.example", recipient=site.people[0].email)
    assert site.take(site.about(HARD, "rehearsal/one"), by_id) == [Effect.NONE, Effect.NONE]
    assert (site.status(), site.count()) == (SubscriberStatus.CONFIRMED, 0)
    site.close()


def test_what_comes_back_settles_an_unknown(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.send("one", state=State.UNKNOWN, reason="cut")
    site.take(site.about(replace(BOUNCE, type=EventType.DELIVERED), "one"))
    assert dict(site.ledger.tally("one").counts) == {State.SENT: 1, State.UNKNOWN: 2}
    site.close()


# what was refused while it was sent


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("RCPT: 550 5.1.1 no such user", SubscriberStatus.BOUNCED),
        ("RCPT: 550 5.2.1 disabled", SubscriberStatus.BOUNCED),
        ("RCPT: 550 5.1.10 null MX", SubscriberStatus.BOUNCED),
        ("the final dot: 554 5.0.0 no", SubscriberStatus.CONFIRMED),
        ("RCPT: 550 go away", SubscriberStatus.CONFIRMED),
        ("not reached by 2026-11-27 09:00 UTC, when it was given up; last: x", SubscriberStatus.CONFIRMED),
        ("the address cannot be written", SubscriberStatus.CONFIRMED),
    ],
)
def test_what_was_refused_counts_by_its_code(tmp_path: Path, reason: str, status: SubscriberStatus) -> None:
    site = Site(tmp_path)
    site.send("one", state=State.FAILED, reason=reason)
    assert site.returns.take_refusals(effect, now=NOW) == 3
    assert site.returns.take_refusals(effect, now=NOW) == 0
    assert [site.status(number) for number in range(3)] == [status] * 3
    site.close()


def test_three_issues_in_a_row_that_could_not_be_handed_over_suppress(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for week in range(3):
        site.send(f"week {week}", at=NOW + timedelta(days=week), state=State.FAILED, reason="RCPT: 550 no")
        site.returns.take_refusals(effect, now=NOW + timedelta(days=week))
        assert (site.suppression() is not None) == (week == 2)
    site.close()


def test_more_refusals_than_are_taken_at_once_are_all_taken(tmp_path: Path) -> None:
    site = Site(tmp_path, people=1_203)
    site.send("one", state=State.FAILED, reason="RCPT: 550 5.1.1 no")
    assert site.returns.take_refusals(effect, now=NOW) == 1_203
    assert site.count() == 1_203
    site.close()
