"""The channel `telegram` against a Bot API on loopback: one message for a post, or a state with a name."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.rim.social.botapi import CHANNEL, CHAT, TOKEN, BotApi, parsed, refusal

from vesicle.deliver.telegram import Channel, Options
from vesicle.model.checkup import Health
from vesicle.model.delivery import Delivery, Frozen, Outcome, Policy, State
from vesicle.model.errors import (
    ContentError,
    OutsideError,
    PermanentFailure,
    TemporaryFailure,
    UserError,
)
from vesicle.model.limits import Frame
from vesicle.model.message import Card, Link, Message, Picture
from vesicle.ports import LEASE, Desk, Rehearsing, Telling
from vesicle.testing.apiserver import Answer, ApiServer, Fault, Kind
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
URL = "https://doi.org/10.1/x?a=1&b='2'"
CARD = Card(source="s", data=json.dumps({"title": "A finding"}), frame=Frame(width=1600, height=900))
WITH_CARD = (Picture(src=CARD.name, alt="A card", card=CARD),)
POST = Message(
    channel="telegram",
    slug="migraine",
    lang="en",
    text=f"CO₂ < 5 & <b>not bold</b> 🧪\n{URL}",
    links=(Link(url=URL, text=URL),),
)
SEND = "/send"


class Stand:
    """A channel with a Bot API of its own, and a ledger that owes it posts."""

    def __init__(self, server: ApiServer, api: BotApi) -> None:
        self.server, self.api = server, api
        self.clock = FixedClock(NOW)
        self.ledger = MemoryLedger()

    def owe(self, *posts: Message, give_up: datetime | None = None) -> None:
        """Let the channel be owed *posts*."""
        for post in posts:
            frozen = Frozen(
                slug=f"i/{post.slug}/telegram",
                channel="telegram",
                hash="h",
                messages={post.lang: post},
                give_up=give_up,
            )
            self.ledger.freeze(frozen, None)

    def taken(self) -> list[Delivery]:
        """Take what is due."""
        return list(self.ledger.take("telegram", limit=9, now=self.clock(), lease=LEASE))

    def channel(self, *, token: str = TOKEN, chat: str = CHAT) -> Channel:
        """Open the channel."""
        return Channel(Options(token=token, chat=chat, base=self.server.url), desk=self.desk())

    def desk(self) -> Desk:
        """Give a desk."""
        return plain_desk(self.clock, name="telegram")

    def run(self, *, token: str = TOKEN, chat: str = CHAT) -> Outcome | None:
        """Deliver what is due; tell how the first post ended last."""
        taken = self.taken()
        self.channel(token=token, chat=chat).deliver_all(iter(taken), self.ledger)
        return self.ended() if self.ledger.is_frozen("i/migraine/telegram") else None

    def ended(self, slug: str = "migraine") -> Outcome | None:
        """Tell how a post ended last."""
        return self.ledger.outcome(f"i/{slug}/telegram:telegram")


@pytest.fixture
def stand() -> Iterator[Stand]:
    api = BotApi()
    with ApiServer(api) as server:
        yield Stand(server, api)
    assert api.problems == []


def test_a_post_is_one_message_with_a_preview_of_its_link(stand: Stand) -> None:
    stand.owe(POST)
    outcome = stand.run()
    (message,) = stand.api.posted
    assert message["method"] == "sendMessage"
    assert parsed(message["text"]) == POST.text
    assert message["link_preview_options"] == {"url": URL, "prefer_large_media": True}
    assert outcome is not None
    assert outcome.state is State.SENT
    assert (outcome.receipt.remote, outcome.receipt.url) == ("1", "https://t.me/sciencenews/1")


def test_a_post_without_a_link_has_no_preview(stand: Stand) -> None:
    stand.owe(replace(POST, text="Hi", links=()))
    stand.run()
    assert stand.api.posted[0]["link_preview_options"] == {"is_disabled": True}


def test_a_card_goes_with_the_text_below_it(stand: Stand) -> None:
    stand.owe(replace(POST, pictures=WITH_CARD))
    stand.run()
    (message,) = stand.api.posted
    assert message["method"] == "sendPhoto"
    assert message["photo"] == CARD.name.encode()
    assert parsed(message["caption"]) == POST.text


@pytest.mark.parametrize(("length", "method"), [(512, "sendPhoto"), (513, "sendMessage")])
def test_a_text_too_long_for_a_card_is_one_message_without_it(stand: Stand, length: int, method: str) -> None:
    stand.owe(replace(POST, text="🧪" * length, links=(), pictures=WITH_CARD))
    stand.run()
    assert [message["method"] for message in stand.api.posted] == [method]


def test_the_longest_text_goes_out(stand: Stand) -> None:
    stand.owe(replace(POST, text="&" * 4096, links=()))
    stand.run()
    assert parsed(stand.api.posted[0]["text"]) == "&" * 4096


def test_a_chat_without_a_name_is_named_by_its_number(stand: Stand) -> None:
    stand.api.chat = {one: CHANNEL[one] for one in ("id", "type", "title")}
    stand.owe(POST)
    outcome = stand.run(chat="-1001234567890")
    assert outcome is not None
    assert outcome.receipt.url == "https://t.me/c/1234567890/1"
    assert stand.api.posted[0]["chat_id"] == -1001234567890


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.BROKEN])
@pytest.mark.parametrize("pictures", [(), WITH_CARD])
def test_a_lost_answer_waits_for_a_person_and_is_never_asked_for_again(
    stand: Stand, kind: Kind, pictures: tuple[Picture, ...]
) -> None:
    stand.owe(replace(POST, pictures=pictures))
    stand.server.faults = [Fault(where=SEND, kind=kind)]
    outcome = stand.run()
    assert outcome is not None
    assert outcome.state is State.UNKNOWN
    for _ in range(5):
        stand.clock.forward(timedelta(hours=8))
        assert stand.run() == outcome
    assert len(stand.api.posted) == 1
    assert len(stand.server.calls(SEND)) == 1
    assert getattr(Channel, "policy", Policy.HOLD) is Policy.HOLD


def test_an_answer_that_is_none_is_no_answer(stand: Stand) -> None:
    stand.owe(POST)
    stand.server.faults = [Fault(where=SEND, kind=Kind.BROKEN, answer=Answer(data={"ok": True}))]
    outcome = stand.run()
    assert outcome is not None
    assert outcome.state is State.UNKNOWN


def test_too_many_requests_wait_as_long_as_telegram_says(stand: Stand) -> None:
    stand.owe(POST)
    busy = refusal(429, "Too Many Requests: retry after 700", retry_after=700)
    stand.server.faults = [Fault(where=SEND, kind=Kind.REFUSED, answer=busy)]
    outcome = stand.run()
    assert outcome is not None
    assert (outcome.state, outcome.retry_at) == (State.DEFERRED, NOW + timedelta(seconds=700))
    stand.clock.forward(timedelta(seconds=700))
    outcome = stand.run()
    assert outcome is not None
    assert (outcome.state, len(stand.api.posted)) == (State.SENT, 1)


def test_a_post_that_is_refused_has_failed_and_the_next_goes_out(stand: Stand) -> None:
    stand.owe(POST, replace(POST, slug="other"))
    no = refusal(400, "Bad Request: message is too long")
    stand.server.faults = [Fault(where=SEND, kind=Kind.REFUSED, answer=no)]
    outcome = stand.run()
    assert outcome is not None
    assert outcome.state is State.FAILED
    assert outcome.reason == "Telegram refused it: Bad Request: message is too long"
    assert len(stand.api.posted) == 1


@pytest.mark.parametrize(
    ("status", "description", "mend"),
    [
        (403, "Forbidden: bot is not a member of the channel chat", "administrator of @sciencenews"),
        (403, "Forbidden: bot was kicked from the channel chat", "administrator of @sciencenews"),
        (400, "Bad Request: need administrator rights in the channel chat", "administrator"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "administrator"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "administrator"),
        (401, "Unauthorized", "@BotFather"),
    ],
)
def test_a_bot_that_may_not_post_stops_the_channel_and_its_posts_wait(
    stand: Stand, status: int, description: str, mend: str
) -> None:
    stand.owe(POST, replace(POST, slug="other"))
    stand.api.refuses = refusal(status, description)
    with pytest.raises(PermanentFailure, match=mend):
        stand.run()
    first, second = (stand.ledger.tally(f"i/{slug}/telegram").counts for slug in ("migraine", "other"))
    assert (dict(first), dict(second)) == ({State.DEFERRED: 1}, {State.TAKEN: 1})
    stand.api.refuses = None
    stand.clock.forward(timedelta(hours=1))
    stand.run()
    assert len(stand.api.posted) == 2
    assert len(stand.server.calls(SEND)) == 3


def test_a_group_that_moved_tells_where_to(stand: Stand) -> None:
    stand.owe(POST)
    moved = "Bad Request: group chat was upgraded to a supergroup chat"
    stand.api.refuses = refusal(400, moved, migrate_to_chat_id=-100987)
    with pytest.raises(PermanentFailure, match=r"write `chat: '-100987'`"):
        stand.run()


@pytest.mark.parametrize(
    ("token", "chat", "words"),
    [
        ("1:revoked", CHAT, "Unauthorized; give the token that @BotFather shows"),
        (TOKEN, "@nobodyknows", "chat not found"),
        ("", CHAT, "has no token or no chat"),
        (TOKEN, "", "has no token or no chat"),
    ],
)
def test_a_token_or_chat_that_nobody_knows_stops_the_channel_before_anything_begins(
    stand: Stand, token: str, chat: str, words: str
) -> None:
    stand.owe(POST)
    with pytest.raises(PermanentFailure, match=words):
        stand.run(token=token, chat=chat)
    assert dict(stand.ledger.tally("i/migraine/telegram").counts) == {State.PENDING: 1}
    assert stand.server.calls(SEND) == []


def test_a_server_that_is_away_stops_the_channel_before_anything_begins(stand: Stand) -> None:
    stand.owe(POST)
    channel = Channel(Options(token=TOKEN, chat=CHAT, base="http://127.0.0.1:1"), desk=stand.desk())
    with pytest.raises(TemporaryFailure, match="Telegram cannot be reached"):
        channel.deliver_all(iter(stand.taken()), stand.ledger)
    assert dict(stand.ledger.tally("i/migraine/telegram").counts) == {State.PENDING: 1}


def test_what_is_held_is_not_asked_for(stand: Stand) -> None:
    stand.owe(POST)
    taken = stand.taken()
    stand.ledger.hold("i/migraine/telegram")
    stand.channel().deliver_all(iter(taken), stand.ledger)
    assert stand.api.posted == []
    assert dict(stand.ledger.tally("i/migraine/telegram").counts) == {State.PENDING: 1}


def test_with_nothing_to_deliver_nothing_is_asked(stand: Stand) -> None:
    stand.run()
    assert stand.server.asked == []


def test_a_card_that_cannot_be_drawn_fails_its_post_alone(stand: Stand) -> None:
    def broken(card: Card) -> bytes:
        raise ContentError("a font is missing")

    stand.owe(replace(POST, pictures=WITH_CARD))
    desk = replace(stand.desk(), draw=broken)
    channel = Channel(Options(token=TOKEN, chat=CHAT, base=stand.server.url), desk=desk)
    channel.deliver_all(iter(stand.taken()), stand.ledger)
    outcome = stand.ended()
    assert outcome is not None
    assert (outcome.state, stand.api.posted) == (State.FAILED, [])


def test_a_rehearsal_shows_the_request_and_asks_for_nothing(stand: Stand) -> None:
    channel = stand.channel()
    assert isinstance(channel, Rehearsing)
    (call,) = channel.rehearse(replace(POST, pictures=WITH_CARD))
    assert call.url == f"{stand.server.url}/bot<token>/sendPhoto"
    assert json.loads(call.body)["photo"] == CARD.name
    assert stand.server.asked == []


def test_the_doctor_hears_how_bot_and_chat_stand(stand: Stand) -> None:
    channel = stand.channel()
    assert isinstance(channel, Telling)
    (line,) = channel.standing(NOW)
    assert (line.health, line.text) == (Health.GOOD, "@news_bot finds Science News")
    (line,) = stand.channel(token="1:revoked").standing(NOW)
    assert (line.code, line.health) == ("telegram.token", Health.FAULT)
    (line,) = stand.channel(chat="@nobodyknows").standing(NOW)
    assert (line.code, line.what) == ("telegram.chat", "channel telegram")
    assert stand.api.posted == []


def test_the_token_is_in_nothing_that_anybody_reads(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="vesicle")
    told: list[str] = [repr(Options(token=TOKEN)), *(call.url for call in stand.channel().rehearse(POST))]
    answers = [Answer(status=status, data={"description": "no"}) for status in (302, 400, 403, 429, 500)]
    answers[0] = replace(answers[0], headers={"Location": f"https://elsewhere.example/bot{TOKEN}/x"})
    faults = [Fault(where=SEND, kind=Kind.REFUSED, answer=answer) for answer in answers]
    faults += [Fault(where=SEND, kind=kind) for kind in (Kind.CUT, Kind.LOST)]
    for number, fault in enumerate(faults):
        stand.owe(replace(POST, slug=f"post-{number}"))
        stand.server.faults = [fault]
        try:
            stand.run()
        except OutsideError as error:
            told.append(f"{error!r} {error.__cause__!r}")
        outcome = stand.ended(f"post-{number}")
        assert outcome is not None
        told.append(outcome.reason)
    for base in (stand.server.url.replace("http:", "https:"), "http://127.0.0.1:1"):
        channel = Channel(Options(token=TOKEN, chat=CHAT, base=base), desk=stand.desk())
        with pytest.raises(OutsideError) as caught:
            list(channel.standing(NOW))
        told.append(f"{caught.value!r} {caught.value.__cause__!r}")
    assert len(told) > 10
    secret = TOKEN.partition(":")[2]
    assert [text for text in (*told, caplog.text) if secret in text] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"token": "77:ab\n"}, "the token is not one of a bot"),
        ({"token": "77/../ab"}, "the token is not one of a bot"),
        ({"chat": "sciencenews"}, "chat 'sciencenews' is no chat"),
        ({"base": "http://api.telegram.org"}, "cannot be asked"),
        ({"base": "no address"}, "cannot be asked"),
    ],
)
def test_options_that_nobody_can_have_are_refused_without_the_token(
    options: dict[str, str], words: str
) -> None:
    with pytest.raises(UserError, match=words) as caught:
        Options(**options)
    assert "77" not in str(caught.value)
