"""How long a session is used, how it is made new, and what happens when that is refused."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.rim.social.bluesky_fixtures import clock, pds, stand
from tests.rim.social.bluesky_pds import (
    ACCESS_FOR,
    CREATE,
    PASSWORD,
    PUT,
    REFRESH,
    REFRESH_FOR,
    UPLOAD,
    Pds,
    refused,
)
from tests.rim.social.bluesky_stand import MINUTE, PICTURE, Stand, post

from vesicle.deliver.bluesky import Options
from vesicle.model.delivery import State
from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.testing.apiserver import Answer, Fault, Kind

__all__ = ["clock", "pds", "stand"]

WRONG = "wrong-wrong-wrong-wrong"


def count(pds: Pds, method: str) -> int:
    return len(pds.server.calls(method))


def locked_out(stand: Stand, *, later: timedelta = timedelta()) -> str:
    with pytest.raises(PermanentFailure) as caught:
        stand.deliver(later=later)
    return str(caught.value)


# One session for many runs.


def test_the_next_run_has_the_session_of_the_last(pds: Pds, stand: Stand) -> None:
    for number in range(3):
        stand.owe(post(f"Donor {number}"))
        assert stand.deliver(later=MINUTE) is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (1, 0)


def test_a_run_with_nothing_to_do_asks_nothing(pds: Pds, stand: Stand) -> None:
    stand.channel().deliver_all(iter(()), stand.ledger)
    assert pds.server.asked == []


@pytest.mark.parametrize("left", [-MINUTE, timedelta(), timedelta(seconds=59)])
def test_a_token_that_ends_soon_is_made_new_before(pds: Pds, stand: Stand, left: timedelta) -> None:
    stand.owe(post("One"))
    stand.deliver()
    stand.owe(post("Two"))
    assert stand.deliver(later=ACCESS_FOR - left) is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH), count(pds, PUT)) == (1, 1, 2)


@pytest.mark.parametrize("method", [UPLOAD, PUT])
def test_a_token_that_the_server_takes_no_more_is_made_new_and_the_request_made_again(
    pds: Pds, stand: Stand, method: str
) -> None:
    stand.owe(post("One"))
    stand.deliver()
    stand.owe(post("Two", pictures=(PICTURE,)))
    pds.server.faults = [Fault(where=method, kind=Kind.REFUSED, answer=refused("ExpiredToken"))]
    assert stand.deliver() is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (1, 1)
    assert pds.texts() == ["One", "Two"]


def test_after_months_the_password_makes_a_new_one(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    stand.owe(post("Two"))
    assert stand.deliver(later=REFRESH_FOR) is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (2, 0)


def test_a_revoked_session_is_replaced_once(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    pds.expire()
    pds.revoke()
    stand.owe(post("Two"))
    assert stand.deliver() is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (2, 1)


def test_a_token_that_the_server_does_not_know_is_replaced_by_the_password(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    stand.owe(post("Two"))
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidToken"))]
    assert stand.deliver() is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (2, 0)


def test_an_empty_refresh_token_does_not_take_the_place_of_a_good_one(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    before = stand.kept()["tokens"]
    pds.answers[REFRESH] = Answer(data=pds.tokens(access_for=2 * ACCESS_FOR) | {"refreshJwt": ""})
    stand.owe(post("Two"))
    stand.deliver(later=ACCESS_FOR)
    after = stand.kept()["tokens"]
    assert after["refresh"] == before["refresh"]
    assert after["access"] != before["access"]
    stand.owe(post("Three"))
    assert stand.deliver(later=ACCESS_FOR) is State.SENT
    assert count(pds, CREATE) == 1


def test_a_clock_that_is_ahead_makes_no_new_token_for_each_request(pds: Pds, stand: Stand) -> None:
    pds.answers[CREATE] = Answer(data=pds.tokens(access_for=-MINUTE))
    for number in range(3):
        stand.owe(post(f"Donor {number}"))
    pds.clock = replace(pds.clock, at=pds.clock() - ACCESS_FOR)
    assert stand.deliver() is State.SENT
    assert (count(pds, CREATE), count(pds, REFRESH)) == (1, 0)


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"tokens": 7}', '{"tokens": {"did": "did:plc:x"}}', "\x00"])
def test_a_vault_that_nobody_can_read_is_an_empty_one(pds: Pds, stand: Stand, kept: str) -> None:
    stand.vault.kept = kept
    stand.owe(post())
    assert stand.deliver() is State.SENT
    assert count(pds, CREATE) == 1


def test_the_session_of_another_account_is_not_used(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    pds.handle, pds.did = "bees.test", "did:plc:beesbeesbeesbeesbees2222"
    stand.options = replace(stand.options, handle="bees.test")
    stand.owe(post("Two"))
    stand.deliver()
    assert count(pds, CREATE) == 2
    assert stand.kept()["tokens"]["did"] == pds.did


# Refused: nothing goes out, and nothing is lost.


def test_a_wrong_password_gives_everything_back(pds: Pds, stand: Stand) -> None:
    pds.password = WRONG
    slugs = [stand.owe(post(f"Donor {number}")) for number in range(3)]
    said = locked_out(stand)
    assert "refused the login of birds.test: AuthenticationRequired: Invalid identifier or password" in said
    first, *rest = slugs
    assert stand.state(first) is State.PENDING
    assert stand.ledger.take("bluesky", limit=9, now=stand.clock(), lease=MINUTE)[0].attempts == 1
    assert count(pds, PUT) == 0
    assert rest


def test_what_was_not_handed_over_yet_is_not_touched(stand: Stand, pds: Pds) -> None:
    pds.password = WRONG
    for number in range(3):
        stand.owe(post(f"Donor {number}"))
    feed = iter(list(stand.take()))
    with pytest.raises(PermanentFailure):
        stand.channel().deliver_all(feed, stand.ledger)
    assert len(list(feed)) == 2


def test_a_password_that_was_refused_is_not_tried_at_once_again(pds: Pds, stand: Stand) -> None:
    pds.password = WRONG
    stand.owe(post())
    first = locked_out(stand)
    for _ in range(5):
        assert locked_out(stand, later=MINUTE) == first
    assert count(pds, CREATE) == 1
    locked_out(stand, later=15 * MINUTE)
    assert count(pds, CREATE) == 2


def test_another_password_is_tried_at_once(pds: Pds, stand: Stand) -> None:
    pds.password = WRONG
    stand.owe(post())
    locked_out(stand)
    stand.options = replace(stand.options, password=WRONG)
    assert stand.deliver() is State.SENT
    assert "refused" not in stand.kept()


@pytest.mark.parametrize("name", ["AccountTakedown", "AccountDeactivated", "AuthFactorTokenRequired"])
def test_an_account_that_may_not_log_in_stops_the_channel(pds: Pds, stand: Stand, name: str) -> None:
    pds.answers[CREATE] = refused(name, "No.", status=401)
    stand.owe(post())
    assert name in locked_out(stand)
    assert stand.state() is State.PENDING


def test_a_refused_refresh_and_a_refused_login_stop_the_channel(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    pds.expire()
    pds.revoke()
    pds.password = WRONG
    stand.owe(post("Two"))
    locked_out(stand)
    assert (count(pds, REFRESH), count(pds, CREATE)) == (1, 2)
    locked_out(stand, later=MINUTE)
    assert (count(pds, REFRESH), count(pds, CREATE)) == (1, 2)


@pytest.mark.parametrize("method", [UPLOAD, PUT])
def test_an_account_that_is_refused_on_the_way_puts_the_post_off_and_stops_the_channel(
    pds: Pds, stand: Stand, method: str
) -> None:
    pds.server.faults = [
        Fault(where=method, kind=Kind.REFUSED, answer=refused("AccountTakedown", status=401))
    ]
    slug = stand.owe(post("One", pictures=(PICTURE,)))
    behind = stand.owe(post("Two"))
    assert "AccountTakedown" in locked_out(stand)
    assert (stand.state(slug), stand.state(behind)) == (State.DEFERRED, State.PENDING)
    assert stand.deliver(later=MINUTE) is State.SENT
    assert pds.texts() == ["One", "Two"]


def test_a_token_that_is_refused_however_new_it_is_opens_no_session_each_time(pds: Pds, stand: Stand) -> None:
    stand.owe(post())
    faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidToken"))] * 9
    pds.server.faults = list(faults)
    locked_out(stand)
    assert count(pds, CREATE) == 2
    locked_out(stand, later=MINUTE)
    assert count(pds, CREATE) == 2


@pytest.mark.parametrize("missing", ["handle", "password"])
def test_what_is_missing_is_said_before_anything_is_asked(pds: Pds, stand: Stand, missing: str) -> None:
    stand.options = replace(stand.options, **{missing: ""})
    stand.owe(post())
    assert f"has no {missing}" in locked_out(stand)
    assert pds.server.asked == []
    assert stand.state() is State.PENDING


# Away: nothing goes out, and nothing is lost.


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.LOST, Kind.REFUSED])
def test_a_server_that_is_away_at_the_login_gives_the_post_back(pds: Pds, stand: Stand, kind: Kind) -> None:
    pds.server.faults = [Fault(where=CREATE, kind=kind)]
    stand.owe(post())
    with pytest.raises(TemporaryFailure):
        stand.deliver()
    assert stand.state() is State.PENDING
    assert stand.deliver() is State.SENT


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.LOST, Kind.BROKEN])
def test_a_lost_refresh_costs_no_login(pds: Pds, stand: Stand, kind: Kind) -> None:
    stand.owe(post("One"))
    stand.deliver()
    stand.owe(post("Two"))
    pds.server.faults = [Fault(where=REFRESH, kind=kind)]
    with pytest.raises(TemporaryFailure):
        stand.deliver(later=ACCESS_FOR)
    assert stand.deliver(later=MINUTE) is State.SENT
    assert count(pds, CREATE) == 1


def test_too_many_logins_are_a_reason_to_wait(pds: Pds, stand: Stand) -> None:
    reset = str(int(stand.clock().timestamp()) + 3600)
    answer = Answer(status=429, data={"error": "RateLimitExceeded"}, headers={"RateLimit-Reset": reset})
    pds.server.faults = [Fault(where=CREATE, kind=Kind.REFUSED, answer=answer)]
    stand.owe(post())
    with pytest.raises(TemporaryFailure) as caught:
        stand.deliver()
    assert caught.value.wait is not None
    assert caught.value.wait > 59 * MINUTE


@pytest.mark.parametrize(
    "change",
    [{"accessJwt": ""}, {"accessJwt": "a b"}, {"did": "birds"}, {"refreshJwt": "ä"}, {"accessJwt": ["x"]}],
)
def test_an_answer_that_is_no_session_is_not_used(pds: Pds, stand: Stand, change: dict[str, object]) -> None:
    pds.answers[CREATE] = Answer(data=pds.tokens() | change)
    stand.owe(post())
    with pytest.raises(TemporaryFailure):
        stand.deliver()
    assert "tokens" not in stand.kept()


# Secrets.


def test_no_secret_is_in_what_is_said_or_written(
    pds: Pds, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stand.owe(post("One"))
    stand.deliver()
    tokens = stand.kept()["tokens"]
    secrets = [PASSWORD, tokens["access"], tokens["refresh"]]
    echo = refused("InvalidRequest", f"You sent {PASSWORD} and {tokens['access']}, is that right?")
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=echo)]
    stand.owe(post("Two"))
    stand.deliver()
    said = [stand.outcome().reason]
    assert "InvalidRequest: You sent … and …" in said[0]
    pds.expire()
    pds.revoke()
    pds.answers[CREATE] = echo
    stand.owe(post("Three"))
    said += [locked_out(stand), repr(stand.options), repr(stand.channel().__dict__), caplog.text]
    assert [one for one in said for secret in secrets if secret in one] == []


def test_nothing_is_sent_in_plain_text() -> None:
    with pytest.raises(Exception, match="not the address of a server"):
        Options(server="http://bsky.social")


def test_every_failure_of_a_login_is_one_of_the_outside(stand: Stand, pds: Pds) -> None:
    pds.answers[CREATE] = Answer(status=404, data=None)
    stand.owe(post())
    with pytest.raises(OutsideError, match="status 404"):
        stand.deliver()
