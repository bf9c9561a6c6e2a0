"""What a post becomes on a Mastodon server, against one in this process."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.rim.social.mastodon_fake import STATUSES, TOKEN, FakeMastodon
from tests.rim.social.mastodon_stand import (
    ALT,
    CARD,
    CARDED,
    LIMITS,
    PARTS,
    POST,
    SLUG,
    TEXT,
    THREAD,
    Stand,
    fake,
)

from vesicle.deliver.mastodon import Options
from vesicle.model.delivery import State
from vesicle.model.errors import ContentError, PermanentFailure, TemporaryFailure
from vesicle.model.limits import Length, Unit
from vesicle.model.message import Card, Message
from vesicle.testing.apiserver import Answer, Fault, Kind

MEDIA = "POST /api/v2/media$"


@pytest.fixture
def server() -> Iterator[FakeMastodon]:
    with fake().running() as server:
        yield server


@pytest.fixture
def stand(server: FakeMastodon) -> Stand:
    return Stand(server=server)


def test_a_post_arrives_with_its_card_and_the_words_for_who_does_not_see_it(stand: Stand) -> None:
    assert stand.publish(CARDED) is State.SENT
    (status,) = stand.server.statuses
    assert (status["text"], status["language"], status["visibility"]) == (TEXT, "en", "public")
    assert status["media_attachments"] == [{"id": "m1", "description": ALT}]
    (stored,) = stand.server.media.values()
    assert (stored.name, stored.kind, stored.data) == (CARD.name, "image/png", b"a picture")


def test_the_receipt_leads_to_the_post(stand: Stand) -> None:
    stand.publish(POST)
    receipt = stand.outcome().receipt
    assert receipt.remote == "1"
    assert receipt.url == f"{stand.server.api.url}/@ada/1"
    assert json.loads(receipt.raw) == ["1"]


def test_a_post_without_a_card_has_no_media(stand: Stand) -> None:
    stand.visibility = "unlisted"
    assert stand.publish(replace(POST, lang="th")) is State.SENT
    (asked,) = stand.server.api.calls(STATUSES)
    assert asked.json == {"status": TEXT, "language": "th", "visibility": "unlisted"}
    assert stand.server.media == {}


def test_each_part_of_a_thread_answers_the_one_before_and_the_first_has_the_card(stand: Stand) -> None:
    assert stand.publish(THREAD) is State.SENT
    assert stand.chain() == list(PARTS)
    assert [len(one["media_attachments"]) for one in stand.server.statuses] == [1, 0, 0, 0, 0]
    assert len(stand.server.media) == 1
    assert json.loads(stand.outcome().receipt.raw) == ["1", "2", "3", "4", "5"]
    assert stand.outcome().receipt.url.endswith("/1")


def test_each_part_has_a_key_of_its_own_and_always_the_same(stand: Stand) -> None:
    stand.publish(THREAD)
    keys = list(stand.server.keys)
    assert len(set(keys)) == 5
    again = fake()
    with again.running():
        Stand(server=again).publish(THREAD)
    assert list(again.keys) == keys
    other = Stand(server=stand.server)
    other.publish(THREAD, "issue/other/mastodon")
    assert len(stand.server.keys) == 10


def test_parts_that_read_the_same_are_all_there(stand: Stand) -> None:
    parts = ("And", "And", "And")
    assert stand.publish(replace(THREAD, parts=parts)) is State.SENT
    assert stand.chain() == list(parts)


def test_the_token_is_in_the_header_alone(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    stand.server.befall(0, Fault(where=STATUSES, kind=Kind.LOST))
    caplog.set_level(0)
    stand.publish(POST)
    assert all(asked.headers["authorization"] == f"Bearer {TOKEN}" for asked in stand.server.api.asked)
    assert TOKEN not in caplog.text + stand.outcome().reason + str(Options(token=TOKEN))


def test_a_token_in_the_words_of_a_server_is_not_told(stand: Stand) -> None:
    answer = Answer(status=422, data={"error": f"{TOKEN} may not"})
    stand.server.befall(0, Fault(where=STATUSES, kind=Kind.REFUSED, answer=answer))
    assert stand.publish(POST) is State.FAILED
    assert stand.outcome().reason.endswith("refused the text (422): … may not")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(POST, text="x" * 512), "the text is too long by 12: 512 of 500 characters, each URL as 23"),
        (replace(THREAD, parts=(*PARTS, "x" * 501)), "part 6 of 6 is too long by 1: 501 of 500 characters"),
        (
            replace(CARDED, pictures=(replace(CARDED.pictures[0], alt="x" * 1501),)),
            "the alt text is too long by 1: 1501 of 1500 characters",
        ),
    ],
)
def test_what_is_too_long_fails_by_how_much_and_nothing_is_cut(
    stand: Stand, message: Message, reason: str
) -> None:
    assert stand.publish(message) is State.FAILED
    assert stand.outcome().reason.startswith(reason)
    assert not stand.server.api.calls("POST")


def test_the_stricter_of_the_servers_count_and_ours_holds(stand: Stand) -> None:
    post = replace(POST, text="x" * 450 + " https://doi.org/10.1000/xyz")
    stand.server.configuration["statuses"]["max_characters"] = 400
    assert stand.publish(post) is State.FAILED
    assert "by 74: 474 of 400" in stand.outcome().reason
    stand.server.configuration["statuses"] = {"max_characters": 480, "characters_reserved_per_url": 33}
    assert stand.publish(post, "2/item/mastodon") is State.FAILED
    stand.server.configuration["statuses"] = {"max_characters": 5000}
    stand.limits = replace(LIMITS, lengths=(Length(most=470, unit=Unit.MASTODON),))
    assert stand.publish(post, "3/item/mastodon") is State.FAILED
    assert "by 4: 474 of 470" in stand.outcome("3/item/mastodon").reason


@pytest.mark.parametrize("answer", [None, [], {}, {"configuration": []}, {"configuration": {"statuses": 1}}])
def test_a_server_that_does_not_say_what_it_takes_is_taken_at_ours(stand: Stand, answer: object) -> None:
    fault = Fault(where="/api/v2/instance", kind=Kind.REFUSED, answer=Answer(data=answer))
    stand.server.api.faults = [fault]
    assert stand.publish(CARDED) is State.SENT


def test_a_card_of_too_many_bytes_is_not_sent(stand: Stand) -> None:
    stand.server.configuration["media_attachments"]["image_size_limit"] = 8
    assert stand.publish(CARDED) is State.FAILED
    assert stand.outcome().reason == "the card has 9 bytes, and may have 8"


def test_a_card_that_cannot_be_drawn_fails_its_post_alone(stand: Stand) -> None:
    def draw(card: Card) -> bytes:
        raise ContentError("no font")

    stand.draw = draw
    assert stand.publish(CARDED) is State.FAILED
    assert stand.publish(POST, "2/item/mastodon") is State.SENT


def test_a_picture_that_takes_its_time_is_waited_for_longer_each_time(stand: Stand) -> None:
    stand.server.unready = 5
    assert stand.publish(CARDED) is State.SENT
    assert stand.waits == [1, 2, 4, 8]
    assert len(stand.server.media) == 1


def test_one_that_takes_minutes_puts_the_post_off_and_is_not_sent_again(stand: Stand) -> None:
    stand.server.unready = 10
    assert stand.publish(CARDED) is State.DEFERRED
    assert sum(stand.waits) == 120
    assert stand.outcome().reason.endswith("has not processed the picture yet")
    assert stand.settle() is State.SENT
    assert (len(stand.server.media), len(stand.server.statuses)) == (1, 1)


@pytest.mark.parametrize("unready", [0, 8])
def test_it_keeps_its_lease_while_a_picture_takes_its_time(stand: Stand, unready: int) -> None:
    def draw(card: Card) -> bytes:
        stand.clock.forward(timedelta(seconds=100))
        return b"a picture"

    stand.draw, stand.server.dawdles, stand.server.unready = draw, timedelta(seconds=29), unready
    assert stand.publish(CARDED) is State.SENT


def test_who_is_asked_to_stop_does_not_wait_for_a_picture(stand: Stand) -> None:
    stand.server.unready = 10
    stand.owe(CARDED)
    stand.channel(stopping=lambda: True).deliver_all(iter(stand.taken()), stand.ledger)
    assert stand.waits == []
    assert stand.outcome().state is State.DEFERRED


def test_a_picture_of_yesterday_is_sent_again(stand: Stand) -> None:
    stand.server.unready = 10
    stand.publish(CARDED)
    stand.clock.forward(timedelta(hours=21))
    stand.server.unready = 0
    assert stand.run() is State.SENT
    assert stand.server.statuses[0]["media_attachments"][0]["id"] == "m2"


def test_a_picture_that_the_server_has_no_more_is_sent_again(stand: Stand) -> None:
    stand.server.unready = 10
    stand.publish(CARDED)
    stand.server.media["m1"] = replace(stand.server.media["m1"], at=stand.clock() - timedelta(days=2))
    assert stand.settle() is State.SENT
    assert stand.server.statuses[0]["media_attachments"][0]["id"] == "m2"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(status=422, data={"error": "File type could not be verified"}), State.FAILED),
        (Answer(status=500, data={"error": "Error processing thumbnail"}), State.DEFERRED),
        (Answer(status=429, data={}), State.DEFERRED),
        (Answer(data=None), State.DEFERRED),
    ],
)
def test_a_picture_that_is_refused_keeps_the_post_back(stand: Stand, answer: Answer, state: State) -> None:
    stand.server.api.faults = [Fault(where=MEDIA, kind=Kind.REFUSED, answer=answer)]
    assert stand.publish(CARDED) is state
    assert stand.server.statuses == []


def test_what_one_account_began_is_not_ended_by_another(stand: Stand) -> None:
    stand.server.befall(2, Fault(where=STATUSES, kind=Kind.CUT))
    assert stand.publish(THREAD) is State.UNKNOWN
    stand.server.account = "eve"
    stand.clock.forward(timedelta(minutes=2))
    assert stand.run() is State.FAILED
    url = stand.server.api.url
    text = f"it was begun by @ada on {url}, and the token is that of @eve on {url}"
    assert stand.outcome().reason == text
    assert len(stand.server.statuses) == 2


def test_what_was_not_begun_may_go_out_by_another_account(stand: Stand) -> None:
    stand.server.unready = 10
    assert stand.publish(CARDED) is State.DEFERRED
    stand.server.account = "eve"
    assert stand.settle() is State.SENT


def test_a_post_that_is_held_goes_back_and_nothing_is_posted(stand: Stand) -> None:
    stand.owe(CARDED)
    taken = stand.taken()
    stand.ledger.hold(SLUG)
    stand.channel().deliver_all(iter(taken), stand.ledger)
    assert stand.ledger.tally(SLUG)[State.PENDING] == 1
    assert stand.server.statuses == []


def test_nothing_is_asked_for_nothing(stand: Stand) -> None:
    stand.channel().deliver_all(iter([]), stand.ledger)
    assert stand.server.api.asked == []


def test_the_server_is_asked_once_a_run_what_it_takes(stand: Stand) -> None:
    for number in range(3):
        stand.owe(POST, f"{number}/item/mastodon")
    stand.channel().deliver_all(iter(stand.taken()), stand.ledger)
    assert len(stand.server.statuses) == 3
    assert len(stand.server.api.calls("/api/v2/instance|verify_credentials")) == 2


def test_a_server_that_is_away_ends_the_run_and_all_goes_back(stand: Stand) -> None:
    for number in range(2):
        stand.owe(POST, f"{number}/item/mastodon")
    feed = iter(stand.taken())
    stand.server.refusal = Answer(status=502)
    with pytest.raises(TemporaryFailure, match="502"):
        stand.channel().deliver_all(feed, stand.ledger)
    assert len(list(feed)) == 1
    assert stand.ledger.tally("0/item/mastodon")[State.PENDING] == 1


def test_without_a_token_nothing_goes_out_and_all_goes_back(stand: Stand) -> None:
    stand.token = ""
    assert stand.publish(POST) is State.PENDING
    (raised,) = stand.raised
    assert isinstance(raised, PermanentFailure)
    assert str(raised) == "channel mastodon has no token"
