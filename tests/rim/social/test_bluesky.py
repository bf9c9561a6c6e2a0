"""What a post on Bluesky is made of, as a server gets it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.rim.social.bluesky_fixtures import clock, pds, stand
from tests.rim.social.bluesky_pds import DID, HANDLE, PUT, UPLOAD, Pds
from tests.rim.social.bluesky_stand import CARD, LIMITS, PICTURE, URL, Stand, png, post, thread
from tests.rim.social.lexicon import is_of_format

from vesicle.deliver.bluesky.record import guarded
from vesicle.model.delivery import Policy, State
from vesicle.model.errors import ContentError, PermanentFailure
from vesicle.model.limits import Length, Unit
from vesicle.model.message import Card, Link, Picture
from vesicle.testing.apiserver import Answer
from vesicle.text.rich.facets import Facet, as_records

__all__ = ["clock", "pds", "stand"]


def only(pds: Pds) -> tuple[str, Any]:
    """Give the one record that is there, with its key."""
    (found,) = pds.records.items()
    return found


def test_a_text_goes_out_as_it_is(pds: Pds, stand: Stand) -> None:
    stand.owe(post("Neuf donneurs.", lang="fr"))
    assert stand.deliver() is State.SENT
    rkey, record = only(pds)
    assert record == {
        "$type": "app.bsky.feed.post",
        "text": "Neuf donneurs.",
        "langs": ["fr"],
        "createdAt": "2026-11-26T09:00:00.123Z",
    }
    assert is_of_format(rkey, "tid")


def test_the_receipt_names_the_post_and_where_a_person_finds_it(pds: Pds, stand: Stand) -> None:
    stand.owe(thread(3))
    stand.deliver()
    receipt = stand.outcome().receipt
    first, *_ = sorted(pds.records)
    assert receipt.remote == f"at://{DID}/app.bsky.feed.post/{first}"
    assert receipt.url == f"https://bsky.app/profile/{HANDLE}/post/{first}"
    assert json.loads(receipt.raw) == [pds.place(rkey) for rkey in sorted(pds.records)]


def test_a_profile_without_a_handle_is_named_by_its_did(pds: Pds, stand: Stand) -> None:
    pds.answers["server.createSession"] = Answer(data=pds.tokens() | {"handle": "handle.invalid"})
    stand.owe(post())
    stand.deliver()
    assert stand.outcome().receipt.url.startswith(f"https://bsky.app/profile/{DID}/post/")


def test_what_is_unknown_is_put_again(stand: Stand) -> None:
    assert stand.channel().policy is Policy.RESEND


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"👩‍🔬 กำลังอ่าน {URL}", URL),
        (f"TGF-β₁ → CO₂: ({URL})", URL),
        ("« Données » doi.org/10.1186/s13287… et la suite", "doi.org/10.1186/s13287…"),
    ],
)
def test_a_link_is_where_its_words_are_in_bytes(pds: Pds, stand: Stand, text: str, shown: str) -> None:
    stand.owe(post(text, links=(Link(url=URL, text=shown),)))
    stand.deliver()
    _, record = only(pds)
    (facet,) = record["facets"]
    index = facet["index"]
    assert text.encode()[index["byteStart"] : index["byteEnd"]].decode() == shown
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#link", "uri": URL}]


def test_a_hashtag_is_one(pds: Pds, stand: Stand) -> None:
    stand.owe(post("Neun Spender 🧫 #Zellkultur"))
    stand.deliver()
    _, record = only(pds)
    (facet,) = record["facets"]
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#tag", "tag": "Zellkultur"}]


def test_a_card_goes_with_its_words_and_its_shape(pds: Pds, stand: Stand) -> None:
    stand.owe(post(pictures=(PICTURE,)))
    stand.deliver()
    _, record = only(pds)
    embed = record["embed"]
    (image,) = embed["images"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert image["alt"] == PICTURE.alt
    assert image["aspectRatio"] == {"width": 1600, "height": 900}
    assert pds.blobs[image["image"]["ref"]["$link"]] == png()
    (asked,) = pds.server.calls(UPLOAD)
    assert asked.headers["content-type"] == "image/png"


@pytest.mark.parametrize(("alt", "said"), [("", ""), (None, "Nine donors")])
def test_a_card_without_an_alt_text_has_the_words_that_are_on_it(
    pds: Pds, stand: Stand, alt: str | None, said: str
) -> None:
    stand.owe(post(pictures=(Picture(src=CARD.name, alt=alt, card=CARD),)))
    stand.deliver()
    _, record = only(pds)
    assert record["embed"]["images"][0]["alt"] == said


def test_a_picture_that_is_no_card_stays_where_it_is(pds: Pds, stand: Stand) -> None:
    stand.owe(post(pictures=(Picture(src="photo.jpg", alt="A dish"),)))
    assert stand.deliver() is State.SENT
    assert "embed" not in only(pds)[1]


def test_the_parts_of_a_thread_hang_together(pds: Pds, stand: Stand) -> None:
    message = thread(5)
    stand.owe(message)
    assert stand.deliver() is State.SENT
    assert pds.texts() == list(message.parts)
    keys = sorted(pds.records)
    records = [pds.records[rkey] for rkey in keys]
    places = [pds.place(rkey) for rkey in keys]
    assert "reply" not in records[0]
    assert [one["reply"] for one in records[1:]] == [
        {"root": places[0], "parent": places[number]} for number in range(4)
    ]
    assert [one["createdAt"][-4:] for one in records] == ["123Z", "124Z", "125Z", "126Z", "127Z"]
    assert ["embed" in one for one in records] == [True, False, False, False, False]
    assert ["facets" in one for one in records] == [False, False, False, False, True]


def test_links_with_the_same_words_go_where_each_belongs(pds: Pds, stand: Stand) -> None:
    parts = ("First: the paper", "Second: the paper")
    links = (
        Link(url="https://example.org/1", text="the paper"),
        Link(url="https://example.org/2", text="the paper"),
    )
    stand.owe(post("\n\n".join(parts), parts=parts, links=links))
    stand.deliver()
    urls = [pds.records[rkey]["facets"][0]["features"][0]["uri"] for rkey in sorted(pds.records)]
    assert urls == ["https://example.org/1", "https://example.org/2"]


@pytest.mark.parametrize(("start", "end"), [(0, 5), (2, 4), (0, 2), (3, 1), (0, 0), (-1, 2)])
def test_a_link_that_is_not_within_its_text_is_never_sent(start: int, end: int) -> None:
    """The server takes any numbers."""
    wrong = as_records((Facet(start, end, "link", URL),))
    with pytest.raises(PermanentFailure, match="does not lie within its text"):
        guarded(wrong, "aé!")


def test_a_link_of_whole_characters_is_sent_as_it_was_found() -> None:
    right = as_records((Facet(1, 3, "link", URL),))
    assert guarded(right, "aé!") == right


def test_two_posts_of_one_moment_are_two(pds: Pds, stand: Stand) -> None:
    for number in range(12):
        stand.owe(post(f"Donor {number}"))
    stand.deliver()
    assert sorted(pds.texts()) == sorted(f"Donor {number}" for number in range(12))


# What is not sent.


def reason(stand: Stand, pds: Pds) -> str:
    assert stand.deliver() is State.FAILED
    assert pds.server.calls(PUT) == []
    return stand.outcome().reason


def test_a_text_that_is_too_long_is_refused_and_says_by_how_much(pds: Pds, stand: Stand) -> None:
    stand.owe(post("👩‍🔬" * 310))
    said = reason(stand, pds)
    assert "310 graphemes, 10 more than the 300" in said
    assert f"{310 * 11} bytes, 410 more than the 3000" in said
    assert pds.server.calls("xrpc/com.atproto.repo") == []


def test_the_part_that_is_too_long_is_named(pds: Pds, stand: Stand) -> None:
    stand.owe(post("One\n\nTwo", parts=("One", "2" * 301)))
    assert "part 2 of 2 has 301 graphemes, 1 more than the 300" in reason(stand, pds)


def test_exactly_as_long_as_it_may_be_goes_out(pds: Pds, stand: Stand) -> None:
    stand.owe(post("ก" * 300))
    assert stand.deliver() is State.SENT


def test_the_limits_are_those_of_the_desk(pds: Pds, stand: Stand) -> None:
    stand.limits = replace(LIMITS, lengths=(Length(most=5, unit=Unit.GRAPHEMES),))
    stand.owe(post("123456"))
    assert "6 graphemes" in reason(stand, pds)


def test_an_alt_text_that_is_too_long_is_refused(pds: Pds, stand: Stand) -> None:
    stand.owe(post(pictures=(replace(PICTURE, alt="a" * 2001),)))
    assert "alt text has 2001 characters" in reason(stand, pds)


def test_more_pictures_than_four_are_refused(pds: Pds, stand: Stand) -> None:
    stand.owe(post(pictures=(PICTURE,) * 5))
    assert "5 pictures" in reason(stand, pds)


def test_a_card_that_cannot_be_drawn_fails_its_post_alone(pds: Pds, stand: Stand) -> None:
    def broken(card: Card) -> bytes:
        raise ContentError("the font is not there")

    stand.draw = broken
    stand.owe(post(pictures=(PICTURE,)))
    slug = stand.owe(post("Without one"))
    stand.deliver()
    assert stand.state(stand.slugs[0]) is State.FAILED
    assert stand.state(slug) is State.SENT
    assert pds.texts() == ["Without one"]
