"""What the ledger does with notices, and with readers who pause or want one issue a month."""

from datetime import UTC, date, datetime, timedelta

import pytest

from vesicle.model.delivery import MOST_ATTEMPTS, RESEND_AFTER, Delivery, Frozen, Outcome, State
from vesicle.model.message import Message
from vesicle.model.notice import CONFIRM, FAMILY
from vesicle.model.reader import Ask, AskPurpose, Settlement, Standing, Wishes
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Frequency, Subscriber, SubscriberStatus
from vesicle.ports import Deliveries, Ledger, Readers, Subscribers
from vesicle.testing import nouns

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ANN = "a" * 32
ASKED = Consent(event=ConsentEvent.ASKED, at=NOW, source="form sign-up")
CHANGED = Consent(event=ConsentEvent.CHANGED, at=NOW, source="page choose")
PENDING_ONLY = frozenset({SubscriberStatus.PENDING})


@pytest.fixture
def notice(readers: Readers) -> Frozen:
    """Owe Ann, who is pending, a confirmation mail."""
    notice = nouns.notice(CONFIRM, "1", reaches=PENDING_ONLY)

    def judge(ask: Ask, standing: Standing) -> Settlement:
        return Settlement(enrols=True, new_id=ANN, notice=notice)

    wishes = Wishes(language="en")
    readers.ask(Ask(purpose=AskPurpose.SIGN_UP, email="ann@x.example", wishes=wishes, consent=ASKED))
    readers.settle(judge, now=NOW, limit=1)
    return notice


def taken(ledger: Ledger, at: datetime, *, of: set[str] | None = None) -> list[Delivery]:
    return list(ledger.take("email", limit=100, now=at, lease=LEASE, of=of))


def end(ledger: Ledger, delivery: Delivery, state: State, at: datetime) -> None:
    assert ledger.begin(delivery, now=at).result()
    ledger.end(delivery, Outcome(state=state, at=at, reason="no answer"))
    ledger.flush()


def issue(slug: str, at: datetime, *, series: str = "letter") -> Frozen:
    text = Message(channel="email", slug=slug, lang="en", text="Hello")
    return Frozen(slug=slug, channel="email", hash=slug, messages={"en": text}, series=series, at=at)


def who(ledger: Ledger, slug: str, at: datetime) -> set[str]:
    return {one.to.email.partition("@")[0] for one in taken(ledger, at, of={slug}) if one.to}


def prefer(readers: Readers, person: Subscriber, **wishes: object) -> None:
    wished = Wishes(language="en", topics=person.topics, **wishes)  # type: ignore[arg-type]  # fields of wishes
    assert readers.prefer(person.id, wished, CHANGED)


def test_a_notice_is_of_its_family_and_reaches_whom_no_issue_does(ledger: Ledger, notice: Frozen) -> None:
    ledger.freeze(issue("one", NOW), Audience())
    assert taken(ledger, NOW, of={"one"}) == []
    (one,) = taken(ledger, NOW, of={FAMILY})
    assert (one.frozen, one.to and one.to.email) == (notice.slug, "ann@x.example")


def test_a_notice_whose_answer_was_lost_is_sent_again_after_a_while(ledger: Ledger, notice: Frozen) -> None:
    end(ledger, taken(ledger, NOW)[0], State.UNKNOWN, NOW)
    assert taken(ledger, NOW + RESEND_AFTER - timedelta(seconds=1)) == []
    (again,) = taken(ledger, NOW + RESEND_AFTER)
    assert again.attempts == 2


def test_so_is_one_whose_sender_died(ledger: Ledger, notice: Frozen) -> None:
    (one,) = taken(ledger, NOW)
    assert ledger.begin(one, now=NOW).result()
    later = NOW + LEASE + RESEND_AFTER + timedelta(seconds=1)
    taken(ledger, NOW + LEASE)  # finds that the lease has run out
    (again,) = taken(ledger, later)
    assert again.key == one.key


def test_an_issue_whose_answer_was_lost_is_not(
    ledger: Ledger, people: list[Subscriber], operator: Deliveries
) -> None:
    ledger.freeze(issue("one", NOW), Audience())
    for one in taken(ledger, NOW):
        end(ledger, one, State.UNKNOWN, NOW)
    assert taken(ledger, NOW + timedelta(days=1)) == []
    assert ledger.tally("one")[State.UNKNOWN] == len(people)


def test_a_notice_is_not_tried_for_ever(ledger: Ledger, notice: Frozen) -> None:
    at, attempts = NOW, 0
    while found := taken(ledger, at):
        attempts += 1
        assert (found[0].give_up is not None) == (attempts == MOST_ATTEMPTS)
        end(ledger, found[0], State.UNKNOWN, at)
        at += RESEND_AFTER
    assert attempts == MOST_ATTEMPTS


def test_a_notice_to_somebody_it_is_not_for_any_more_is_skipped(
    ledger: Ledger, readers: Readers, notice: Frozen, operator: Deliveries
) -> None:
    readers.confirm(ANN, 1, Consent(event=ConsentEvent.CONFIRMED, at=NOW, source="page confirm"))
    assert taken(ledger, NOW) == []
    assert [one.reason for one in operator.undelivered(notice.slug, {State.SKIPPED})] == ["confirmed"]


# pauses


def test_whoever_pauses_is_owed_no_issue_until_the_day(
    ledger: Ledger, readers: Readers, people: list[Subscriber]
) -> None:
    prefer(readers, people[0], paused_until=date(2026, 11, 27))
    for days, count in ((0, 6), (1, 6), (2, 7)):
        at = NOW + timedelta(days=days)
        assert ledger.freeze(issue(f"day {days}", at), Audience()) == count


def test_whoever_pauses_after_an_issue_was_frozen_is_skipped(
    ledger: Ledger, readers: Readers, people: list[Subscriber], operator: Deliveries
) -> None:
    ledger.freeze(issue("one", NOW), Audience())
    prefer(readers, people[0], paused_until=date(2026, 12, 25))
    assert len(taken(ledger, NOW)) == 6
    assert [one.reason for one in operator.undelivered("one", {State.SKIPPED})] == ["paused"]


def test_a_pause_holds_no_notice_back(ledger: Ledger, readers: Readers, notice: Frozen) -> None:
    readers.prefer(ANN, Wishes(language="en", paused_until=date(2026, 12, 25)), CHANGED)
    assert len(taken(ledger, NOW)) == 1


# one a month


def test_whoever_wants_one_a_month_gets_the_first_in_four_weeks(
    ledger: Ledger, readers: Readers, people: list[Subscriber]
) -> None:
    prefer(readers, people[0], frequency=Frequency.MONTHLY)
    name = people[0].email.partition("@")[0]
    got = []
    for week in range(9):
        at = NOW + timedelta(weeks=week)
        ledger.freeze(issue(f"week {week}", at), Audience())
        got.append(name in who(ledger, f"week {week}", at))
    assert got == [True, False, False, False, True, False, False, False, True]


def test_each_newsletter_has_a_month_of_its_own(
    ledger: Ledger, readers: Readers, people: list[Subscriber]
) -> None:
    prefer(readers, people[0], frequency=Frequency.MONTHLY)
    assert ledger.freeze(issue("one", NOW), Audience()) == 7
    assert ledger.freeze(issue("two", NOW, series="other"), Audience()) == 7
    assert ledger.freeze(issue("three", NOW), Audience()) == 6


def test_an_issue_that_did_not_reach_them_does_not_count(
    ledger: Ledger, readers: Readers, people: list[Subscriber], subscribers: Subscribers
) -> None:
    for person in people:
        prefer(readers, person, frequency=Frequency.MONTHLY)
    ledger.freeze(issue("one", NOW), Audience())
    first, *others = taken(ledger, NOW)
    end(ledger, first, State.FAILED, NOW)
    for one in others:
        end(ledger, one, State.SENT, NOW)
    assert subscribers.count(Audience(), series="letter", at=NOW + timedelta(days=7)) == 1
    assert ledger.freeze(issue("two", NOW + timedelta(days=7)), Audience()) == 1


def test_what_may_be_due_is_told_without_taking_it(
    subscribers: Subscribers, ledger: Ledger, readers: Readers
) -> None:
    assert not ledger.may_be_due("email", of={"notice"})
    ledger.freeze(nouns.notice("confirm", "1"), None)
    assert ledger.may_be_due("email", of={"notice"})
    assert not ledger.may_be_due("email", of={"issue"})
    assert not ledger.may_be_due("bluesky", of={"notice"})
    (one,) = ledger.take("email", limit=9, now=NOW, lease=timedelta(minutes=2), of={"notice"})
    assert ledger.begin(one, now=NOW).result()
    ledger.end(one, Outcome(state=State.UNKNOWN, at=NOW))
    ledger.flush()
    ledger.take("email", limit=9, now=NOW, lease=timedelta(minutes=2), of={"notice"})
    assert ledger.may_be_due("email", of={"notice"})
