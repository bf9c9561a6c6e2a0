"""Posts that wait for a slot of their channel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.delivery import Frozen, Outcome, State
from vesicle.model.errors import UserError
from vesicle.model.message import Message
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
