"""A post is there once and whole, whatever fails while it is published."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.rim.sending.parts import open_stores
from tests.rim.social.bluesky_fixtures import clock, pds, stand
from tests.rim.social.bluesky_pds import CREATE, DID, GET, PUT, UPLOAD, Pds, refused
from tests.rim.social.bluesky_stand import CARD, LIMITS, MINUTE, NOW, PICTURE, Stand, png, post, thread

from vesicle.model.delivery import Delivery, State
from vesicle.model.limits import Length, Unit
from vesicle.testing.apiserver import Answer, Asked, Fault, Kind
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger

__all__ = ["clock", "pds", "stand"]

PARTS = 5
SLOW = Answer(status=429, data={"error": "RateLimitExceeded"}, headers={"Retry-After": "600"})
FAULTS = {
    "lost": (Fault(where=PUT, kind=Kind.LOST), State.UNKNOWN),
    "cut": (Fault(where=PUT, kind=Kind.CUT), State.UNKNOWN),
    "failed after": (Fault(where=PUT, kind=Kind.BROKEN), State.UNKNOWN),
    "failed before": (Fault(where=PUT, kind=Kind.REFUSED), State.UNKNOWN),
    "a page": (Fault(where=PUT, kind=Kind.BROKEN, answer=Answer(data=None)), State.UNKNOWN),
    "another place": (
        Fault(where=PUT, kind=Kind.BROKEN, answer=Answer(data={"uri": "at://x.test/a.b.c/d", "cid": "b"})),
        State.UNKNOWN,
    ),
    "too many": (Fault(where=PUT, kind=Kind.REFUSED, answer=SLOW), State.DEFERRED),
    "expired": (Fault(where=PUT, kind=Kind.REFUSED, answer=refused("ExpiredToken")), State.SENT),
    "unknown token": (Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidToken")), State.SENT),
}


def fail_at(pds: Pds, part: int, fault: Fault) -> None:
    """Let the request for *part* (from 1) fail."""
    if part == 1:
        pds.server.faults = [fault]
    else:
        pds.after = {part - 1: fault}


def is_once_and_whole(pds: Pds, texts: tuple[str, ...]) -> bool:
    """Tell whether each text is there once, in its order, and was the same at each attempt."""
    return pds.texts() == list(texts) and all(len(set(bodies)) == 1 for bodies in pds.bodies.values())


@pytest.mark.parametrize("part", range(1, PARTS + 1))
@pytest.mark.parametrize("name", FAULTS)
def test_a_thread_goes_on_with_the_part_that_is_missing(pds: Pds, stand: Stand, name: str, part: int) -> None:
    fault, state = FAULTS[name]
    fail_at(pds, part, fault)
    message = thread(PARTS)
    stand.owe(message)
    assert stand.deliver() is state
    assert len(pds.records) <= part or state is State.SENT
    assert stand.deliver_to_the_end() is State.SENT
    assert is_once_and_whole(pds, message.texts)
    asked = [json.loads(one.body)["rkey"] for one in pds.server.calls(PUT)]
    again = {rkey: asked.count(rkey) for rkey in sorted(pds.records)}
    assert list(again.values()) == [1 + (number == part) for number in range(1, PARTS + 1)]


def test_too_many_requests_are_a_reason_to_wait_as_long_as_was_asked(pds: Pds, stand: Stand) -> None:
    fail_at(pds, 3, FAULTS["too many"][0])
    stand.owe(thread(PARTS))
    assert stand.deliver() is State.DEFERRED
    assert stand.outcome().retry_at == NOW + timedelta(seconds=600)
    assert stand.deliver(later=5 * MINUTE) is State.DEFERRED
    assert stand.deliver(later=5 * MINUTE) is State.SENT


def test_what_fails_at_every_attempt_comes_to_an_end_and_says_what_is_out(pds: Pds, stand: Stand) -> None:
    pds.after = {2: Fault(where=PUT, kind=Kind.REFUSED, answer=SLOW)}
    stand.owe(thread(3), give_up=NOW + MINUTE)
    assert stand.deliver() is State.DEFERRED
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=SLOW)]
    # One part is out, so that it has not simply failed.
    assert stand.deliver(later=10 * MINUTE) is State.UNKNOWN
    assert len(pds.records) == 2


def test_a_refused_part_is_named_and_so_is_what_is_out(pds: Pds, stand: Stand) -> None:
    no = refused("InvalidRequest", "Record/text must not be longer than 300 graphemes")
    fail_at(pds, 3, Fault(where=PUT, kind=Kind.REFUSED, answer=no))
    stand.owe(thread(PARTS))
    assert stand.deliver() is State.FAILED
    said = stand.outcome().reason
    assert "refused part 3 of 5: InvalidRequest: Record/text must not be longer than 300 graphemes" in said
    assert f"is out: https://bsky.app/profile/birds.test/post/{min(pds.records)}" in said
    assert "Bearer" not in said


# What is noted, and when.


class Witness(MemoryLedger):
    """A ledger that tells, in one list with the server, what it was told."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    def note(self, delivery: Delivery, text: str) -> None:
        self._told.append("note")
        super().note(delivery, text)

    def begin(self, delivery: Delivery, *, now: datetime) -> Any:
        self._told.append("begin")
        return super().begin(delivery, now=now)


@dataclass
class Overheard(Pds):
    """A server that tells, in one list with the ledger, what it was asked."""

    told: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        self.told.append(asked.path.rpartition(".")[2])
        return super().answer(asked)


def test_what_will_be_put_is_noted_before_the_point_of_no_return_and_that_before_the_first_put(
    clock: FixedClock,
) -> None:
    told: list[str] = []
    pds = Overheard(clock, told=told)
    with pds.server:
        stand = Stand(server=pds.server.url, clock=clock, ledger=Witness(told))
        stand.owe(thread(2))
        stand.deliver()
    assert told == [
        "createSession",
        "uploadBlob",
        "note",
        "begin",
        "putRecord",
        "note",
        "putRecord",
        "note",
    ]


def test_what_may_not_begin_is_not_put(pds: Pds, stand: Stand) -> None:
    slug = stand.owe(post())
    feed = list(stand.take())
    stand.ledger.hold(slug)
    stand.channel().deliver_all(iter(feed), stand.ledger)
    assert pds.server.calls(PUT) == []
    assert stand.state() is State.PENDING


@pytest.fixture(params=["memory", "sql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    stores = open_stores(str(tmp_path / "vesicle.db"))
    yield stores.ledger
    stores.close()


@pytest.mark.parametrize("count", [1, 5])
def test_a_lost_answer_is_found_out_by_another_process(
    pds: Pds, clock: FixedClock, ledger: Any, count: int
) -> None:
    pds.server.faults = [Fault(where=PUT, kind=Kind.LOST)]
    stand = Stand(server=pds.server.url, clock=clock, ledger=ledger)
    message = thread(count) if count > 1 else post(pictures=(PICTURE,))
    stand.owe(message)
    assert stand.deliver() is State.UNKNOWN
    (rkey,) = pds.records
    another = Stand(server=pds.server.url, clock=clock, ledger=ledger, slugs=stand.slugs)
    assert another.deliver(later=MINUTE) is State.SENT
    assert min(pds.records) == rkey
    assert is_once_and_whole(pds, message.texts)
    assert len(pds.bodies[rkey]) == 2


def test_a_process_that_dies_leaves_what_the_next_needs(pds: Pds, stand: Stand) -> None:
    """It took the post and put it, and wrote nothing down after: its lease runs out."""

    class Killed(BaseException):
        pass

    class Dying(MemoryLedger):
        def end(self, delivery: Delivery, outcome: Any) -> None:
            raise Killed

    stand.ledger = Dying()
    stand.owe(post("One"))
    with pytest.raises(Killed):
        stand.deliver()
    stand.ledger.__class__ = MemoryLedger
    assert stand.deliver(later=2 * MINUTE) is State.UNKNOWN
    assert stand.deliver(later=MINUTE) is State.SENT
    assert is_once_and_whole(pds, ("One",))


# Another attempt, another world.


def test_limits_that_are_stricter_by_now_do_not_stop_half_a_thread(pds: Pds, stand: Stand) -> None:
    fail_at(pds, 3, FAULTS["lost"][0])
    message = thread(PARTS)
    stand.owe(message)
    assert stand.deliver() is State.UNKNOWN
    stand.limits = replace(LIMITS, lengths=(Length(most=5, unit=Unit.GRAPHEMES),))
    assert stand.deliver(later=MINUTE) is State.SENT
    assert is_once_and_whole(pds, message.texts)


def lose_the_first_answer(pds: Pds, stand: Stand, **changes: Any) -> str:
    """Publish a post with a card whose answer is lost; give the key of it."""
    pds.server.faults = [Fault(where=PUT, kind=changes.pop("kind", Kind.LOST))]
    stand.owe(post(**{"pictures": (PICTURE,)} | changes))
    assert stand.deliver() is State.UNKNOWN
    (rkey,) = pds.bodies or [""]
    return rkey


def test_a_picture_that_is_drawn_otherwise_by_now_changes_nothing(pds: Pds, stand: Stand) -> None:
    rkey = lose_the_first_answer(pds, stand)
    stand.draw = lambda card: png(colour=1)
    assert stand.deliver(later=MINUTE) is State.SENT
    assert len(set(pds.bodies[rkey])) == 1
    assert len(pds.server.calls(UPLOAD)) == 1


def test_a_picture_that_the_server_let_go_is_given_again(pds: Pds, stand: Stand) -> None:
    rkey = lose_the_first_answer(pds, stand, kind=Kind.CUT)
    assert rkey == ""
    pds.blobs.clear()
    assert stand.deliver(later=MINUTE) is State.SENT
    (rkey,) = pds.records
    assert len(pds.server.calls(UPLOAD)) == 2
    assert pds.records[rkey]["embed"]["images"][0]["image"]["ref"]["$link"] in pds.blobs


def test_a_picture_that_is_not_kept_at_all_is_refused(pds: Pds, stand: Stand) -> None:
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("BlobNotFound", "no"))]
    stand.owe(post(pictures=(PICTURE,)))
    assert stand.deliver() is State.FAILED
    assert "BlobNotFound" in stand.outcome().reason


def test_another_account_does_not_go_on_with_it(pds: Pds, stand: Stand) -> None:
    lose_the_first_answer(pds, stand)
    theirs = "did:plc:beesbeesbeesbeesbees2222"
    pds.did, stand.vault.kept = theirs, ""
    assert stand.deliver(later=MINUTE) is State.FAILED
    assert f"begun for the account {DID}, and the channel has {theirs} now" in stand.outcome().reason
    assert len(pds.server.calls(PUT)) == 1


def test_a_refusal_of_what_is_there_already_is_none(pds: Pds, stand: Stand) -> None:
    rkey = lose_the_first_answer(pds, stand)
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidRequest", "No."))]
    assert stand.deliver(later=MINUTE) is State.SENT
    assert stand.outcome().receipt.remote == pds.place(rkey)["uri"]


def test_a_refusal_of_what_is_not_there_is_one(pds: Pds, stand: Stand) -> None:
    lose_the_first_answer(pds, stand, kind=Kind.CUT)
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidRequest", "No."))]
    assert stand.deliver(later=MINUTE) is State.FAILED
    assert len(pds.server.calls(GET)) == 1
    assert pds.records == {}


def test_a_refusal_at_the_first_attempt_is_believed(pds: Pds, stand: Stand) -> None:
    pds.server.faults = [Fault(where=PUT, kind=Kind.REFUSED, answer=refused("InvalidRequest", "No."))]
    stand.owe(post())
    assert stand.deliver() is State.FAILED
    assert pds.server.calls(GET) == []


# The picture.


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.CUT, Kind.BROKEN, Kind.REFUSED])
def test_a_picture_that_does_not_arrive_puts_the_post_off(pds: Pds, stand: Stand, kind: Kind) -> None:
    pds.server.faults = [Fault(where=UPLOAD, kind=kind)]
    message = thread(2)
    stand.owe(message)
    assert stand.deliver() is State.DEFERRED
    assert pds.records == {}
    assert stand.deliver(later=MINUTE) is State.SENT
    assert is_once_and_whole(pds, message.texts)
    assert len(pds.server.calls(CREATE)) == 1


def test_the_key_is_of_the_moment_when_the_picture_was_there(pds: Pds, stand: Stand) -> None:
    pds.server.faults = [Fault(where=UPLOAD, kind=Kind.REFUSED, answer=SLOW)]
    stand.owe(post(pictures=(PICTURE,)))
    stand.deliver()
    stand.deliver(later=10 * MINUTE)
    (record,) = pds.records.values()
    assert record["createdAt"] == "2026-11-26T09:10:00.123Z"


@pytest.mark.parametrize("data", [None, {}, {"blob": "x"}, {"blob": {"$type": "image"}}, []])
def test_an_answer_that_is_no_picture_puts_the_post_off(pds: Pds, stand: Stand, data: object) -> None:
    pds.server.faults = [Fault(where=UPLOAD, kind=Kind.REFUSED, answer=Answer(data=data))]
    stand.owe(post(pictures=(PICTURE,)))
    assert stand.deliver() is State.DEFERRED


def test_a_refused_picture_fails_the_post(pds: Pds, stand: Stand) -> None:
    answer = refused("PayloadTooLarge", "request entity too large", status=413)
    pds.server.faults = [Fault(where=UPLOAD, kind=Kind.REFUSED, answer=answer)]
    stand.owe(post(pictures=(PICTURE,)))
    assert stand.deliver() is State.FAILED
    assert "refused the picture: PayloadTooLarge: request entity too large" in stand.outcome().reason


def test_a_card_is_drawn_once_a_post(pds: Pds, stand: Stand) -> None:
    drawn = []

    def draw(card: Any) -> bytes:
        drawn.append(card)
        return png()

    stand.draw = draw
    lose_the_first_answer(pds, stand)
    stand.deliver(later=MINUTE)
    assert drawn == [CARD]
