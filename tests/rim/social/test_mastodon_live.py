"""What arrives on a Mastodon server that others wrote, field by field."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.rim.social.mastodon_live import LIVE, TOKEN, Mock, Proxy, Stop, running
from tests.rim.social.mastodon_stand import ALT, CARDED, LIMITS, POST, THREAD

from vesicle.deliver.mastodon import Channel, Options
from vesicle.model.checkup import Health
from vesicle.model.delivery import Frozen, Receipt, State
from vesicle.model.errors import PermanentFailure
from vesicle.model.message import Message
from vesicle.model.reactions import Reactions
from vesicle.ports import LEASE
from vesicle.queue.clock import now
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger

pytestmark = LIVE
# The server never forgets a key, and here all posts come on one day: each is another.
NUMBERS = count()


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(Path(tmp_path_factory.mktemp("mastodon"))) as mock:
        yield mock


class Stand:
    """A ledger with one post, and the channel to a server."""

    def __init__(
        self, url: str, message: Message = POST, *, token: str = TOKEN, visibility: Any = "public"
    ) -> None:
        number = next(NUMBERS)
        self.texts = tuple(f"{number}: {text}" for text in message.texts)
        parts = self.texts if message.parts else ()
        own = replace(message, text="\n\n".join(self.texts), parts=parts)
        self.slug = f"issue-{number}/item/mastodon"
        self.clock = FixedClock(now())
        self.ledger = MemoryLedger()
        desk = replace(plain_desk(self.clock, name="mastodon", limits=LIMITS), draw=lambda card: b"a picture")
        self.channel = Channel(Options(server=url, token=token, visibility=visibility), desk=desk)
        frozen = Frozen(
            slug=self.slug, channel="mastodon", hash="h", messages={"en": own}, policy=Channel.policy
        )
        self.ledger.freeze(frozen, None)

    def publish(self) -> State:
        taken = self.ledger.take("mastodon", limit=9, now=self.clock(), lease=LEASE)
        self.channel.deliver_all(iter(taken), self.ledger)
        (state,) = self.ledger.tally(self.slug).counts
        return state

    @property
    def receipt(self) -> Receipt:
        outcome = self.ledger.outcome(f"{self.slug}:mastodon")
        assert outcome
        return outcome.receipt


def test_a_post_arrives_with_text_card_and_alt_text(mock: Mock) -> None:
    stand = Stand(mock.url, replace(CARDED, lang="th"), visibility="unlisted")
    assert stand.publish() is State.SENT
    status = mock.get(f"/api/v1/statuses/{stand.receipt.remote}")
    assert mock.get(f"/api/v1/statuses/{stand.receipt.remote}/source")["text"] == stand.texts[0]
    assert status["url"] == stand.receipt.url
    assert (status["visibility"], status["language"], status["in_reply_to_id"]) == ("unlisted", "th", None)
    assert (status["sensitive"], status["spoiler_text"], status["poll"]) == (False, "", None)
    assert [tag["name"] for tag in status["tags"]] == ["skin"]
    (media,) = status["media_attachments"]
    assert (media["type"], media["description"]) == ("image", ALT)
    assert mock.bytes(media["url"]) == b"a picture"


def test_a_thread_of_five_arrives_as_one(mock: Mock) -> None:
    stand = Stand(mock.url, THREAD)
    assert stand.publish() is State.SENT
    assert_thread(mock, stand)


def assert_thread(mock: Mock, stand: Stand) -> None:
    """The thread is there, each part below the one before."""
    first = stand.receipt.remote
    context = mock.get(f"/api/v1/statuses/{first}/context")
    assert context["ancestors"] == []
    thread = [mock.get(f"/api/v1/statuses/{first}"), *context["descendants"]]
    sources = [mock.get(f"/api/v1/statuses/{one['id']}/source")["text"] for one in thread]
    assert sources == list(stand.texts)
    above = [None, *(one["id"] for one in thread[:-1])]
    assert [one["in_reply_to_id"] for one in thread] == above
    assert [len(one["media_attachments"]) for one in thread] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=2)])
@pytest.mark.parametrize("is_swallowed", [False, True])
@pytest.mark.parametrize("number", [0, 2, 4])
def test_an_interrupted_thread_goes_on_where_it_was(
    mock: Mock, number: int, is_swallowed: bool, later: timedelta
) -> None:
    before = len(mock.statuses())
    with Proxy(mock) as proxy:
        stand = Stand(proxy.url, THREAD)
        proxy.stop = Stop(number=number, is_swallowed=is_swallowed)
        assert stand.publish() is State.UNKNOWN
        stand.clock.forward(later)
        assert stand.publish() is State.SENT
    assert_thread(mock, stand)
    assert len(mock.statuses()) == before + 5


def test_the_account_is_told(mock: Mock) -> None:
    token, length = Stand(mock.url).channel.standing(now())
    assert (token.health, length.health) == (Health.GOOD, Health.GOOD)
    assert token.text == f"its token works, for @testuser on {mock.url}"


def test_a_wrong_token_is_told_and_nothing_goes_out(mock: Mock) -> None:
    stand = Stand(mock.url, token="wrong")
    before = len(mock.statuses())
    with pytest.raises(PermanentFailure):
        stand.publish()
    (line,) = stand.channel.standing(now())
    assert line.health is Health.FAULT
    assert len(mock.statuses()) == before


def test_how_it_was_taken_is_counted(mock: Mock) -> None:
    stand = Stand(mock.url)
    stand.publish()
    assert stand.channel.reactions(stand.receipt) == Reactions(likes=0, replies=0, shares=0)
    assert stand.channel.reactions(Receipt(remote="1")) is None
