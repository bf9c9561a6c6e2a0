"""What becomes of a call, by how it failed; against a server on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.model.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from vesicle.posting.api import Api
from vesicle.testing.apiserver import Answer, ApiServer, Asked, Fault, Kind

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(lambda asked: Answer(data={"path": asked.path})) as server:
        yield server


def api(base: str) -> Api:
    return Api(base, who="Birds", contact="https://news.example.org", clock=lambda: NOW)


def ask(server: ApiServer, *, is_final: bool) -> object:
    with api(server.url) as birds:
        return birds.call("POST", "/post", is_final=is_final, json={"text": "Hi"}).data


def test_an_answer_is_read_as_json_and_the_program_says_who_asks(server: ApiServer) -> None:
    assert ask(server, is_final=True) == {"path": "/post"}
    (asked,) = server.asked
    assert asked.json == {"text": "Hi"}
    assert asked.headers["user-agent"].startswith("Vesicle/")


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.CUT])
def test_a_lost_answer_is_unknown_where_something_may_have_come_to_be(server: ApiServer, kind: Kind) -> None:
    server.faults = [Fault(where="/post", kind=kind)] * 2
    with pytest.raises(OutcomeUnknown):
        ask(server, is_final=True)
    with pytest.raises(TemporaryFailure):
        ask(server, is_final=False)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_may_have_done_it(server: ApiServer, status: int) -> None:
    server.faults = [Fault(where="/post", kind=Kind.BROKEN, answer=Answer(status=status))]
    with pytest.raises(OutcomeUnknown):
        ask(server, is_final=True)


def test_a_server_that_is_not_there_did_nothing() -> None:
    with pytest.raises(TemporaryFailure), api("http://127.0.0.1:1") as birds:
        birds.call("POST", "/post", is_final=True)


@pytest.mark.parametrize(
    ("headers", "data", "wait"),
    [
        ({"Retry-After": "30"}, {}, timedelta(seconds=30)),
        ({"X-RateLimit-Reset": "2026-11-26T09:05:00.000000Z"}, {}, timedelta(minutes=5)),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, {}, timedelta(seconds=90)),
        ({}, {"parameters": {"retry_after": 7}}, timedelta(seconds=7)),
        ({"Retry-After": "Thu, 26 Nov 2026 09:01:00 GMT"}, {}, timedelta(minutes=1)),
        ({"X-RateLimit-Reset": "soon"}, {}, None),
        ({}, {}, None),
    ],
)
def test_too_many_requests_is_refused_for_as_long_as_the_server_says(
    server: ApiServer, headers: dict[str, str], data: object, wait: timedelta | None
) -> None:
    answer = Answer(status=429, headers=headers, data=data)
    server.faults = [Fault(where="/post", kind=Kind.REFUSED, answer=answer)]
    with pytest.raises(TemporaryFailure) as caught:
        ask(server, is_final=True)
    assert caught.value.wait == wait


def test_a_refusal_is_for_the_channel_to_read(server: ApiServer) -> None:
    answer = Answer(status=422, data={"error": "too long"})
    server.faults = [Fault(where="/post", kind=Kind.REFUSED, answer=answer)]
    with api(server.url) as birds:
        reply = birds.call("POST", "/post", is_final=True)
    assert (reply.status, reply.data, reply.is_success) == (422, {"error": "too long"}, False)


def test_a_redirect_is_not_followed_since_the_token_would_go_with_it(server: ApiServer) -> None:
    answer = Answer(status=302, headers={"Location": "https://elsewhere.example/"})
    server.faults = [Fault(where="/post", kind=Kind.REFUSED, answer=answer)]
    with pytest.raises(PermanentFailure):
        ask(server, is_final=False)


def test_a_web_page_instead_of_data_is_no_data() -> None:
    def page(asked: Asked) -> Answer:
        return Answer(data=None)

    with ApiServer(page) as server, api(server.url) as birds:
        assert birds.call("GET", "/").data == {}


def test_nothing_is_said_in_plain_text_but_to_this_machine() -> None:
    with pytest.raises(PermanentFailure):
        api("http://api.example.org")
