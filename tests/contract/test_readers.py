"""The contract of `ports.Readers`: what people ask for, and how they change what is kept of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from vesicle.model.delivery import Outcome, State
from vesicle.model.notice import CONFIRM, DATA, WELCOME
from vesicle.model.reader import Ask, AskPurpose, Confirmation, Settled, Settlement, Standing, Wishes
from vesicle.model.subscriber import (
    Consent,
    ConsentEvent,
    Frequency,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.ports import Deliveries, Judge, Ledger, Readers, Subscribers
from vesicle.testing import nouns

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ANN = "a" * 32
EMAIL = "Ann@Readers.example"
WISHES = Wishes(language="th", topics=("skin",), frequency=Frequency.MONTHLY)
ASKED = Consent(
    event=ConsentEvent.ASKED, at=NOW, source="form sign-up", wording="f" * 64, version="1", language="fa"
)
CONFIRMED = Consent(event=ConsentEvent.CONFIRMED, at=NOW + timedelta(days=1), source="page confirm")
LEFT = Consent(event=ConsentEvent.WITHDRAWN, at=NOW + timedelta(days=2), source="one click")
CHANGED = Consent(event=ConsentEvent.CHANGED, at=NOW + timedelta(days=2), source="page choose")
LEASE = timedelta(minutes=1)
NOTHING = Settlement()


def an_ask(email: str = EMAIL, *, purpose: AskPurpose = AskPurpose.SIGN_UP, network: bytes = b"net") -> Ask:
    return Ask(purpose=purpose, email=email, wishes=WISHES, consent=ASKED, network=network)


def enrol(ask: Ask, standing: Standing) -> Settlement:
    """Put whoever asks on the list under the id of their first letter, and ask them to confirm."""
    notice = nouns.notice(CONFIRM, str(standing.number))
    return Settlement(enrols=True, new_id=ask.email[0].lower() * 32, notice=notice)


def nothing(ask: Ask, standing: Standing) -> Settlement:
    return NOTHING


def noting(standings: list[Standing], judge: Judge = nothing) -> Judge:
    """Give *judge*, noting what it is told."""

    def noted(ask: Ask, standing: Standing) -> Settlement:
        standings.append(standing)
        return judge(ask, standing)

    return noted


def signed_up(readers: Readers, email: str = EMAIL) -> None:
    readers.ask(an_ask(email))
    readers.settle(enrol, now=NOW, limit=10)


@pytest.fixture
def ann(readers: Readers, subscribers: Subscribers) -> Callable[[], Subscriber]:
    """Sign Ann up; give how to look at her."""
    signed_up(readers)

    def look() -> Subscriber:
        person = subscribers.with_id(ANN)
        assert person
        return person

    return look


def owed(ledger: Ledger, *, at: datetime = NOW) -> list[tuple[str, str]]:
    """Send what is due: give the name of each notice, and to whom it went."""
    taken = ledger.take("email", limit=10, now=at, lease=LEASE)
    for one in taken:
        assert ledger.begin(one, now=at).result()
        ledger.end(one, Outcome(state=State.SENT, at=at))
    return [(one.frozen, one.to.email) for one in taken if one.to]


def test_an_ask_changes_nothing_before_it_is_settled(readers: Readers, subscribers: Subscribers) -> None:
    readers.ask(an_ask())
    assert list(subscribers.all()) == []


def test_the_judge_hears_an_ask_as_it_came(readers: Readers) -> None:
    heard: list[Ask] = []

    def hears(ask: Ask, standing: Standing) -> Settlement:
        heard.append(ask)
        return NOTHING

    readers.ask(an_ask())
    readers.settle(hears, now=NOW, limit=10)
    assert heard == [an_ask()]


def test_whoever_signs_up_is_pending_with_what_they_wish_and_what_they_agreed_to(
    ann: Callable[[], Subscriber], subscribers: Subscribers
) -> None:
    person = ann()
    assert (person.email, person.status) == ("Ann@readers.example", SubscriberStatus.PENDING)
    assert (person.language, person.topics, person.frequency) == ("th", ("skin",), Frequency.MONTHLY)
    assert list(subscribers.consents(ANN)) == [ASKED]


def test_the_notice_is_owed_at_once(ann: Callable[[], Subscriber], ledger: Ledger) -> None:
    assert owed(ledger) == [(nouns.notice(CONFIRM, "1").slug, "Ann@readers.example")]
    assert owed(ledger) == []


def test_nothing_is_settled_twice(readers: Readers) -> None:
    readers.ask(an_ask())
    assert readers.settle(nothing, now=NOW, limit=10) == Settled(count=1, refusals={})
    assert readers.settle(enrol, now=NOW, limit=10) == Settled(count=0, refusals={})
    assert readers.settle(enrol, now=NOW + timedelta(days=9), limit=10) == Settled(count=0, refusals={})


def test_the_oldest_are_settled_first(readers: Readers, subscribers: Subscribers) -> None:
    for email in ("ann@x.example", "bob@x.example", "cem@x.example"):
        readers.ask(an_ask(email))
    assert readers.settle(enrol, now=NOW, limit=2).count == 2
    assert [person.email for person in subscribers.all()] == ["ann@x.example", "bob@x.example"]
    assert readers.settle(enrol, now=NOW, limit=2).count == 1


def test_refusals_are_counted_by_the_limit(readers: Readers, subscribers: Subscribers) -> None:
    for email in ("ann@x.example", "bob@x.example", "cem@x.example"):
        readers.ask(an_ask(email))
    refusals = iter(["network", "domain", "network"])
    done = readers.settle(lambda *_: Settlement(refusal=next(refusals)), now=NOW, limit=10)
    assert done == Settled(count=3, refusals={"network": 2, "domain": 1})
    assert list(subscribers.all()) == []


def test_a_judge_that_fails_leaves_every_ask_as_it_was(readers: Readers, subscribers: Subscribers) -> None:
    for email in ("ann@x.example", "bob@x.example"):
        readers.ask(an_ask(email))

    def fails_at_bob(ask: Ask, standing: Standing) -> Settlement:
        if ask.email.startswith("bob"):
            raise RuntimeError
        return NOTHING

    with pytest.raises(RuntimeError):
        readers.settle(fails_at_bob, now=NOW, limit=10)
    assert readers.settle(enrol, now=NOW, limit=1).count >= 1
    readers.settle(enrol, now=NOW, limit=10)
    assert "bob@x.example" in [person.email for person in subscribers.all()]


def test_the_judge_is_told_who_it_is_and_how_often_they_were_asked(
    ann: Callable[[], Subscriber], readers: Readers
) -> None:
    told: list[Standing] = []
    readers.ask(an_ask("ann@READERS.example"))
    readers.settle(noting(told, enrol), now=NOW, limit=10)
    readers.ask(an_ask())
    readers.settle(noting(told), now=NOW, limit=10)
    assert [(one.number, one.asked, one.person and one.person.id) for one in told] == [
        (2, 1, ANN),
        (3, 2, ANN),
    ]


def test_the_judge_is_told_of_a_suppression(readers: Readers, subscribers: Subscribers) -> None:
    told: list[Standing] = []
    subscribers.suppress(EMAIL, SuppressionReason.COMPLAINED, now=NOW)
    readers.ask(an_ask())
    readers.settle(noting(told), now=NOW, limit=10)
    assert [(one.person, one.suppression) for one in told] == [(None, SuppressionReason.COMPLAINED)]


def test_mails_of_the_last_hour_are_counted_by_network_and_domain(readers: Readers) -> None:
    told: list[Standing] = []
    readers.ask(an_ask("ann@x.example"))
    readers.ask(an_ask("bob@x.example", network=b"other"))
    readers.settle(enrol, now=NOW, limit=10)
    readers.ask(an_ask("cem@x.example"))  # answered with nothing, it does not count
    readers.settle(noting(told), now=NOW, limit=10)
    readers.ask(an_ask("dag@X.example"))
    readers.settle(noting(told), now=NOW + timedelta(minutes=59), limit=10)
    readers.ask(an_ask("eva@y.example", network=b""))
    readers.settle(noting(told), now=NOW, limit=10)
    readers.ask(an_ask("fay@x.example"))
    readers.settle(noting(told), now=NOW + timedelta(minutes=61), limit=10)
    assert [(one.from_network, one.from_domain) for one in told] == [(1, 2), (1, 2), (0, 0), (0, 0)]


def test_asks_settled_together_count_for_each_other(readers: Readers) -> None:
    told: list[Standing] = []
    for number in range(3):
        readers.ask(an_ask(f"{number}@x.example"))
    readers.settle(noting(told, enrol), now=NOW, limit=10)
    assert [one.from_network for one in told] == [0, 1, 2]


def test_a_link_to_ones_data_is_owed_whatever_the_status(
    ann: Callable[[], Subscriber], readers: Readers, ledger: Ledger
) -> None:
    readers.leave(ANN, LEFT)
    owed(ledger)
    readers.ask(an_ask(purpose=AskPurpose.DATA))
    readers.settle(lambda *_: Settlement(notice=nouns.notice(DATA, "today")), now=NOW, limit=10)
    assert owed(ledger) == [(nouns.notice(DATA, "today").slug, "Ann@readers.example")]
    assert ann().status is SubscriberStatus.UNSUBSCRIBED


def test_a_notice_to_nobody_on_the_list_is_not_owed(readers: Readers, ledger: Ledger) -> None:
    readers.ask(an_ask(purpose=AskPurpose.DATA))
    readers.settle(lambda *_: Settlement(notice=nouns.notice(DATA, "today")), now=NOW, limit=10)
    assert owed(ledger) == []


def test_a_press_confirms_once(
    ann: Callable[[], Subscriber], readers: Readers, subscribers: Subscribers
) -> None:
    assert readers.confirm(ANN, 1, CONFIRMED) is Confirmation.CONFIRMED
    assert (ann().status, ann().since) == (SubscriberStatus.CONFIRMED, date(2026, 11, 26))
    assert readers.confirm(ANN, 1, CONFIRMED) is Confirmation.ALREADY
    assert list(subscribers.consents(ANN)) == [ASKED, CONFIRMED]


@pytest.mark.parametrize("number", [0, 2, 999_999_999])
def test_a_mail_that_was_never_owed_confirms_nobody(
    ann: Callable[[], Subscriber], readers: Readers, number: int
) -> None:
    assert readers.confirm(ANN, number, CONFIRMED) is Confirmation.VOID
    assert ann().status is SubscriberStatus.PENDING


@pytest.mark.parametrize("nobody", ["b" * 32, "", "not an id", "A" * 32])
def test_whoever_is_not_there_can_do_nothing(readers: Readers, nobody: str) -> None:
    assert readers.confirm(nobody, 1, CONFIRMED) is Confirmation.VOID
    assert readers.leave(nobody, LEFT, reason="other") is False
    assert readers.prefer(nobody, WISHES, CHANGED) is False
    assert readers.wishes(nobody) is None


def test_the_link_of_a_mail_from_before_they_left_confirms_nobody(
    ann: Callable[[], Subscriber], readers: Readers
) -> None:
    readers.confirm(ANN, 1, CONFIRMED)
    readers.leave(ANN, LEFT)
    readers.ask(an_ask())
    readers.settle(enrol, now=NOW, limit=10)
    assert readers.confirm(ANN, 1, CONFIRMED) is Confirmation.VOID
    assert ann().status is SubscriberStatus.PENDING
    assert readers.confirm(ANN, 2, CONFIRMED) is Confirmation.CONFIRMED


def test_whoever_was_suppressed_meanwhile_is_not_confirmed(
    ann: Callable[[], Subscriber], readers: Readers, subscribers: Subscribers
) -> None:
    subscribers.suppress(EMAIL, SuppressionReason.COMPLAINED, now=NOW)
    assert readers.confirm(ANN, 1, CONFIRMED) is Confirmation.VOID


def test_a_series_is_owed_each_step_at_its_time(
    ann: Callable[[], Subscriber], readers: Readers, ledger: Ledger
) -> None:
    first, second = nouns.notice(WELCOME, "1-1"), nouns.notice(WELCOME, "1-2")
    owed(ledger)
    later = NOW + timedelta(days=3)
    readers.confirm(ANN, 1, CONFIRMED, series=[(NOW, first), (later, second)])
    readers.confirm(ANN, 1, CONFIRMED, series=[(NOW, first), (later, second)])
    assert [slug for slug, _ in owed(ledger)] == [first.slug]
    assert owed(ledger, at=later - timedelta(seconds=1)) == []
    assert [slug for slug, _ in owed(ledger, at=later)] == [second.slug]


def test_a_series_ends_when_they_leave(
    ann: Callable[[], Subscriber], readers: Readers, ledger: Ledger, operator: Deliveries
) -> None:
    step = nouns.notice(WELCOME, "1-1", reaches=frozenset({SubscriberStatus.CONFIRMED}))
    later = NOW + timedelta(days=3)
    readers.confirm(ANN, 1, CONFIRMED, series=[(later, step)])
    readers.leave(ANN, LEFT)
    owed(ledger, at=later)
    assert [one.reason for one in operator.undelivered(step.slug, {State.SKIPPED})] == ["unsubscribed"]


def test_leaving_works_twice_and_is_logged_once(
    ann: Callable[[], Subscriber], readers: Readers, subscribers: Subscribers
) -> None:
    assert readers.leave(ANN, LEFT, reason="other") is True
    assert readers.leave(ANN, LEFT, reason="other") is False
    assert ann().status is SubscriberStatus.UNSUBSCRIBED
    assert list(subscribers.consents(ANN)) == [ASKED, LEFT]


def test_whoever_has_left_is_asked_to_confirm_as_at_first(
    ann: Callable[[], Subscriber], readers: Readers
) -> None:
    told: list[Standing] = []
    readers.leave(ANN, LEFT)
    readers.ask(an_ask())
    readers.settle(noting(told, enrol), now=NOW, limit=10)
    assert [(one.number, one.asked) for one in told] == [(2, 0)]
    assert ann().status is SubscriberStatus.PENDING


def test_what_they_wish_is_kept_and_logged(
    ann: Callable[[], Subscriber], readers: Readers, subscribers: Subscribers
) -> None:
    assert readers.wishes(ANN) == WISHES
    other = Wishes(language="en", topics=("bone", "skin"), paused_until=date(2026, 12, 25))
    assert readers.prefer(ANN, other, CHANGED) is True
    assert readers.wishes(ANN) == other
    assert ann().paused_until == date(2026, 12, 25)
    assert list(subscribers.consents(ANN)) == [ASKED, CHANGED]


def test_whoever_has_left_has_no_wishes(ann: Callable[[], Subscriber], readers: Readers) -> None:
    readers.leave(ANN, LEFT)
    assert readers.wishes(ANN) is None
    assert readers.prefer(ANN, WISHES, CHANGED) is False


def test_the_words_somebody_agreed_to_are_kept_once(readers: Readers) -> None:
    for _ in range(2):
        readers.ask(an_ask(), wording="I want to get it.")
    assert readers.wording(ASKED.wording) == "I want to get it."
    assert readers.wording("0" * 64) == ""


def test_an_erased_person_is_as_if_never_there(
    ann: Callable[[], Subscriber], readers: Readers, subscribers: Subscribers
) -> None:
    subscribers.erase(ANN, now=NOW)
    assert readers.wishes(ANN) is None
    assert readers.confirm(ANN, 1, CONFIRMED) is Confirmation.VOID
    assert readers.leave(ANN, LEFT) is False
