"""What an operator sees of a ledger and does to it, on the database and its double."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Frozen, Gate, Outcome, Receipt, State
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Subscriber
from vesicle.ports import Deliveries, Ledger, Subscribers

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


def name(number: int, *, of: str = "issue") -> str:
    """The key of the delivery to one of the people of the fixture."""
    return f"{of}:{number:032x}"


def frozen(slug: str = "issue", *, channel: str = "email") -> Frozen:
    message = Message(channel=channel, slug=slug, lang="en", text="Nine donors.")
    return Frozen(slug=slug, channel=channel, hash="h", messages={"en": message})


def ended(state: State, *, reason: str = "") -> Outcome:
    retry_at = NOW + timedelta(hours=1) if state is State.DEFERRED else None
    receipt = Receipt(raw="250 kept") if state is State.SENT else Receipt()
    return Outcome(state=state, at=NOW, reason=reason, receipt=receipt, retry_at=retry_at)


def counts(ledger: Ledger, slug: str = "issue") -> dict[State, int]:
    ledger.flush()
    return {state: count for state, count in ledger.tally(slug).counts.items() if count}


@pytest.fixture
def mixed(ledger: Ledger, people: list[Subscriber]) -> Ledger:
    """An issue to seven people: one sent, deferred, failed, unknown, in hand, and two pending."""
    ledger.freeze(frozen(), Audience(), posts=[frozen("issue/item/bluesky", channel="bluesky")])
    taken = ledger.take("email", limit=5, now=NOW, lease=LEASE)
    states = (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN)
    for delivery, state in zip(taken[:4], states, strict=True):
        assert ledger.begin(delivery, now=NOW).result()
        ledger.end(delivery, ended(state, reason="" if state is State.SENT else f"because {state}"))
    ledger.flush()
    return ledger


def test_tells_who_did_not_get_it_and_why(
    mixed: Ledger, operator: Deliveries, people: list[Subscriber]
) -> None:
    rows = list(operator.undelivered("issue", {State.FAILED, State.UNKNOWN, State.DEFERRED}))
    assert [(row.state, row.reason) for row in rows] == [
        (State.DEFERRED, "because deferred"),
        (State.FAILED, "because failed"),
        (State.UNKNOWN, "because unknown"),
    ]
    assert [row.to.email for row in rows if row.to] == [person.email for person in people[1:4]]
    assert {(row.attempts, row.at) for row in rows} == {(1, NOW)}


def test_tells_of_every_delivery_once_in_the_order_they_were_written_down(
    mixed: Ledger, operator: Deliveries
) -> None:
    keys = [row.key for row in operator.undelivered("issue", set(State))]
    assert keys == [name(number) for number in range(7)]


def test_an_erased_person_is_a_row_without_a_name(
    mixed: Ledger, operator: Deliveries, subscribers: Subscribers, people: list[Subscriber]
) -> None:
    subscribers.erase(people[2].id, now=NOW)
    (row,) = operator.undelivered("issue", {State.FAILED})
    assert row.to is None


def test_cancelling_skips_what_is_owed_and_lets_what_is_in_hand_end(
    mixed: Ledger, operator: Deliveries
) -> None:
    assert operator.cancel("issue", now=NOW) == 3
    assert mixed.gate("issue") is Gate.CANCELLED
    assert counts(mixed) == {
        State.SENT: 1,
        State.FAILED: 1,
        State.UNKNOWN: 1,
        State.TAKEN: 1,
        State.SKIPPED: 3,
    }
    assert mixed.take("bluesky", limit=9, now=NOW, lease=LEASE) == []


@pytest.mark.parametrize("way", ["given back", "deferred", "lost"])
def test_what_was_in_hand_of_a_cancelled_issue_is_not_owed_again(
    mixed: Ledger, operator: Deliveries, reason: Callable[[str], str], way: str
) -> None:
    operator.settle_unknown("issue", resend=False, now=NOW)
    (taken,) = mixed.take("email", limit=1, now=NOW, lease=LEASE)
    operator.cancel("issue", now=NOW)
    if way == "given back":
        mixed.release([taken])
    elif way == "deferred":
        mixed.end(taken, ended(State.DEFERRED))
    mixed.take("email", limit=9, now=NOW + LEASE, lease=LEASE)
    mixed.take("email", limit=9, now=NOW + timedelta(days=1), lease=LEASE)
    assert reason(taken.key) == "cancelled"
    assert set(counts(mixed)) == {State.SENT, State.FAILED, State.SKIPPED}
    assert mixed.tally("issue").is_done


def test_what_was_cancelled_cannot_be_resumed(mixed: Ledger, operator: Deliveries) -> None:
    operator.cancel("issue", now=NOW)
    with pytest.raises(UserError, match="cancelled"):
        operator.resume("issue", now=NOW)
    operator.hold("issue")
    assert mixed.gate("issue") is Gate.CANCELLED


def test_resuming_lets_a_held_issue_and_its_posts_go_on(mixed: Ledger, operator: Deliveries) -> None:
    operator.hold("issue")
    operator.resume("issue", now=NOW)
    assert mixed.gate("issue") is Gate.OPEN
    assert len(mixed.take("email", limit=9, now=NOW, lease=LEASE)) == 2
    assert len(mixed.take("bluesky", limit=9, now=NOW, lease=LEASE)) == 1


def test_resuming_as_frozen_is_remembered(mixed: Ledger, operator: Deliveries) -> None:
    operator.resume("issue", now=NOW, as_frozen=True)
    assert mixed.gate("issue") is Gate.AS_FROZEN
    assert len(mixed.take("email", limit=9, now=NOW, lease=LEASE)) == 2


def test_the_unknown_are_sent_again_only_when_somebody_says_so(mixed: Ledger, operator: Deliveries) -> None:
    far = NOW + timedelta(days=1)
    assert State.UNKNOWN in counts(mixed)
    assert operator.settle_unknown("issue", resend=True, now=NOW) == 1
    again = [one for one in mixed.take("email", limit=9, now=far, lease=LEASE) if one.key == name(3)]
    assert [one.attempts for one in again] == [2]
    assert operator.settle_unknown("issue", resend=True, now=NOW) == 0


def test_an_old_answer_does_not_end_what_is_sent_again(
    ledger: Ledger, operator: Deliveries, people: list[Subscriber]
) -> None:
    ledger.freeze(frozen(), Audience(topics=("first 1",)))
    (first,) = ledger.take("email", limit=1, now=NOW, lease=LEASE)
    assert ledger.begin(first, now=NOW).result()
    ledger.end(first, ended(State.UNKNOWN))
    ledger.flush()
    operator.settle_unknown("issue", resend=True, now=NOW)
    (again,) = ledger.take("email", limit=1, now=NOW, lease=LEASE)
    ledger.end(first, ended(State.SENT))
    assert counts(ledger) == {State.TAKEN: 1}
    assert ledger.begin(again, now=NOW).result()


def test_the_unknown_are_skipped_with_the_reason(
    mixed: Ledger, operator: Deliveries, reason: Callable[[str], str]
) -> None:
    assert operator.settle_unknown("issue", resend=False, now=NOW) == 1
    assert counts(mixed)[State.SKIPPED] == 1
    assert reason(name(3)) == "unknown, not sent again"


def test_compacting_keeps_who_got_it_and_why_the_others_did_not(
    ledger: Ledger, operator: Deliveries, people: list[Subscriber]
) -> None:
    ledger.freeze(frozen(), Audience())
    for number, delivery in enumerate(ledger.take("email", limit=9, now=NOW, lease=LEASE)):
        assert ledger.begin(delivery, now=NOW).result()
        state = State.FAILED if number == 3 else State.SENT
        ledger.end(delivery, ended(state, reason="no such mailbox" if number == 3 else ""))
    before = counts(ledger)
    assert operator.compact("issue") == 7
    assert counts(ledger) == before == {State.SENT: 6, State.FAILED: 1}
    assert [row.key for row in operator.undelivered("issue", {State.SENT})] == [
        name(number) for number in range(7) if number != 3
    ]
    (failed,) = operator.undelivered("issue", {State.FAILED})
    assert (failed.reason, failed.at) == ("no such mailbox", NOW)


def test_whoever_is_known_to_have_got_it_is_sent_unless_in_hand(
    mixed: Ledger, operator: Deliveries, people: list[Subscriber]
) -> None:
    before = counts(mixed)
    # Sent, deferred, failed, unknown, in hand, pending: of these the deferred, the unknown and the pending.
    assert operator.settle_arrived("issue", [person.id for person in people[:6]]) == 3
    after = counts(mixed)
    assert after[State.SENT] == before[State.SENT] + 3
    assert after[State.PENDING] == before[State.PENDING] - 1
    assert State.UNKNOWN not in after
    assert State.DEFERRED not in after
    assert after[State.FAILED] == before[State.FAILED]
    assert operator.settle_arrived("issue", ["f" * 32]) == 0


@pytest.mark.parametrize(
    "ask", ["hold", "resume", "cancel", "undelivered", "settle_unknown", "settle_arrived", "compact"]
)
def test_what_was_never_frozen_is_an_error(operator: Deliveries, ask: str) -> None:
    asked: dict[str, Callable[[], object]] = {
        "hold": lambda: operator.hold("no-such-issue"),
        "resume": lambda: operator.resume("no-such-issue", now=NOW),
        "cancel": lambda: operator.cancel("no-such-issue", now=NOW),
        "undelivered": lambda: list(operator.undelivered("no-such-issue", {State.SENT})),
        "settle_unknown": lambda: operator.settle_unknown("no-such-issue", resend=True, now=NOW),
        "settle_arrived": lambda: operator.settle_arrived("no-such-issue", []),
        "compact": lambda: operator.compact("no-such-issue"),
    }
    with pytest.raises(UserError, match="no-such-issue"):
        asked[ask]()


def test_a_post_that_was_held_alone_stays_held_when_its_issue_goes_on(
    ledger: Ledger, operator: Deliveries
) -> None:
    posts = [frozen(f"issue/{one}/bluesky", channel="bluesky") for one in ("a", "b", "c")]
    ledger.freeze(frozen(), None, posts=posts)
    operator.hold("issue/a/bluesky")
    operator.cancel("issue/b/bluesky", now=NOW)
    operator.hold("issue")
    assert [ledger.gate(one.slug) for one in posts] == [Gate.HELD, Gate.CANCELLED, Gate.HELD]
    operator.resume("issue", now=NOW)
    assert [ledger.gate(one.slug) for one in posts] == [Gate.HELD, Gate.CANCELLED, Gate.OPEN]
    operator.resume("issue/a/bluesky", now=NOW)
    assert ledger.gate("issue/a/bluesky") is Gate.OPEN
