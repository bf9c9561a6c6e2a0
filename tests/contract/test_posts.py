"""Posts that wait for a slot of their channel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Frozen, Outcome, Policy, Receipt, State
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.reactions import Reactions
from vesicle.ports import Deliveries, Ledger, Posts

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


def message(channel: str, text: str) -> Message:
    return Message(channel=channel, slug=text, lang="en", text=text)


def freeze(ledger: Ledger, issue: str, *items: str, channel: str = "bluesky") -> None:
    mail = Frozen(slug=issue, channel="email", hash=issue, messages={"en": message("email", "mail")})
    owed = [
        replace(
            mail, slug=f"{issue}/{item}/{channel}", channel=channel, messages={"en": message(channel, item)}
        )
        for item in items
    ]
    ledger.freeze(mail, None, posts=owed)


def publish(ledger: Ledger, slug: str, state: State = State.SENT, *, now: datetime = NOW) -> None:
    (one,) = ledger.take("bluesky", limit=1, now=now, lease=LEASE, of={slug})
    assert ledger.begin(one, now=now).result()
    retry_at = now + LEASE if state is State.DEFERRED else None
    ledger.end(one, Outcome(state=state, at=now, retry_at=retry_at))
    ledger.flush()


def waiting(posts: Posts, channel: str = "bluesky") -> list[str]:
    return [post.slug for post in posts.waiting(channel)]


def test_posts_wait_in_the_order_they_were_frozen_each_on_its_channel(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b")
    freeze(ledger, "two", "c")
    freeze(ledger, "three", "a", channel="mastodon")
    assert waiting(posts) == ["one/a/bluesky", "one/b/bluesky", "two/c/bluesky"]
    assert [(post.item, post.text) for post in posts.waiting("mastodon")] == [("a", "a")]
    assert waiting(posts, "email") == []


def test_what_went_out_waits_no_more_and_what_was_put_off_does(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b", "c")
    publish(ledger, "one/a/bluesky")
    publish(ledger, "one/b/bluesky", State.DEFERRED)
    assert waiting(posts) == ["one/b/bluesky", "one/c/bluesky"]


def test_a_post_can_be_moved_before_another_and_behind_all(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b", "c")
    posts.move("one/c/bluesky", before="one/a/bluesky")
    assert waiting(posts) == ["one/c/bluesky", "one/a/bluesky", "one/b/bluesky"]
    posts.move("one/c/bluesky", before=None)
    assert waiting(posts) == ["one/a/bluesky", "one/b/bluesky", "one/c/bluesky"]
    freeze(ledger, "two", "d")
    assert waiting(posts)[-1] == "two/d/bluesky"


def test_a_post_can_be_pinned_to_a_moment_and_let_go_again(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b")
    posts.pin("one/b/bluesky", NOW)
    assert posts.pinned(until=NOW - LEASE) == []
    assert [(post.slug, post.pinned) for post in posts.pinned(until=NOW)] == [("one/b/bluesky", NOW)]
    posts.pin("one/b/bluesky", None)
    assert posts.pinned(until=NOW) == []


def test_a_held_post_says_so_and_a_cancelled_one_is_gone(
    ledger: Ledger, operator: Deliveries, posts: Posts
) -> None:
    freeze(ledger, "one", "a", "b")
    operator.hold("one/a/bluesky")
    assert [(post.slug, post.is_held) for post in posts.waiting("bluesky")] == [
        ("one/a/bluesky", True),
        ("one/b/bluesky", False),
    ]
    operator.cancel("one", now=NOW)
    assert waiting(posts) == []


def test_who_names_a_post_that_does_not_wait_is_told(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b")
    publish(ledger, "one/a/bluesky")
    with pytest.raises(UserError, match="no post called 'one/a/bluesky' waits"):
        posts.pin("one/a/bluesky", NOW)
    with pytest.raises(UserError, match="no post called 'one/a/bluesky' waits"):
        posts.move("one/b/bluesky", before="one/a/bluesky")


def test_the_last_that_went_out_of_each_item_is_known(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b", "c")
    freeze(ledger, "two", "a")
    publish(ledger, "one/a/bluesky")
    publish(ledger, "two/a/bluesky", now=NOW + LEASE)
    publish(ledger, "one/b/bluesky", State.FAILED)
    found = posts.last("bluesky", {"a", "b", "c"})
    assert {item: (one.at, one.message.text) for item, one in found.items()} == {"a": (NOW + LEASE, "a")}
    assert posts.last("mastodon", {"a"}) == {}


def owed(ledger: Ledger, slug: str, *, policy: Policy = Policy.HOLD) -> None:
    post = {"en": message("bluesky", "a")}
    ledger.freeze(Frozen(slug=slug, channel="bluesky", hash="h", messages=post, policy=policy), None)


def test_what_a_person_published_by_itself_is_gone_on_with_until_it_is_out(
    ledger: Ledger, posts: Posts
) -> None:
    owed(ledger, "by-hand-1/a/bluesky")
    owed(ledger, "by-hand-2/a/bluesky", policy=Policy.RESEND)
    freeze(ledger, "one", "a")
    (held,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE, of={"by-hand-1/a/bluesky"})
    assert [post.slug for post in posts.by_hand()] == ["by-hand-2/a/bluesky"]
    ledger.release([held])
    ledger.flush()
    publish(ledger, "by-hand-1/a/bluesky", State.DEFERRED)
    publish(ledger, "by-hand-2/a/bluesky", State.UNKNOWN)
    assert [post.slug for post in posts.by_hand()] == ["by-hand-1/a/bluesky", "by-hand-2/a/bluesky"]
    later = NOW + 2 * LEASE
    publish(ledger, "by-hand-1/a/bluesky", now=later)
    publish(ledger, "by-hand-2/a/bluesky", now=later)
    assert posts.by_hand() == []


def test_what_is_in_hand_is_told_so_that_nobody_begins_a_second_one(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b")
    assert posts.in_hand("bluesky", "a") == ""
    (taken,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE)
    assert (posts.in_hand("bluesky", "a"), posts.in_hand("bluesky", "b")) == ("one/a/bluesky", "")
    assert posts.in_hand("mastodon", "a") == ""
    assert ledger.begin(taken, now=NOW).result()
    assert posts.in_hand("bluesky", "a") == "one/a/bluesky"
    assert waiting(posts) == ["one/b/bluesky"]
    ledger.end(taken, Outcome(state=State.SENT, at=NOW))
    ledger.flush()
    assert posts.in_hand("bluesky", "a") == ""


def test_what_nobody_knows_of_is_named_until_a_person_says_that_it_is_out(
    ledger: Ledger, operator: Deliveries, posts: Posts
) -> None:
    freeze(ledger, "one", "a", "b")
    owed(ledger, "by-hand-2/a/bluesky", policy=Policy.RESEND)
    publish(ledger, "one/a/bluesky", State.UNKNOWN)
    publish(ledger, "by-hand-2/a/bluesky", State.UNKNOWN)
    assert [(post.slug, post.channel, post.at) for post in posts.unknown()] == [
        ("one/a/bluesky", "bluesky", NOW)
    ]
    assert operator.settle_published("one/a/bluesky", now=NOW + LEASE)
    assert not operator.settle_published("one/a/bluesky", now=NOW + LEASE)
    assert posts.unknown() == []
    assert ledger.tally("one/a/bluesky")[State.SENT] == 1
    assert posts.last("bluesky", ["a"])["a"].at == NOW + LEASE


def test_the_channel_finds_what_it_noted_when_it_meets_a_post_again(ledger: Ledger, posts: Posts) -> None:
    owed(ledger, "one/a/bluesky")
    (first,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE)
    assert first.noted == ""
    ledger.note(first, "one")
    ledger.note(first, "two")
    assert ledger.begin(first, now=NOW).result()
    ledger.note(first, "three")
    ledger.end(first, Outcome(state=State.DEFERRED, at=NOW, retry_at=NOW))
    ledger.note(first, "too late")
    (again,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE)
    assert again.noted == "three"
    ledger.note(replace(first, noted=""), "from an attempt that has ended")
    ledger.release([again])
    ledger.flush()
    (once_more,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE)
    assert once_more.noted == "three"


def test_what_went_out_is_told_with_its_receipt_and_how_it_was_taken(ledger: Ledger, posts: Posts) -> None:
    freeze(ledger, "one", "a", "b", "c")
    publish(ledger, "one/a/bluesky")
    receipt = Receipt(remote="at://did:plc:x/app.bsky.feed.post/1", url="https://bsky.example/1", raw="[]")
    (one,) = ledger.take("bluesky", limit=1, now=NOW, lease=LEASE, of={"one/b/bluesky"})
    assert ledger.begin(one, now=NOW + LEASE / 2).result()
    ledger.end(one, Outcome(state=State.SENT, at=NOW + LEASE / 2, receipt=receipt))
    ledger.flush()
    assert [post.slug for post in posts.published(since=NOW)] == ["one/b/bluesky", "one/a/bluesky"]
    assert [post.slug for post in posts.published(since=NOW + LEASE / 4)] == ["one/b/bluesky"]
    posts.count("one/b/bluesky", Reactions(likes=3, replies=0), at=NOW + LEASE)
    posts.count("one/b/bluesky", Reactions(likes=4, replies=1, shares=2), at=NOW + 2 * LEASE)
    second, first = posts.published(since=NOW)
    assert (second.receipt, second.reactions) == (receipt, Reactions(likes=4, replies=1, shares=2))
    assert (first.receipt, first.reactions) == (Receipt(), None)
