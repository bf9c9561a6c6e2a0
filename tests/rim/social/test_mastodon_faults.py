"""Each part of a post is on the server once, whatever befalls its requests and however late it is retried."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rim.social.mastodon_fake import OWN, STATUSES, FakeMastodon
from tests.rim.social.mastodon_stand import CARDED, NOW, PARTS, POST, SLUG, TEXT, THREAD, Stand, fake

from vesicle.model.delivery import State
from vesicle.model.errors import PermanentFailure
from vesicle.model.limits import Length, Unit
from vesicle.model.message import Message
from vesicle.testing.apiserver import Answer, Fault, Kind

MINUTE = timedelta(minutes=1)
LOST = Fault(where=STATUSES, kind=Kind.LOST)
CUT = Fault(where=STATUSES, kind=Kind.CUT)
BROKEN = Fault(where=STATUSES, kind=Kind.BROKEN)
REFUSED = Fault(where=STATUSES, kind=Kind.REFUSED)
NO_POST = Fault(where=STATUSES, kind=Kind.BROKEN, answer=Answer(data={}))
BUSY = Fault(
    where=STATUSES,
    kind=Kind.REFUSED,
    answer=Answer(status=429, data={}, headers={"X-RateLimit-Reset": "2026-11-26T09:05:00.000000Z"}),
)
ENDED = Fault(
    where=STATUSES, kind=Kind.REFUSED, answer=Answer(status=401, data={"error": "The access token expired"})
)
UNCERTAIN = {"lost": LOST, "cut": CUT, "broken": BROKEN, "refused": REFUSED, "no post": NO_POST}
ALL = UNCERTAIN | {"busy": BUSY, "token": ENDED}


@pytest.fixture
def server() -> Iterator[FakeMastodon]:
    with fake().running() as server:
        yield server


@pytest.fixture
def stand(server: FakeMastodon) -> Stand:
    return Stand(server=server)


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("name", ALL)
def test_a_thread_goes_on_at_the_first_part_that_is_missing(stand: Stand, name: str, number: int) -> None:
    stand.server.befall(number, ALL[name])
    stand.owe(THREAD)
    assert stand.run() is (State.UNKNOWN if name in UNCERTAIN else State.DEFERRED)
    assert stand.settle() is State.SENT
    assert stand.chain() == list(PARTS)
    assert len(stand.server.api.calls(STATUSES)) == 6
    assert not stand.server.api.calls(OWN)
    assert len(stand.server.media) == 1


@pytest.mark.parametrize("name", UNCERTAIN)
@pytest.mark.parametrize("number", [0, 2, 4])
def test_hours_later_it_is_looked_first_whether_the_part_is_there(
    stand: Stand, name: str, number: int
) -> None:
    stand.server.befall(number, ALL[name])
    assert stand.publish(THREAD) is State.UNKNOWN
    stand.clock.forward(timedelta(hours=2))
    before = len(stand.server.api.asked)
    assert stand.run() is State.SENT
    assert stand.chain() == list(PARTS)
    later = [f"{one.method} {one.path}" for one in stand.server.api.asked[before:]]
    posts = [place for place, one in enumerate(later) if one == "POST /api/v1/statuses"]
    looks = [place for place, one in enumerate(later) if one == "GET /api/v1/accounts/7/statuses"]
    is_there = name in ("lost", "broken", "no post")
    # Where it is missing, the next page tells that there are no more.
    assert len(looks) == 1 if is_there else looks
    assert len(posts) == 5 - number - is_there
    assert all(look < post for look in looks for post in posts)


def test_what_was_found_has_its_receipt(stand: Stand) -> None:
    stand.server.befall(0, LOST)
    stand.publish(CARDED)
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert stand.outcome().receipt.remote == "1"
    assert stand.outcome().receipt.url.endswith("/@ada/1")
    assert len(stand.server.media) == 1


def test_up_to_fifty_minutes_the_key_tells_and_from_then_on_it_is_looked(stand: Stand) -> None:
    stand.server.befall(0, *[LOST] * 4)
    stand.owe(POST)
    for minutes, looks in ((0, 0), (20, 0), (49, 0), (50, 1)):
        stand.clock.at = NOW + minutes * MINUTE
        assert stand.run() is (State.SENT if looks else State.UNKNOWN)
        assert len(stand.server.api.calls(OWN)) == looks
    assert stand.server.texts == [TEXT]


def test_what_is_posted_after_a_look_is_a_first_try_again(stand: Stand) -> None:
    stand.server.befall(0, CUT, LOST, LOST)
    stand.owe(POST)
    for hours, looks in ((0, 0), (2, 1), (2.5, 1), (5, 2)):
        stand.clock.at = NOW + timedelta(hours=hours)
        stand.run()
        assert len(stand.server.api.calls(OWN)) == looks
    assert stand.ledger.tally(SLUG)[State.SENT] == 1
    assert stand.server.texts == [TEXT]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(where=OWN, kind=Kind.REFUSED),
        Fault(where=OWN, kind=Kind.CUT),
        Fault(where=OWN, kind=Kind.REFUSED, answer=Answer(status=429, headers={"Retry-After": "600"})),
        Fault(where=OWN, kind=Kind.REFUSED, answer=Answer(status=404, data={"error": "Record not found"})),
        Fault(where=OWN, kind=Kind.REFUSED, answer=Answer(data={"a page": "instead"})),
    ],
)
@pytest.mark.parametrize("first", [LOST, CUT])
def test_where_it_cannot_be_looked_nothing_is_posted(stand: Stand, first: Fault, fault: Fault) -> None:
    stand.server.befall(0, first)
    stand.publish(POST)
    stand.clock.forward(timedelta(hours=2))
    stand.server.api.faults = [fault]
    assert stand.run() is State.DEFERRED
    assert len(stand.server.api.calls(STATUSES)) == 1
    assert stand.settle(every=timedelta(minutes=15)) is State.SENT
    assert stand.server.texts == [TEXT]


@pytest.mark.parametrize("by", [timedelta(hours=7), timedelta(days=3)])
def test_a_clock_that_was_put_right_is_no_reason_to_trust_the_key(stand: Stand, by: timedelta) -> None:
    stand.server.befall(0, LOST)
    stand.publish(POST)
    stand.ledger.settle_unknown(SLUG, resend=True, now=NOW)
    stand.server.statuses[0]["created_at"] = f"{NOW - by:%Y-%m-%dT%H:%M:%S}.000Z"
    stand.server.keys.clear()  # the server's own clock was right: that was two hours ago
    stand.clock.forward(timedelta(hours=2) - by)
    assert stand.run() is State.SENT
    assert stand.server.texts == [TEXT]
    assert len(stand.server.api.calls(OWN)) == 1


def test_it_is_found_below_hundreds_of_others(stand: Stand) -> None:
    stand.server.befall(0, LOST)
    stand.publish(POST)
    for number in range(130):
        stand.server.add(f"Something else {number}")
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert len(stand.server.statuses) == 131
    befores = [asked.query.get("max_id") for asked in stand.server.api.calls(OWN)]
    assert befores == [None, "92", "52", "12"]


def test_among_too_many_it_is_not_said_that_it_is_missing(stand: Stand) -> None:
    stand.server.befall(0, CUT)
    stand.publish(POST)
    for number in range(1001):
        stand.server.add(f"Something else {number}")
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.DEFERRED
    assert stand.outcome().reason.endswith("too many posts to tell whether this is one of them")


def test_the_same_explainer_of_last_month_is_not_this_one(stand: Stand) -> None:
    stand.server.add(TEXT, at=NOW - timedelta(weeks=4))
    stand.server.befall(1, CUT)
    stand.publish(POST)
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert stand.server.texts == [TEXT, TEXT]


def test_parts_that_read_the_same_are_told_apart_by_what_they_answer(stand: Stand) -> None:
    parts = ("First", "And", "Second", "And", "Third")
    stand.owe(replace(THREAD, parts=parts))
    stand.server.befall(3, CUT)
    stand.run()
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert stand.chain() == list(parts)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.nature.com/articles/s41586-026-00000-0?utm_source=m&utm_medium=social#Sec2 is long",
        "Bare, then\n\n\n\nspaced  out \n at the end ",
        "R&D: p < 0.05 > \"quoted\" 'and' &amp; 100 % — CO₂, TGF-β1, 10⁶, *p*, _n_",
        "By @ada@social.example.org and @eve, #skin #ฟิสิกส์ #آب (https://doi.org/10.1000/xyz_(2)).",
        "กำลังใจ 👩‍🔬🇹🇭 ۱۲۳ می‌شود é é",
        "<script>alert(1)</script> <b>bold</b>",
    ],
)
def test_what_the_server_shows_otherwise_is_recognised(stand: Stand, text: str) -> None:
    stand.server.befall(0, LOST)
    stand.publish(replace(POST, text=text))
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert stand.server.texts == [text]


def test_links_that_are_shown_short_are_read_in_full(stand: Stand) -> None:
    stand.server.befall(0, LOST)
    stand.publish(POST)
    (status,) = stand.server.statuses
    tag = '<a class="mention hashtag" href="https://x/tags/skin">#skin</a>'
    link = '<a href="https://doi.org/10.1000/xyz?a=1&amp;b=2" rel="nofollow">doi.org/10.1000/…</a>'
    status["content"] = (
        f"What nine donors tell. 10.1 % ± 2 — of &quot;12&quot; &amp; &lt;13&gt;<br><br>{link} {tag}"
    )
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert len(stand.server.statuses) == 1


@pytest.mark.parametrize("other", ["What nine donors told.", TEXT + "!", TEXT.replace("xyz", "xyy")])
def test_another_text_is_another_post(stand: Stand, other: str) -> None:
    stand.server.befall(0, CUT)
    stand.publish(POST)
    stand.server.add(other)
    stand.clock.forward(timedelta(hours=2))
    assert stand.run() is State.SENT
    assert stand.server.texts == [other, TEXT]


def test_fewer_requests_are_waited_for_as_long_as_the_server_says(stand: Stand) -> None:
    stand.server.befall(0, BUSY)
    assert stand.publish(POST) is State.DEFERRED
    assert stand.outcome().retry_at == NOW + 5 * MINUTE


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        (422, "Validation failed: Text can't be blank", "refused part 2 of 5 (422): Validation failed: Text"),
        (
            404,
            "The post you are trying to reply to does not appear to exist.",
            "refused part 2 of 5 (404): The",
        ),
        (422, None, "refused part 2 of 5 (422)"),
    ],
)
def test_a_refusal_fails_with_the_words_of_the_server(
    stand: Stand, status: int, words: str | None, reason: str
) -> None:
    answer = Answer(status=status, data={"error": words})
    stand.server.befall(1, Fault(where=STATUSES, kind=Kind.REFUSED, answer=answer))
    assert stand.publish(THREAD) is State.FAILED
    assert reason in stand.outcome().reason
    assert not stand.ledger.owed(SLUG)
    assert len(stand.server.statuses) == 1


@pytest.mark.parametrize(
    ("status", "words", "said"),
    [
        (401, "The access token was revoked", "is refused (401): The access token was revoked"),
        (401, "The access token expired", "has expired (401): The access token expired"),
        (403, "This action is outside the authorized scopes", "is refused (403): This action is outside"),
    ],
)
def test_a_token_that_is_refused_ends_the_run_and_all_goes_back(
    stand: Stand, status: int, words: str, said: str
) -> None:
    for number in range(3):
        stand.owe(POST, f"{number}/item/mastodon")
    feed = iter(stand.taken())
    stand.server.refusal = Answer(status=status, data={"error": words})
    with pytest.raises(PermanentFailure, match="the token for http") as raised:
        stand.channel().deliver_all(feed, stand.ledger)
    assert said in str(raised.value)
    assert len(list(feed)) == 2
    assert stand.ledger.tally("0/item/mastodon")[State.PENDING] == 1


def test_a_token_revoked_within_a_thread_ends_the_run_and_a_new_one_goes_on(stand: Stand) -> None:
    stand.owe(THREAD)
    stand.owe(POST, "2/item/mastodon")
    stand.server.befall(2, ENDED)
    assert stand.run() is State.DEFERRED
    assert "has expired" in str(stand.raised)
    # The second was taken with the first, and nothing was asked for it.
    assert len(stand.server.statuses) == 2
    assert stand.settle() is State.SENT
    assert sorted(stand.server.texts) == sorted([*PARTS, TEXT])


def test_a_token_that_may_not_look_puts_the_post_off(stand: Stand) -> None:
    stand.server.befall(0, LOST)
    stand.publish(POST)
    stand.clock.forward(timedelta(hours=2))
    stand.server.api.faults = [Fault(where=OWN, kind=Kind.REFUSED, answer=ENDED.answer)]
    assert stand.run() is State.DEFERRED
    assert len(stand.raised) == 1
    assert stand.settle() is State.SENT
    assert stand.server.texts == [TEXT]


def test_a_limit_that_changes_within_a_thread_is_left_to_the_server(stand: Stand) -> None:
    stand.server.befall(2, LOST)
    stand.publish(THREAD)
    stand.limits = replace(stand.limits, lengths=(Length(most=20, unit=Unit.GRAPHEMES),))
    assert stand.settle() is State.SENT
    assert stand.chain() == list(PARTS)


@settings(max_examples=25)
@given(
    message=st.sampled_from([POST, CARDED, THREAD]),
    script=st.lists(
        st.tuples(st.sampled_from([*ALL, "fine"]), st.sampled_from([2, 49, 51, 61, 300])), max_size=6
    ),
)
def test_whatever_befalls_it_a_post_is_there_once(message: Message, script: list[tuple[str, int]]) -> None:
    with fake().running() as server:
        stand = Stand(server=server)
        stand.owe(message)
        for name, minutes in script:
            server.api.faults = [ALL[name]] if name in ALL else []
            stand.run()
            stand.clock.forward(minutes * MINUTE)
        server.api.faults.clear()
        assert stand.settle(every=timedelta(hours=1)) is State.SENT
        assert stand.chain() == list(message.texts)
        assert [len(one["media_attachments"]) for one in server.statuses[:1]] == [len(message.pictures)]
        keys = [asked.headers["idempotency-key"] for asked in server.api.calls(STATUSES)]
        assert len(set(keys)) == len(message.texts)
        assert all(before <= after for before, after in pairwise(map(list(dict.fromkeys(keys)).index, keys)))
