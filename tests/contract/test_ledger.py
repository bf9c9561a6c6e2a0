from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Delivery, Frozen, Gate, Outcome, State
from vesicle.model.errors import UserError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Link, Message, Picture
from vesicle.model.subscriber import (
    Audience,
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.ports import Ledger, Subscribers

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=15)
LATER = NOW + LEASE
EVERYBODY = Audience()
NOBODY = Audience(topics=("nothing that anybody wants",))


def name(number: int, *, of: str = "issue-1") -> str:
    """The key of the delivery to one of the people of the fixture."""
    return f"{of}:{number:032x}"


def first(count: int) -> Audience:
    """The first people of the fixture `people`, each of whom has such topics."""
    return Audience(topics=(f"first {count}",))


def person(name: str, *, language: str = "en") -> Subscriber:
    return Subscriber(
        id=name.encode().hex().zfill(32),
        email=f"{name}@example.org",
        status=SubscriberStatus.CONFIRMED,
        language=language,
        name=name.title(),
    )


def message(lang: str = "en", *, channel: str = "email") -> Message:
    return Message(
        channel=channel,
        slug="issue-1",
        lang=lang,
        text="Nine donors.",
        subject="ผลลัพธ์ β",
        html="<p>Nine donors.</p>",
        links=(Link(url="https://example.org", text="the paper"),),
        pictures=(Picture(src="a.png", alt=None), Picture(src="b.png", alt="")),
        sender=Mailbox(name="Vesicle", address="news@example.org"),
        headers=(("List-Id", "<a.example.org>"), ("X-Two", "2")),
    )


def issue(slug: str = "issue-1", *, hash_: str = "h1", languages: Sequence[str] = ("en",)) -> Frozen:
    return Frozen(
        slug=slug, channel="email", hash=hash_, messages={lang: message(lang) for lang in languages}
    )


def post(slug: str = "issue-1/item") -> Frozen:
    return Frozen(
        slug=slug, channel="bluesky", hash="p", messages={"en": message(channel="bluesky", lang="en")}
    )


def take(
    ledger: Ledger, limit: int = 100, *, now: datetime = NOW, channel: str = "email"
) -> Sequence[Delivery]:
    return ledger.take(channel, limit=limit, now=now, lease=LEASE)


def imported() -> Consent:
    return Consent(event=ConsentEvent.IMPORTED, at=NOW, source="people.csv")


def withdrawn() -> Consent:
    return Consent(event=ConsentEvent.WITHDRAWN, at=NOW, source="link")


def keys(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.key for delivery in deliveries]


def counts(ledger: Ledger, slug: str = "issue-1") -> dict[State, int]:
    ledger.flush()
    return {state: count for state, count in ledger.tally(slug).counts.items() if count}


# freeze


def test_freezing_owes_one_delivery_to_each(ledger: Ledger, people: list[Subscriber]) -> None:
    assert ledger.freeze(issue(), EVERYBODY) == 7
    assert counts(ledger) == {State.PENDING: 7}


def test_freezing_owes_nothing_to_who_is_not_in_the_audience(
    ledger: Ledger, subscribers: Subscribers, people: list[Subscriber]
) -> None:
    subscribers.suppress(people[0].email, SuppressionReason.BOUNCED, now=NOW)
    subscribers.set_status(people[1].id, SubscriberStatus.UNSUBSCRIBED, withdrawn())
    assert ledger.freeze(issue(), first(4)) == subscribers.count(first(4)) == 2
    assert keys(take(ledger)) == [name(2), name(3)]


def test_freezing_again_changes_nothing_even_for_another_audience(
    ledger: Ledger, people: list[Subscriber]
) -> None:
    ledger.freeze(issue(), first(2))
    held = take(ledger, 1)
    assert ledger.freeze(issue(), EVERYBODY) == 2
    assert counts(ledger) == {State.TAKEN: 1, State.PENDING: 1}
    assert ledger.begin(held[0], now=NOW).result()


def test_posts_are_frozen_with_their_issue_or_not_at_all(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(post("taken"), None)
    wrong = replace(post("taken"), hash="another")
    with pytest.raises(UserError):
        ledger.freeze(issue(), EVERYBODY, posts=[post("one"), wrong])
    assert (ledger.frozen("issue-1"), ledger.frozen("one")) == (None, None)
    assert ledger.freeze(issue(), EVERYBODY, posts=[post("one"), post("two")]) == 7
    assert keys(take(ledger, channel="bluesky")) == ["taken:bluesky", "one:bluesky", "two:bluesky"]


def test_freezing_with_another_hash_is_an_error_and_changes_nothing(
    ledger: Ledger, people: list[Subscriber]
) -> None:
    ledger.freeze(issue(hash_="h1"), first(2))
    with pytest.raises(UserError, match="issue-1"):
        ledger.freeze(issue(hash_="h2"), EVERYBODY)
    assert ledger.frozen("issue-1") == issue(hash_="h1")
    assert counts(ledger) == {State.PENDING: 2}


def test_freezing_for_another_channel_is_an_error(ledger: Ledger) -> None:
    ledger.freeze(post(), None)
    with pytest.raises(UserError, match="issue-1/item"):
        ledger.freeze(replace(post(), channel="mastodon"), None)


def test_nothing_rendered_cannot_be_frozen(ledger: Ledger, people: list[Subscriber]) -> None:
    with pytest.raises(UserError, match="issue-1"):
        ledger.freeze(replace(issue(), messages={}), EVERYBODY)


def test_an_empty_audience_is_done_at_once(ledger: Ledger) -> None:
    assert ledger.freeze(issue(), NOBODY) == 0
    assert ledger.tally("issue-1").is_done


def test_gives_back_what_was_frozen_whole(ledger: Ledger) -> None:
    frozen = issue(languages=("th", "en", "fa"))
    ledger.freeze(frozen, NOBODY)
    found = ledger.frozen("issue-1")
    assert found == frozen
    assert list(found.messages) == ["th", "en", "fa"]


def test_gives_none_for_what_was_not_frozen(ledger: Ledger) -> None:
    assert ledger.frozen("issue-1") is None


# take


def test_takes_what_is_owed_with_its_message_and_the_person(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue(), first(1))
    (taken,) = take(ledger)
    assert taken == Delivery(
        key=name(0),
        frozen="issue-1",
        message=message(),
        token=taken.token,
        attempts=1,
        to=replace(people[0], topics=taken.to.topics if taken.to else ()),
        row=taken.row,
    )
    assert counts(ledger) == {State.TAKEN: 1}


def test_takes_a_delivery_to_the_channel_itself(ledger: Ledger) -> None:
    assert ledger.freeze(post(), None) == 1
    (taken,) = take(ledger, channel="bluesky")
    assert (taken.key, taken.to, taken.message.channel) == ("issue-1/item:bluesky", None, "bluesky")


def test_takes_in_the_order_of_freezing(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue("b"), first(2))
    ledger.freeze(issue("a"), first(2))
    assert keys(take(ledger)) == [name(0, of="b"), name(1, of="b"), name(0, of="a"), name(1, of="a")]


def test_takes_no_more_than_the_limit(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue(), EVERYBODY)
    assert keys(take(ledger, 2)) == [name(0), name(1)]
    assert keys(take(ledger, 4)) == [name(number) for number in range(2, 6)]
    assert take(ledger, 0) == []
    assert keys(take(ledger)) == [name(6)]
    assert take(ledger) == []


def test_takes_of_one_channel_only(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(post(), None)
    ledger.freeze(issue(), first(1))
    assert keys(take(ledger)) == [name(0)]
    assert take(ledger, channel="mastodon") == []
    assert keys(take(ledger, channel="bluesky")) == ["issue-1/item:bluesky"]


def test_takes_of_some_issues_and_their_posts_only(ledger: Ledger, people: list[Subscriber]) -> None:
    for slug in ("a", "ab"):
        ledger.freeze(issue(slug), first(1), posts=[post(f"{slug}/item/bluesky")])
    for channel, found in (("email", "a"), ("bluesky", "a/item/bluesky")):
        taken = ledger.take(channel, limit=9, now=NOW, lease=LEASE, of={"a"})
        assert [one.frozen for one in taken] == [found]
        assert ledger.take(channel, limit=9, now=NOW, lease=LEASE, of=()) == []


def test_chooses_the_readers_language_else_the_first(ledger: Ledger, subscribers: Subscribers) -> None:
    readers = [person("a", language="en"), person("b", language="th"), person("c", language="fa")]
    subscribers.add([(reader, imported()) for reader in readers])
    ledger.freeze(issue(languages=("th", "en")), EVERYBODY)
    assert [taken.message.lang for taken in take(ledger)] == ["en", "th", "th"]


@pytest.mark.parametrize("status", [each for each in SubscriberStatus if each != "confirmed"])
def test_who_may_no_longer_be_written_to_is_skipped_with_the_reason(
    ledger: Ledger,
    subscribers: Subscribers,
    people: list[Subscriber],
    reason: Callable[[str], str],
    status: SubscriberStatus,
) -> None:
    ledger.freeze(issue(), first(2))
    subscribers.set_status(people[0].id, status, withdrawn())
    assert keys(take(ledger)) == [name(1)]
    assert counts(ledger) == {State.SKIPPED: 1, State.TAKEN: 1}
    assert reason(name(0)) == status.value


def test_the_skipped_do_not_use_up_the_limit(
    ledger: Ledger, subscribers: Subscribers, people: list[Subscriber]
) -> None:
    ledger.freeze(issue(), EVERYBODY)
    for gone in people[:5]:
        subscribers.set_status(gone.id, SubscriberStatus.UNSUBSCRIBED, withdrawn())
    assert keys(take(ledger, 2)) == [name(5), name(6)]
    assert counts(ledger) == {State.SKIPPED: 5, State.TAKEN: 2}


def test_the_skipped_stay_skipped_when_they_come_back(
    ledger: Ledger, subscribers: Subscribers, people: list[Subscriber]
) -> None:
    ledger.freeze(issue(), first(1))
    subscribers.set_status(people[0].id, SubscriberStatus.UNSUBSCRIBED, withdrawn())
    take(ledger)
    subscribers.set_status(people[0].id, SubscriberStatus.CONFIRMED, imported())
    assert take(ledger, now=LATER) == []


def test_the_suppressed_and_the_erased_are_skipped_at_the_take(
    ledger: Ledger, subscribers: Subscribers, people: list[Subscriber], reason: Callable[[str], str]
) -> None:
    ledger.freeze(issue(), first(3))
    subscribers.suppress(people[0].email.upper(), SuppressionReason.COMPLAINED, now=NOW)
    subscribers.erase(people[1].id, now=NOW)
    assert keys(take(ledger)) == [name(2)]
    assert counts(ledger) == {State.SKIPPED: 2, State.TAKEN: 1}
    assert reason(name(0)) == "suppressed"


def test_an_address_that_has_changed_is_written_to_as_it_is_now(
    ledger: Ledger, people: list[Subscriber]
) -> None:
    ledger.freeze(issue(), first(1))
    (taken,) = take(ledger)
    assert taken.to is not None
    assert taken.to.email == people[0].email


# the time to undo, and the gate


def test_nothing_is_taken_before_the_start(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(replace(issue(), start=LATER), EVERYBODY)
    assert take(ledger) == []
    assert len(take(ledger, now=LATER)) == 7


def test_what_is_held_is_not_taken_and_does_not_begin(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue(), first(2))
    (taken,) = take(ledger, 1)
    ledger.hold("issue-1")
    assert ledger.gate("issue-1") is Gate.HELD
    assert take(ledger) == []
    assert not ledger.begin(taken, now=NOW).result()
    ledger.release([taken])
    assert counts(ledger) == {State.PENDING: 2}


def test_holding_an_issue_holds_its_posts(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue(), first(1), posts=[post("issue-1/item/bluesky")])
    ledger.hold("issue-1")
    assert take(ledger, channel="bluesky") == []


def test_holding_what_was_never_frozen_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="nothing-like-it"):
        ledger.hold("nothing-like-it")
    assert ledger.gate("nothing-like-it") is Gate.OPEN


# tally


def test_tallies_each_frozen_message_by_itself(ledger: Ledger, people: list[Subscriber]) -> None:
    ledger.freeze(issue("a"), first(3))
    ledger.freeze(issue("b"), EVERYBODY)
    for taken, state in zip(take(ledger, 2), (State.SENT, State.FAILED), strict=True):
        ledger.end(taken, Outcome(state=state, at=NOW))
    assert counts(ledger, "a") == {State.SENT: 1, State.FAILED: 1, State.PENDING: 1}
    assert counts(ledger, "b") == {State.PENDING: 7}
    assert not ledger.tally("a").is_done


def test_tallies_nothing_for_what_was_not_frozen(ledger: Ledger) -> None:
    assert ledger.tally("nothing").total == 0
