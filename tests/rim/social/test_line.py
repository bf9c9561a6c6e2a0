"""The channel `line` against a Messaging API on loopback: one broadcast for a post, however it fails."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.rim.social.lineapi import BROADCAST, BUSY, CARD, NAME, NOW, POST, TOKEN, Stand, standing

from vesicle.deliver.line import Channel, Options
from vesicle.model.checkup import Health
from vesicle.model.delivery import Delivery, Outcome, Policy, State
from vesicle.model.errors import ContentError, PermanentFailure, TemporaryFailure, UserError
from vesicle.model.message import Card, Picture
from vesicle.ports import LEASE, Rehearsing, Telling
from vesicle.testing.apiserver import Answer, Kind
from vesicle.testing.memory import MemoryLedger


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


def test_a_post_is_one_broadcast_with_a_key_from_the_first_request_on(stand: Stand) -> None:
    stand.owe()
    outcome = stand.run()
    assert (outcome.state, outcome.receipt.remote) == (State.SENT, "request-1")
    assert [messages for _, messages in stand.api.sent] == [[{"type": "text", "text": POST.text}]]
    assert list(stand.keys().values()) == [1]


def test_a_thread_is_one_broadcast(stand: Stand) -> None:
    stand.owe(replace(POST, parts=("1", "2", "3", "4", "5")))
    assert stand.run().state is State.SENT
    ((_, messages),) = stand.api.sent
    assert [one["text"] for one in messages] == ["1", "2", "3", "4", "5"]


def test_a_thread_that_one_broadcast_does_not_take_has_failed_before_anything_is_asked(stand: Stand) -> None:
    stand.owe(replace(POST, parts=("1", "2", "3", "4", "5", "6")))
    outcome = stand.run()
    assert (outcome.state, outcome.reason) == (
        State.FAILED,
        "it is 6 messages, and LINE takes 5 at once",
    )
    assert stand.server.calls(BROADCAST) == []


def test_a_card_is_an_address_before_the_text(stand: Stand) -> None:
    stand.has_card = True
    stand.owe(replace(POST, pictures=(Picture(src=CARD.name, alt="x", card=CARD),)))
    assert stand.run().state is State.SENT
    ((_, (image, text)),) = stand.api.sent
    address = f"{stand.server.url}/cards/{CARD.name}"
    assert image == {"type": "image", "originalContentUrl": address, "previewImageUrl": address}
    assert text["type"] == "text"


def test_a_card_that_nobody_can_get_waits(stand: Stand) -> None:
    stand.has_card = True
    card = replace(CARD, source="another")
    stand.owe(replace(POST, pictures=(Picture(src=card.name, alt="x", card=card),)))
    outcome = stand.run()
    assert outcome.state is State.DEFERRED
    assert f"`vesicle serve` must give out {stand.server.url}/cards/{card.name}" in outcome.reason
    assert stand.api.sent == []


def test_a_card_that_cannot_be_drawn_fails_its_post(stand: Stand) -> None:
    def broken(card: Card) -> bytes:
        raise ContentError("a font is missing")

    stand.owe(replace(POST, pictures=(Picture(src=CARD.name, alt="x", card=CARD),)))
    options = Options(token=TOKEN, with_card=True, base=stand.server.url)
    channel = Channel(options, desk=replace(stand.desk(), draw=broken))
    channel.deliver_all(iter(stand.taken()), stand.ledger)
    assert dict(stand.ledger.tally(NAME).counts) == {State.FAILED: 1}


def test_what_line_would_refuse_is_never_broadcast(stand: Stand) -> None:
    stand.owe(replace(POST, text="ไ" * 5001))
    outcome = stand.run()
    assert outcome.state is State.FAILED
    assert "messages[0].text Length must be at most 5000" in outcome.reason
    assert stand.server.calls(BROADCAST) == []


@pytest.mark.parametrize(("kind", "sent"), [(Kind.LOST, 1), (Kind.BROKEN, 1), (Kind.CUT, 0)])
def test_a_lost_answer_is_asked_for_again_with_the_same_key(stand: Stand, kind: Kind, sent: int) -> None:
    stand.owe()
    stand.fails(kind)
    assert stand.run().state is State.UNKNOWN
    assert len(stand.api.sent) == sent
    outcome = stand.run(later=timedelta(minutes=1))
    assert (outcome.state, outcome.receipt.remote) == (State.SENT, "request-1")
    assert (len(stand.api.sent), list(stand.keys().values())) == (1, [2])
    assert Channel.policy is Policy.RESEND


def test_killed_after_the_broadcast_the_next_run_finds_out(stand: Stand) -> None:
    class Killed(MemoryLedger):
        def end(self, delivery: Delivery, outcome: Outcome) -> None:
            raise KeyboardInterrupt

    stand.ledger = Killed()
    stand.owe()
    with pytest.raises(KeyboardInterrupt):
        stand.run()
    stand.ledger.__class__ = MemoryLedger  # type: ignore[assignment]  # the same rows, by another process
    stand.clock.forward(LEASE)
    assert stand.taken() == []
    outcome = stand.run(later=timedelta(minutes=1))
    assert (outcome.state, outcome.receipt.remote) == (State.SENT, "request-1")
    assert len(stand.api.sent) == 1


def test_a_ledger_that_is_an_older_copy_publishes_nothing_twice(stand: Stand) -> None:
    for _ in range(2):
        stand.ledger = MemoryLedger()
        stand.owe()
        outcome = stand.run(later=timedelta(hours=5))
        assert (outcome.state, outcome.receipt.remote) == (State.SENT, "request-1")
    assert len(stand.api.sent) == 1


def test_another_site_that_posts_the_same_has_other_keys(stand: Stand) -> None:
    for key in (b"one" * 11, b"two" * 11):
        stand.ledger = MemoryLedger()
        stand.owe()
        options = Options(token=TOKEN, base=stand.server.url)
        channel = Channel(options, desk=replace(stand.desk(), key=key))
        channel.deliver_all(iter(stand.taken()), stand.ledger)
    assert len(stand.api.sent) == 2


def test_a_server_that_fails_for_hours_is_asked_until_it_knows(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.BROKEN)
    stand.fails(Kind.REFUSED, times=19)
    states = [stand.run(later=timedelta(hours=1)).state for _ in range(20)]
    assert states == [State.UNKNOWN] * 11 + [State.DEFERRED] * 9
    assert stand.run(later=timedelta(hours=1)).state is State.SENT
    assert (len(stand.api.sent), list(stand.keys().values())) == (1, [21])


def test_too_many_requests_wait_and_begin_anew(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.REFUSED, BUSY)
    outcome = stand.run()
    assert outcome.state is State.DEFERRED
    assert outcome.reason == (
        "LINE asked for fewer requests (429): The API rate limit has been exceeded. Try again later.; "
        "0 of 5,000 messages of this month are used"
    )
    # Nothing is in doubt, so nothing is looked up, however late it is.
    assert stand.run(later=timedelta(days=2)).state is State.SENT
    assert stand.server.calls("delivery/broadcast") == []


def test_a_month_that_is_used_up_is_named_and_not_tried(stand: Stand) -> None:
    stand.api.used = 5000
    stand.owe()
    outcome = stand.run()
    assert outcome.state is State.FAILED
    assert outcome.reason == ("LINE takes no more this month: 5,000 of 5,000 messages of this month are used")
    assert stand.server.calls(BROADCAST) == []


def test_friends_that_are_more_than_what_is_left_are_seen_from_the_reason(stand: Stand) -> None:
    stand.api.used = 4950
    stand.owe()
    outcome = stand.run()
    assert outcome.state is State.DEFERRED
    assert "4,950 of 5,000 messages of this month are used" in outcome.reason


def test_a_token_that_nobody_knows_stops_the_channel_before_anything_begins(stand: Stand) -> None:
    stand.owe()
    for token, words in (("revoked", "Authentication failed"), ("", "has no token")):
        stand.token = token
        with pytest.raises(PermanentFailure, match=words):
            stand.run()
        assert dict(stand.ledger.tally(NAME).counts) == {State.PENDING: 1}
    assert stand.server.calls(BROADCAST) == []


def test_an_account_that_may_not_broadcast_stops_the_channel_and_its_post_waits(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.REFUSED, Answer(status=403, data={"message": "Not available for your account"}))
    with pytest.raises(PermanentFailure, match="Not available"):
        stand.run()
    assert dict(stand.ledger.tally(NAME).counts) == {State.DEFERRED: 1}
    assert stand.run(later=timedelta(hours=1)).state is State.SENT


def test_a_server_that_is_away_stops_the_channel_before_anything_begins(stand: Stand) -> None:
    stand.owe()
    stand.fails(Kind.CUT, where="info")
    with pytest.raises(TemporaryFailure, match="LINE did not answer"):
        stand.run()
    assert dict(stand.ledger.tally(NAME).counts) == {State.PENDING: 1}


def test_a_rehearsal_shows_the_requests_and_asks_for_nothing(stand: Stand) -> None:
    channel = stand.channel()
    assert isinstance(channel, Rehearsing)
    judged, sent = channel.rehearse(POST)
    assert judged.url == f"{stand.server.url}/v2/bot/message/validate/broadcast"
    assert json.loads(sent.body) == {"messages": [{"type": "text", "text": POST.text}]}
    assert TOKEN not in f"{judged}{sent}{Options(token=TOKEN)}"
    assert stand.server.asked == []


@pytest.mark.parametrize(
    ("used", "limit", "health", "text"),
    [
        (0, 200, Health.GOOD, "0 of 200 messages of this month are used"),
        (161, 200, Health.WARNING, "161 of 200 messages of this month are used"),
        (200, 200, Health.FAULT, "200 of 200 messages of this month are used"),
        (7, None, Health.GOOD, "7 messages were used this month, and there is no limit"),
    ],
)
def test_the_doctor_hears_what_is_left(
    stand: Stand, used: int, limit: int | None, health: Health, text: str
) -> None:
    stand.api.used, stand.api.limit = used, limit
    channel = stand.channel()
    assert isinstance(channel, Telling)
    account, quota = channel.standing(NOW)
    assert (account.health, account.text) == (Health.GOOD, "Science News @news")
    assert (quota.code, quota.health, quota.text) == ("line.quota", health, text)


def test_the_doctor_hears_of_a_token_that_nobody_knows(stand: Stand) -> None:
    stand.token = "revoked"
    (line,) = stand.channel().standing(NOW)
    assert (line.code, line.health, line.what) == ("line.token", Health.FAULT, "channel line")


@pytest.mark.parametrize(
    ("token", "base"), [("a\nb", "https://x.org"), ("a b", "https://x.org"), ("ab", "http://x.org")]
)
def test_options_that_nobody_can_have_are_refused_without_the_token(token: str, base: str) -> None:
    with pytest.raises(UserError) as caught:
        Options(token=token, base=base)
    assert not re.search(r"a\sb", str(caught.value))
