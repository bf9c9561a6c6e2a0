"""What a channel for Bluesky says besides publishing: options, its standing, a rehearsal, reactions."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from tests.rim.social.bluesky_fixtures import clock, pds, stand
from tests.rim.social.bluesky_pds import CREATE, DID, HANDLE, PASSWORD, PUT, UPLOAD, Pds, refused
from tests.rim.social.bluesky_stand import CARD, LIMITS, PICTURE, Stand, noisy, png, post, thread
from tests.rim.social.lexicon import is_of_format

from vesicle.deliver.bluesky import Options
from vesicle.deliver.bluesky.picture import QUALITIES, fitted
from vesicle.model.checkup import Health, Line
from vesicle.model.delivery import Receipt, State
from vesicle.model.errors import OutsideError, PermanentFailure, UserError
from vesicle.model.reactions import Reactions
from vesicle.ports import Counting, Rehearsing, Telling
from vesicle.testing.apiserver import Answer, ApiServer, Asked, Fault, Kind

__all__ = ["clock", "pds", "stand"]


def test_the_channel_can_do_all_that_a_channel_can(stand: Stand) -> None:
    channel = stand.channel()
    assert isinstance(channel, Telling)
    assert isinstance(channel, Rehearsing)
    assert isinstance(channel, Counting)


# Options.


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "http://bsky.social"},
        {"server": "bsky.social"},
        {"server": "https://"},
        {"server": "https://bsky.social/xrpc"},
        {"server": "https://me:secret@bsky.social"},
        {"server": "https://bsky.social\n"},
        {"view": "ftp://public.api.bsky.app"},
        {"handle": "@birds.bsky.social"},
        {"handle": "birds"},
        {"handle": "birds@example.org"},
    ],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        Options(**wrong)
    (problem,) = caught.value.problems
    assert problem.code == "bluesky.options"
    assert next(iter(wrong)) in problem.text
    assert problem.mend


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        Options(server="x", view="y", handle="z")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "right",
    [
        {"server": "http://127.0.0.1:2583"},
        {"server": "https://pds.example.org/"},
        {"handle": "birds.example.org"},
        {"handle": DID},
    ],
)
def test_options_that_can_work_are_taken(right: dict[str, str]) -> None:
    Options(**right)


def test_a_final_slash_of_the_server_changes_nothing(pds: Pds, stand: Stand) -> None:
    stand.options = replace(stand.options, server=f"{pds.server.url}/")
    stand.owe(post())
    assert stand.deliver() is State.SENT
    (first, *_) = stand.channel().rehearse(post())
    assert first.url == f"{pds.server.url}/xrpc/com.atproto.repo.putRecord"


# How the account stands.


def lines(stand: Stand) -> dict[str, Line]:
    return {line.code: line for line in stand.channel().standing(stand.clock())}


def test_all_is_well(pds: Pds, stand: Stand) -> None:
    found = lines(stand)
    assert {code: line.health for code, line in found.items()} == {
        "bluesky.session": Health.GOOD,
        "bluesky.handle": Health.GOOD,
    }
    assert (
        f"{HANDLE} is signed in ({DID}); the session lasts until 2027-02-24" in found["bluesky.session"].text
    )
    assert PASSWORD not in "".join(map(repr, found.values()))


def test_the_session_of_the_doctor_is_the_next_runs(pds: Pds, stand: Stand) -> None:
    lines(stand)
    stand.owe(post())
    assert stand.deliver() is State.SENT
    assert len(pds.server.calls(CREATE)) == 1


def test_a_wrong_password_is_a_fault_although_the_session_goes_on(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    pds.password = "wrong-wrong-wrong-wrong"
    (line,) = lines(stand).values()
    assert (line.code, line.health, line.is_outside) == ("bluesky.login", Health.FAULT, False)
    assert "AuthenticationRequired" in line.text
    stand.owe(post("Two"))
    assert stand.deliver() is State.SENT


def test_the_doctor_asks_also_where_it_was_refused_just_now(pds: Pds, stand: Stand) -> None:
    pds.password, right = "wrong-wrong-wrong-wrong", pds.password
    stand.owe(post())
    with pytest.raises(PermanentFailure):
        stand.deliver()
    pds.password = right
    assert lines(stand)["bluesky.session"].health is Health.GOOD
    assert stand.deliver() is State.SENT


@pytest.mark.parametrize("missing", ["handle", "password"])
def test_what_is_missing_is_a_fault(pds: Pds, stand: Stand, missing: str) -> None:
    stand.options = replace(stand.options, **{missing: ""})
    (line,) = lines(stand).values()
    assert (line.code, line.health) == ("bluesky.options", Health.FAULT)
    assert missing in line.text
    assert pds.server.asked == []


@pytest.mark.parametrize("where", [CREATE, "resolveHandle"])
def test_a_server_that_is_away_is_somebody_elses_fault(pds: Pds, stand: Stand, where: str) -> None:
    pds.server.faults = [Fault(where=where, kind=Kind.CUT)]
    line = lines(stand)["bluesky.server"]
    assert (line.health, line.is_outside) == (Health.FAULT, True)


def test_a_password_with_which_all_can_be_done_is_a_warning(pds: Pds, stand: Stand) -> None:
    pds.scope = "com.atproto.access"
    assert lines(stand)["bluesky.password"].health is Health.WARNING


@pytest.mark.parametrize(
    "answer", [refused("InvalidRequest"), Answer(data={"did": "did:plc:other"}), Answer()]
)
def test_a_handle_that_leads_elsewhere_is_a_warning(pds: Pds, stand: Stand, answer: Answer) -> None:
    pds.answers["identity.resolveHandle"] = answer
    pds.server.faults = [Fault(where="resolveHandle", kind=Kind.REFUSED, answer=answer)]
    assert lines(stand)["bluesky.handle"].health is Health.WARNING


def test_an_account_that_is_named_by_its_did_has_no_handle_to_resolve(pds: Pds, stand: Stand) -> None:
    pds.handle = DID
    stand.options = replace(stand.options, handle=DID)
    pds.answers["server.createSession"] = Answer(data=pds.tokens() | {"handle": HANDLE})
    assert list(lines(stand)) == ["bluesky.session"]


# A rehearsal.


def test_a_rehearsal_shows_what_would_be_asked_and_asks_nothing(pds: Pds, stand: Stand) -> None:
    message = thread(3)
    upload, *puts = stand.channel().rehearse(message)
    assert pds.server.asked == []
    assert (upload.method, upload.url) == ("POST", f"{pds.server.url}/xrpc/com.atproto.repo.uploadBlob")
    assert upload.body == f"image/png, {len(png()):,} bytes: {PICTURE.alt}"
    bodies = [json.loads(call.body) for call in puts]
    assert [body["record"]["text"] for body in bodies] == list(message.parts)
    assert bodies[0]["repo"] == "<did>"
    assert bodies[2]["record"]["reply"] == {
        "root": {"uri": "at://<did>/app.bsky.feed.post/<tid of part 1>", "cid": "<cid of part 1>"},
        "parent": {"uri": "at://<did>/app.bsky.feed.post/<tid of part 2>", "cid": "<cid of part 2>"},
    }
    assert "\n" in puts[0].body
    assert "👩‍🔬" in puts[0].body
    assert not [call for call in (upload, *puts) if PASSWORD in call.body + call.url]


def test_a_rehearsal_shows_what_is_then_asked(pds: Pds, stand: Stand) -> None:
    message = thread(3)
    rehearsed = [
        json.loads(call.body) for call in stand.channel().rehearse(message) if call.url.endswith(PUT)
    ]
    stand.owe(message)
    stand.deliver()
    asked = [one.json for one in pds.server.calls(PUT)]
    for number, (shown, real) in enumerate(zip(rehearsed, asked, strict=True), start=1):
        assert list(shown["record"]) == list(real["record"])
        assert told(shown["record"]) == told(real["record"])
        assert shown["rkey"] == f"<tid of part {number}>"


def told(record: dict[str, Any]) -> dict[str, Any]:
    """Give a record without what only the server and the clock know."""
    images = [
        image | {"image": image["image"] | {"ref": ""}} for image in record.get("embed", {}).get("images", ())
    ]
    return record | {"createdAt": "", "reply": "", "embed": images}


def test_a_rehearsal_of_what_is_too_long_says_so(stand: Stand) -> None:
    with pytest.raises(PermanentFailure, match="301 graphemes"):
        list(stand.channel().rehearse(post("a" * 301)))


# Pictures.


def test_a_picture_within_the_limit_stays_as_it_is() -> None:
    drawn = noisy(64)
    assert fitted(drawn, CARD, most=len(drawn)) == (drawn, "image/png")
    assert fitted(drawn, CARD, most=None) == (drawn, "image/png")


def test_a_picture_beyond_it_becomes_as_good_a_jpeg_as_fits() -> None:
    drawn, most = noisy(256), 10**9
    sizes = []
    for _ in QUALITIES:
        smaller, kind = fitted(drawn, CARD, most=min(most, len(drawn)) - 1)
        assert kind == "image/jpeg"
        assert Image.open(BytesIO(smaller)).size == (256, 256)
        most = len(smaller)
        sizes.append(most)
    assert sizes == sorted(set(sizes), reverse=True)
    with pytest.raises(PermanentFailure):
        fitted(drawn, CARD, most=most - 1)


@pytest.mark.parametrize("most", [1000, 0])
def test_a_picture_that_does_not_fit_is_refused_with_both_numbers(most: int) -> None:
    drawn = noisy(256)
    with pytest.raises(PermanentFailure) as caught:
        fitted(drawn, CARD, most=most)
    assert f"{len(drawn):,} bytes, and may have {most:,}" in str(caught.value)


def test_what_is_no_picture_cannot_be_made_smaller() -> None:
    with pytest.raises(PermanentFailure):
        fitted(b"no picture", CARD, most=3)


def test_a_picture_that_was_made_smaller_goes_out(pds: Pds, stand: Stand) -> None:
    drawn = noisy(256)
    stand.draw = lambda card: drawn
    stand.limits = replace(LIMITS, most_bytes=len(drawn) // 2)
    stand.owe(post(pictures=(PICTURE,)))
    assert stand.deliver() is State.SENT
    (asked,) = pds.server.calls(UPLOAD)
    assert asked.headers["content-type"] == "image/jpeg"
    assert len(asked.body) < len(drawn) // 2


# How it was taken.

URI = f"at://{DID}/app.bsky.feed.post/3zzzzzzzzzzzz"


def counted(stand: Stand, answer: Answer) -> tuple[Reactions | None, list[Asked]]:
    with ApiServer(lambda asked: answer) as view:
        stand.options = replace(stand.options, view=view.url)
        found = stand.channel().reactions(Receipt(remote=URI))
        return found, view.asked


def test_reactions_are_counted_by_who_has_seen_everything(stand: Stand) -> None:
    post = {"uri": URI, "likeCount": 7, "replyCount": 2, "repostCount": 3, "quoteCount": 1, "record": {}}
    found, (asked,) = counted(stand, Answer(data={"posts": [post]}))
    assert found == Reactions(likes=7, replies=2, shares=4)
    assert (asked.method, asked.path) == ("GET", "/xrpc/app.bsky.feed.getPosts")
    assert asked.query == {"uris": URI}
    assert is_of_format(URI, "at-uri")
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    ("post", "found"),
    [
        ({}, Reactions()),
        ({"likeCount": 0}, Reactions(likes=0)),
        ({"quoteCount": 2}, Reactions(shares=2)),
        ({"likeCount": "many", "repostCount": -1}, Reactions()),
    ],
)
def test_what_is_not_told_is_not_known(stand: Stand, post: dict[str, object], found: Reactions) -> None:
    assert counted(stand, Answer(data={"posts": [{"uri": URI} | post]}))[0] == found


@pytest.mark.parametrize("posts", [[], [{"uri": "at://other.test"}], ["x"]])
def test_a_post_that_is_gone_has_none(stand: Stand, posts: list[object]) -> None:
    assert counted(stand, Answer(data={"posts": posts}))[0] is None


@pytest.mark.parametrize(
    "answer", [refused("InvalidRequest"), Answer(status=502), Answer(data={"posts": 3}), Answer(data=[])]
)
def test_a_view_that_does_not_answer_is_a_failure_of_the_outside(stand: Stand, answer: Answer) -> None:
    with pytest.raises(OutsideError):
        counted(stand, answer)
