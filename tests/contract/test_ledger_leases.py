from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vesicle.model.delivery import Delivery, Frozen, Outcome, Receipt, State
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.ports import Ledger, Subscribers

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=15)
LATER = NOW + LEASE
GUESSED = "4611686018427387904"
MESSAGE = Message(channel="email", slug="issue-1", lang="en", text="Nine donors.")
ISSUE = Frozen(slug="issue-1", channel="email", hash="h1", messages={"en": MESSAGE})


def name(number: int, *, of: str = "issue-1") -> str:
    """The key of the delivery to one of the people of the fixture."""
    return f"{of}:{number:032x}"


def take(ledger: Ledger, *, now: datetime = NOW) -> Sequence[Delivery]:
    return ledger.take("email", limit=100, now=now, lease=LEASE)


def keys(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.key for delivery in deliveries]


def ended(state: State, *, at: datetime = NOW, retry_at: datetime | None = None) -> Outcome:
    return Outcome(state=state, at=at, reason="said so", receipt=Receipt(remote="250 ok"), retry_at=retry_at)


def counts(ledger: Ledger) -> dict[State, int]:
    ledger.flush()
    return {state: count for state, count in ledger.tally("issue-1").counts.items() if count}


@pytest.fixture
def one(ledger: Ledger, people: list[Subscriber]) -> Delivery:
    """The one delivery of the ledger, taken at NOW."""
    ledger.freeze(ISSUE, Audience(topics=("first 1",)))
    return take(ledger)[0]


# leases


def test_what_is_leased_is_not_taken_again(ledger: Ledger, one: Delivery) -> None:
    assert take(ledger, now=LATER - timedelta(seconds=1)) == []


def test_what_was_taken_is_owed_again_when_its_lease_runs_out(ledger: Ledger, one: Delivery) -> None:
    (again,) = take(ledger, now=LATER)
    assert (again.key, again.attempts) == (one.key, 2)
    assert again.token != one.token


def test_a_moment_in_another_zone_is_the_same_moment(ledger: Ledger, one: Delivery) -> None:
    east = LATER.astimezone(timezone(timedelta(hours=7)))
    assert keys(take(ledger, now=east)) == [one.key]


def test_a_take_in_another_zone_renews_the_lease(ledger: Ledger, one: Delivery) -> None:
    east = (LATER - timedelta(seconds=1)).astimezone(timezone(timedelta(hours=7)))
    assert take(ledger, now=east) == []
    assert take(ledger, now=LATER) == []
    assert keys(take(ledger, now=LATER + LEASE)) == [one.key]


def test_what_was_being_sent_becomes_unknown_when_its_lease_runs_out(
    ledger: Ledger, one: Delivery, reason: Callable[[str], str]
) -> None:
    assert ledger.begin(one, now=NOW).result()
    assert take(ledger, now=LATER) == []
    assert counts(ledger) == {State.UNKNOWN: 1}
    ledger.flush()
    assert reason(one.key) == "no answer was written down before the lease ran out"
    assert take(ledger, now=LATER + 10 * LEASE) == []


# begin


def test_begins_once(ledger: Ledger, one: Delivery) -> None:
    assert ledger.begin(one, now=NOW).result()
    assert counts(ledger) == {State.SENDING: 1}
    assert not ledger.begin(one, now=NOW).result()


def test_does_not_begin_at_the_end_of_the_lease(ledger: Ledger, one: Delivery) -> None:
    assert not ledger.begin(one, now=LATER).result()
    assert counts(ledger) == {State.TAKEN: 1}
    assert ledger.begin(one, now=LATER - timedelta(seconds=1)).result()


def test_does_not_begin_what_somebody_else_has_taken_since(ledger: Ledger, one: Delivery) -> None:
    (again,) = take(ledger, now=LATER)
    assert not ledger.begin(one, now=LATER).result()
    assert ledger.begin(again, now=LATER).result()


def test_does_not_begin_without_the_right_token(ledger: Ledger, one: Delivery) -> None:
    assert not ledger.begin(replace(one, token=GUESSED), now=NOW).result()


def test_does_not_begin_what_was_given_back(ledger: Ledger, one: Delivery) -> None:
    ledger.release([one])
    assert counts(ledger) == {State.PENDING: 1}
    assert not ledger.begin(one, now=NOW).result()
    (again,) = take(ledger)
    assert again.attempts == 1
    assert ledger.begin(again, now=NOW).result()


def test_what_has_begun_cannot_be_given_back(ledger: Ledger, one: Delivery) -> None:
    assert ledger.begin(one, now=NOW).result()
    ledger.release([one])
    assert counts(ledger) == {State.SENDING: 1}


def test_a_renewed_lease_holds_longer(ledger: Ledger, one: Delivery) -> None:
    ledger.renew(now=LATER - timedelta(seconds=1), lease=LEASE)
    assert ledger.begin(one, now=LATER).result()


def test_a_lease_that_has_run_out_cannot_be_renewed(ledger: Ledger, one: Delivery) -> None:
    ledger.renew(now=LATER, lease=LEASE)
    assert not ledger.begin(one, now=LATER).result()


@pytest.mark.parametrize("state", [State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN, State.SKIPPED])
def test_does_not_begin_what_has_ended(ledger: Ledger, one: Delivery, state: State) -> None:
    ledger.end(one, ended(state, retry_at=LATER))
    assert not ledger.begin(one, now=NOW).result()


# end


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.UNKNOWN, State.SKIPPED])
@pytest.mark.parametrize("has_begun", [True, False])
def test_what_has_ended_is_owed_no_more(
    ledger: Ledger, one: Delivery, reason: Callable[[str], str], state: State, has_begun: bool
) -> None:
    assert not has_begun or ledger.begin(one, now=NOW).result()
    ledger.end(one, ended(state))
    assert counts(ledger) == {state: 1}
    ledger.flush()
    assert reason(one.key) == "said so"
    assert ledger.tally("issue-1").is_done
    assert take(ledger, now=LATER + LEASE) == []


def test_the_deferred_are_taken_again_at_their_time(ledger: Ledger, one: Delivery) -> None:
    ledger.begin(one, now=NOW).result()
    ledger.end(one, ended(State.DEFERRED, retry_at=LATER))
    assert counts(ledger) == {State.DEFERRED: 1}
    assert take(ledger, now=LATER - timedelta(seconds=1)) == []
    (again,) = take(ledger, now=LATER)
    assert (again.key, again.attempts) == (one.key, 2)
    assert ledger.begin(again, now=LATER).result()


def test_the_deferred_without_a_time_are_due_at_once(ledger: Ledger, one: Delivery) -> None:
    ledger.end(one, ended(State.DEFERRED))
    ledger.flush()
    assert keys(take(ledger)) == [one.key]


def test_an_end_at_the_end_of_the_lease_counts_while_nobody_has_taken_it(
    ledger: Ledger, one: Delivery
) -> None:
    ledger.begin(one, now=NOW).result()
    ledger.end(one, ended(State.SENT, at=LATER))
    assert take(ledger, now=LATER) == []
    assert counts(ledger) == {State.SENT: 1}


def test_an_end_by_who_lost_the_lease_changes_nothing(ledger: Ledger, one: Delivery) -> None:
    (again,) = take(ledger, now=LATER)
    ledger.end(one, ended(State.FAILED))
    assert counts(ledger) == {State.TAKEN: 1}
    assert ledger.begin(again, now=LATER).result()
    ledger.end(one, ended(State.SENT))
    assert counts(ledger) == {State.SENDING: 1}


def test_a_late_sent_settles_an_unknown(ledger: Ledger, one: Delivery, reason: Callable[[str], str]) -> None:
    ledger.begin(one, now=NOW).result()
    take(ledger, now=LATER)
    ledger.end(one, ended(State.SENT, at=LATER))
    assert counts(ledger) == {State.SENT: 1}
    ledger.flush()
    assert reason(one.key) == "said so"


def test_a_late_sent_settles_an_unknown_that_the_channel_told(ledger: Ledger, one: Delivery) -> None:
    ledger.begin(one, now=NOW).result()
    ledger.end(one, ended(State.UNKNOWN))
    ledger.end(one, ended(State.SENT, at=LATER))
    assert counts(ledger) == {State.SENT: 1}


def test_a_late_sent_with_another_token_settles_nothing(ledger: Ledger, one: Delivery) -> None:
    ledger.begin(one, now=NOW).result()
    take(ledger, now=LATER)
    ledger.end(replace(one, token=GUESSED), ended(State.SENT))
    assert counts(ledger) == {State.UNKNOWN: 1}


@pytest.mark.parametrize("state", [State.DEFERRED, State.FAILED, State.SKIPPED])
def test_an_unknown_is_settled_by_nothing_but_sent(ledger: Ledger, one: Delivery, state: State) -> None:
    ledger.begin(one, now=NOW).result()
    take(ledger, now=LATER)
    ledger.end(one, ended(state, retry_at=LATER))
    assert counts(ledger) == {State.UNKNOWN: 1}


@pytest.mark.parametrize("first", [State.SENT, State.FAILED, State.DEFERRED, State.SKIPPED])
@pytest.mark.parametrize("second", [State.SENT, State.FAILED, State.DEFERRED, State.UNKNOWN])
def test_the_first_end_stands(ledger: Ledger, one: Delivery, first: State, second: State) -> None:
    ledger.begin(one, now=NOW).result()
    ledger.end(one, ended(first, retry_at=LATER))
    ledger.end(one, ended(second, retry_at=LATER))
    assert counts(ledger) == {first: 1}


@pytest.mark.parametrize("state", [State.PENDING, State.TAKEN, State.SENDING])
def test_a_state_that_is_no_outcome_is_refused(ledger: Ledger, one: Delivery, state: State) -> None:
    with pytest.raises(ValueError, match=state.value):
        ledger.end(one, ended(state))
    assert counts(ledger) == {State.TAKEN: 1}


# the person, once more


def test_who_left_while_deferred_is_skipped(
    ledger: Ledger, subscribers: Subscribers, people: list[Subscriber], one: Delivery
) -> None:
    ledger.end(one, ended(State.DEFERRED, retry_at=LATER))
    gone = Consent(event=ConsentEvent.WITHDRAWN, at=NOW, source="complaint")
    subscribers.set_status(people[0].id, SubscriberStatus.COMPLAINED, gone)
    assert take(ledger, now=LATER) == []
    assert counts(ledger) == {State.SKIPPED: 1}
