"""How posts were taken, asked of their channels."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from vesicle.model.delivery import Delivery, Frozen, Outcome, Receipt, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.message import Message
from vesicle.model.reactions import Reactions
from vesicle.pipeline.reactions import LOOKED_AT, count_reactions
from vesicle.ports import LEASE, Channel, Ledger
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemoryPosts
from vesicle.testing.recording import RecordingChannel

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


class Telling:
    """A channel that tells of every post but those that are gone, or of none."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.asked: list[str] = []
        self._is_away = is_away

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        raise AssertionError("nothing is delivered here")

    def reactions(self, receipt: Receipt) -> Reactions | None:
        self.asked.append(receipt.remote)
        if self._is_away:
            raise TemporaryFailure("it does not answer")
        return None if receipt.remote == "gone" else Reactions(likes=len(receipt.remote))


def stand(*posts: tuple[str, str, datetime]) -> MemoryPosts:
    ledger = MemoryLedger()
    for channel, remote, at in posts:
        text = Message(channel=channel, slug=remote, lang="en", text="Hi")
        frozen = Frozen(slug=f"one/{remote}/{channel}", channel=channel, hash="h", messages={"en": text})
        ledger.freeze(frozen, None)
        (one,) = ledger.take(channel, limit=1, now=at, lease=LEASE)
        ledger.begin(one, now=at)
        ledger.end(one, Outcome(state=State.SENT, at=at, receipt=Receipt(remote=remote)))
    return MemoryPosts(ledger)


def told(posts: MemoryPosts) -> dict[str, Reactions | None]:
    return {one.slug: one.reactions for one in posts.published(since=NOW - timedelta(days=99))}


def test_each_post_of_the_last_month_is_asked_about_and_what_is_told_is_kept() -> None:
    old = NOW - LOOKED_AT - timedelta(minutes=1)
    posts = stand(("birds", "old", old), ("birds", "gone", NOW), ("birds", "here", NOW))
    birds = Telling()
    assert count_reactions(posts, {"birds": birds}, now=NOW, stopping=lambda: False) == 1
    assert sorted(birds.asked) == ["gone", "here"]
    assert told(posts) == {
        "one/here/birds": Reactions(likes=4),
        "one/gone/birds": None,
        "one/old/birds": None,
    }


def test_a_channel_that_does_not_answer_keeps_no_other_back() -> None:
    posts = stand(("birds", "a", NOW), ("birds", "b", NOW), ("trees", "c", NOW), ("stones", "d", NOW))
    birds, trees = Telling(is_away=True), Telling()
    stones = RecordingChannel(clock=FixedClock(NOW))
    channels: dict[str, Channel] = {"birds": birds, "trees": trees, "stones": stones}
    assert count_reactions(posts, channels, now=NOW, stopping=lambda: False) == 1
    assert len(birds.asked) == 1
    assert told(posts)["one/c/trees"] == Reactions(likes=1)


def test_nothing_more_is_asked_once_the_daemon_is_to_stop() -> None:
    birds = Telling()
    count_reactions(stand(("birds", "a", NOW)), {"birds": birds}, now=NOW, stopping=lambda: True)
    assert birds.asked == []
