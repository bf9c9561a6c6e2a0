"""What a Mastodon channel tells: of its options, its account, what it would ask, and how a post was taken."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.rim.sending.parts import open_stores
from tests.rim.social.mastodon_fake import OWN, STATUSES, TOKEN, FakeMastodon
from tests.rim.social.mastodon_stand import ALT, CARD, LIMITS, PARTS, POST, THREAD, Stand, fake

from vesicle.deliver.mastodon import Channel, Options
from vesicle.model.checkup import Health, Line
from vesicle.model.delivery import Policy, Receipt, State
from vesicle.model.errors import PermanentFailure, TemporaryFailure, UserError
from vesicle.model.limits import Length, Unit
from vesicle.model.reactions import Reactions
from vesicle.ports import Counting, Rehearsing, Telling
from vesicle.testing.apiserver import Answer, Fault, Kind


@pytest.fixture
def server() -> Iterator[FakeMastodon]:
    with fake().running() as server:
        yield server


@pytest.fixture
def stand(server: FakeMastodon) -> Stand:
    return Stand(server=server)


def told(stand: Stand) -> list[Line]:
    return list(stand.channel().standing(stand.clock()))


@pytest.mark.parametrize(
    "server",
    [
        "",
        "https://mastodon.social",
        "https://mastodon.social/",
        "https://m.example:8443",
        "http://127.0.0.1:3000",
    ],
)
def test_a_server_is_an_https_address_or_on_this_machine(server: str) -> None:
    assert Options(server=server, token="abc").server == server


@pytest.mark.parametrize(
    "server",
    [
        "mastodon.social",
        "http://mastodon.social",
        "https://a@mastodon.social",
        "https://mastodon.social/@ada",
        "https://mastodon.social?x=1",
        "https://",
        "https://a..b",
        "https://mastodon social",
        "@ada@mastodon.social",
    ],
)
def test_another_address_is_refused(server: str) -> None:
    with pytest.raises(UserError, match="is not an https address alone"):
        Options(server=server)


def test_every_mistake_is_told_and_the_token_is_not() -> None:
    with pytest.raises(UserError) as caught:
        Options(server="x", token="s3cret t0ken", visibility="direct")  # type: ignore[arg-type]
    assert [problem.code for problem in caught.value.problems] == ["mastodon.options"] * 3
    assert "s3cret" not in str(caught.value)


def test_it_finds_out_by_itself_and_has_all_that_a_channel_may_have(stand: Stand) -> None:
    assert Channel.policy is Policy.RESEND
    channel = stand.channel()
    assert isinstance(channel, Telling)
    assert isinstance(channel, Rehearsing)
    assert isinstance(channel, Counting)


def test_a_token_that_works_is_told_with_its_account(stand: Stand) -> None:
    first, second = told(stand)
    assert (first.code, first.health) == ("mastodon.token", Health.GOOD)
    assert first.text == f"its token works, for @ada on {stand.server.api.url}"
    assert (second.code, second.health) == ("mastodon.length", Health.GOOD)
    assert stand.server.statuses == []


@pytest.mark.parametrize(
    ("most", "health", "text"),
    [
        (400, Health.WARNING, "the server takes 400 characters a post, and posts are composed for 500"),
        (500, Health.GOOD, "the server takes 500 characters a post, and posts are composed for 500"),
        (
            5000,
            Health.GOOD,
            "the server takes 5,000 characters a post, and posts are composed for 500; "
            "`longest: 5000` would let them be as long",
        ),
        (None, Health.UNSEEN, "the server does not say how long a post may be"),
    ],
)
def test_what_the_server_takes_is_compared_with_what_is_composed(
    stand: Stand, most: int | None, health: Health, text: str
) -> None:
    stand.server.configuration["statuses"] = {"max_characters": most}
    line = told(stand)[1]
    assert (line.health, line.text) == (health, text)
    mend = "write `longest: 400` below `channels: mastodon` in config.yaml"
    assert line.mend == (mend if health is Health.WARNING else "")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "The access token was revoked"),
        (403, "This action is outside the authorized scopes"),
        (422, "No"),
    ],
)
def test_a_token_that_does_not_work_is_a_fault_in_the_words_of_the_server(
    stand: Stand, status: int, words: str
) -> None:
    stand.server.refusal = Answer(status=status, data={"error": words})
    (line,) = told(stand)
    assert (line.code, line.health) == ("mastodon.token", Health.FAULT)
    assert words in line.text
    assert "read:statuses" in line.mend


def test_a_token_that_may_not_read_what_is_posted_is_a_fault_before_it_matters(stand: Stand) -> None:
    answer = Answer(status=403, data={"error": "This action is outside the authorized scopes"})
    stand.server.api.faults = [Fault(where=OWN, kind=Kind.REFUSED, answer=answer)]
    (line,) = told(stand)
    assert line.health is Health.FAULT


def test_what_is_missing_is_told_without_a_request(stand: Stand) -> None:
    channel = Channel(Options(), desk=stand.desk())
    (line,) = channel.standing(stand.clock())
    assert (line.code, line.text) == ("mastodon.token", "channel mastodon has no server and token")


def test_a_server_that_does_not_answer_is_not_the_tokens_fault(stand: Stand) -> None:
    stand.server.refusal = Answer(status=503)
    with pytest.raises(TemporaryFailure):
        told(stand)


def test_a_rehearsal_shows_every_request_and_asks_for_nothing(stand: Stand) -> None:
    calls = list(stand.channel().rehearse(THREAD))
    url = stand.server.api.url
    places = [f"{url}/api/v2/media", *[f"{url}/api/v1/statuses"] * 5]
    assert [(call.method, call.url) for call in calls] == [("POST", place) for place in places]
    assert calls[0].body == f"file: {CARD.name}\ndescription: {ALT}"
    first, second = json.loads(calls[1].body), json.loads(calls[2].body)
    assert first == {
        "status": PARTS[0],
        "language": "en",
        "visibility": "public",
        "media_ids": [f"<id of {CARD.name}>"],
    }
    assert (second["status"], second["in_reply_to_id"]) == (PARTS[1], "<id of part 1>")
    assert "media_ids" not in second
    assert TOKEN not in str(calls)
    assert stand.server.api.asked == []


def test_what_is_rehearsed_is_what_is_asked(stand: Stand) -> None:
    shown = [json.loads(call.body) for call in stand.channel().rehearse(POST)]
    stand.publish(POST)
    assert [asked.json for asked in stand.server.api.calls(STATUSES)] == shown


def test_how_a_post_was_taken_is_counted_by_the_server(stand: Stand) -> None:
    stand.publish(POST)
    stand.server.statuses[0] |= {"favourites_count": 7, "replies_count": 2, "reblogs_count": 0}
    found = stand.channel().reactions(stand.outcome().receipt)
    assert found == Reactions(likes=7, replies=2, shares=0)


def test_a_post_that_was_deleted_has_no_reactions(stand: Stand) -> None:
    assert stand.channel().reactions(Receipt(remote="../accounts")) is None
    assert stand.server.api.asked[0].path == "/api/v1/statuses/..%2Faccounts"


def test_where_the_server_fails_reactions_are_asked_for_later(stand: Stand) -> None:
    stand.server.refusal = Answer(status=500)
    with pytest.raises(TemporaryFailure):
        stand.channel().reactions(Receipt(remote="1"))
    stand.server.refusal = Answer(status=400, data={"error": "No"})
    with pytest.raises(PermanentFailure, match="refused to show the post"):
        stand.channel().reactions(Receipt(remote="1"))


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=2)])
def test_a_database_keeps_what_was_noted(server: FakeMastodon, tmp_path: Path, later: timedelta) -> None:
    server.befall(3, Fault(where=STATUSES, kind=Kind.LOST))
    for again in (False, True):
        stores = open_stores(str(tmp_path / "v.db"))
        try:
            stand = Stand(server=server, ledger=stores.ledger)
            if again:
                server.clock.forward(later)
            else:
                stand.owe(THREAD)
            assert stand.run() is (State.SENT if again else State.UNKNOWN)
        finally:
            stores.close()
    assert stand.chain() == list(PARTS)
    assert bool(server.api.calls(OWN)) == (later > timedelta(hours=1))


def test_a_post_that_is_longer_than_it_is_composed_for_is_told_by_its_own_unit(stand: Stand) -> None:
    stand.limits = replace(LIMITS, lengths=(Length(most=10, unit=Unit.GRAPHEMES),))
    assert stand.publish(POST) is State.FAILED
    assert "of 10 graphemes" in stand.outcome().reason
