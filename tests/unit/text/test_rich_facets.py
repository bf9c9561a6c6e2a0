"""Facets as the reference finds them, by bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.message import Link
from vesicle.text.rich.facets import Facet, as_records, detect, facets
from vesicle.text.rich.shorten import shown

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "social" / "bsky-richtext"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="Bluesky's tables are not on this machine")

LONG = "https://doi.org/10.1016/j.celrep.2024.114021"


def _table(name: str) -> list[Any]:
    table: list[Any] = json.loads((DATA / "facet-detection.json").read_text("utf-8"))[name]
    return table


def _segments(text: str) -> list[list[str]]:
    data, last = text.encode(), 0
    segments: list[list[str]] = []
    for one in detect(text):
        target = f"did:fake:{one.value}" if one.kind == "mention" else one.value
        segments += [[data[last : one.start].decode()], [data[one.start : one.end].decode(), target]]
        last = one.end
    segments.append([data[last:].decode()])
    return [segment for segment in segments if segment[0]]


@needs_data
def test_texts_come_apart_as_in_the_reference() -> None:
    cases = _table("segments")
    assert len(cases) == 40
    assert [case for case in cases if _segments(case["text"]) != case["segments"]] == []


@needs_data
@pytest.mark.parametrize(("name", "number"), [("hashtags", 39), ("cashtags", 18)])
def test_tags_are_where_the_reference_finds_them(name: str, number: int) -> None:
    cases = _table(name)
    assert len(cases) == number
    is_cash = name == "cashtags"
    for case in cases:
        found = [one for one in detect(case["text"]) if one.kind == "tag"]
        tags = [one for one in found if one.value.startswith("$") == is_cash]
        assert [one.value for one in tags] == case["tags"], case
        assert [{"byteStart": one.start, "byteEnd": one.end} for one in tags] == case["index"], case


@pytest.mark.parametrize(
    ("text", "links", "found"),
    [
        ("é doi.org/10.1/a", (), [Facet(3, 17, "link", "https://doi.org/10.1/a")]),
        ("Hello @ana.bsky.social", (), []),
        ("👩‍🔬 #cells!", (), [Facet(12, 18, "tag", "cells")]),
        (
            f"แผล {shown(LONG)} #a",
            (Link(url=LONG, text=shown(LONG)),),
            [Facet(10, 44, "link", LONG), Facet(45, 47, "tag", "a")],
        ),
        (
            "the paper, and example.org",
            (Link(url=LONG, text="the paper"),),
            [Facet(0, 9, "link", LONG), Facet(15, 26, "link", "https://example.org")],
        ),
        ("another part", (Link(url=LONG, text="the paper"),), []),
        ("#a(example.org", (), [Facet(0, 14, "tag", "a(example.org")]),
        ("httpbin.org", (), [Facet(0, 11, "link", "https://httpbin.org")]),
        ("e.g. Fig. 2", (), []),
    ],
)
def test_a_text_of_ours_has_its_facets(text: str, links: tuple[Link, ...], found: list[Facet]) -> None:
    assert list(facets(text, links)) == found


def test_a_shown_address_that_is_cut_leads_to_the_whole_one() -> None:
    text = f"Read {shown(LONG)} now"
    (facet,) = facets(text, (Link(url=LONG, text=shown(LONG)),))
    assert text.encode()[facet.start : facet.end].decode() == shown(LONG)
    assert facet.value == LONG


def test_records_are_as_in_the_lexicon() -> None:
    assert as_records(facets("#a example.org", ())) == [
        {
            "index": {"byteStart": 0, "byteEnd": 2},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "a"}],
        },
        {
            "index": {"byteStart": 3, "byteEnd": 14},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}],
        },
    ]
    assert as_records((Facet(0, 2, "mention", "did:plc:a"),))[0]["features"] == [
        {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:a"}
    ]


pieces = st.sampled_from(
    ["#", "@", "a", "แผล", "é", "👩‍🔬", " ", "\n", "b.com", "https://c.org/", "(", ")", ".", "$AB"]
)


@given(st.lists(pieces, max_size=15).map("".join), st.lists(pieces, max_size=3))
def test_facets_never_cut_a_letter_nor_overlap(text: str, shown_words: list[str]) -> None:
    links = [Link(url="https://example.org/x", text=words) for words in shown_words]
    data = text.encode()
    places = [place for one in facets(text, links) for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(data[start:end].decode() for start, end in zip(places[::2], places[1::2], strict=True))
