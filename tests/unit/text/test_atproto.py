"""Names of the AT Protocol as its own interoperability tests have them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.atproto import (
    AtUri,
    is_at_uri,
    is_datetime,
    is_did,
    is_handle,
    is_language,
    is_record_key,
    is_tid,
    tid,
)

DATA = (
    Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "social" / "atproto-interop" / "syntax"
)
needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="the tests of the AT Protocol are not on this machine"
)

# How many lines the files had when they were copied, so that none is passed over.
JUDGES: list[tuple[str, Callable[[str], bool], int, int]] = [
    ("tid", is_tid, 4, 9),
    ("recordkey", is_record_key, 16, 11),
    ("aturi", is_at_uri, 23, 72),
    ("did", is_did, 24, 18),
    ("handle", is_handle, 71, 48),
    ("datetime", is_datetime, 35, 45),
    ("language", is_language, 18, 7),
]
JUDGED = [judge for _, judge, _, _ in JUDGES]


def _lines(name: str) -> list[str]:
    # Blanks at the ends of a line belong to the case.
    text = (DATA / f"{name}.txt").read_text("utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


@needs_data
@pytest.mark.parametrize(("name", "is_valid", "valid", "invalid"), JUDGES)
def test_a_name_is_judged_as_in_the_interoperability_tests(
    name: str, is_valid: Callable[[str], bool], valid: int, invalid: int
) -> None:
    good, bad = _lines(f"{name}_syntax_valid"), _lines(f"{name}_syntax_invalid")
    assert (len(good), len(bad)) == (valid, invalid)
    assert [line for line in good if not is_valid(line)] == []
    assert [line for line in bad if is_valid(line)] == []


@needs_data
def test_a_moment_that_is_none_is_refused_though_its_form_is_right() -> None:
    moments = _lines("datetime_parse_invalid")
    assert len(moments) == 7
    assert [moment for moment in moments if is_datetime(moment)] == []


@pytest.mark.parametrize("is_valid", JUDGED)
@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(is_valid: Callable[[str], bool], text: str) -> None:
    assert is_valid(text) in (True, False)


@pytest.mark.parametrize("is_valid", JUDGED)
@pytest.mark.parametrize(
    "name", ["3jzfcijpj2z2a", "at://did:plc:a", "did:plc:a", "a.org", "1985-04-12T23:20:50Z", "ja"]
)
def test_a_line_break_is_part_of_no_name(is_valid: Callable[[str], bool], name: str) -> None:
    assert not is_valid(f"{name}\n")


@pytest.mark.parametrize(
    ("moment", "clock", "key"),
    [(0, 0, "2222222222222"), (0, 1, "2222222222223"), (2**53 - 1, 1023, "bzzzzzzzzzzzz")],
)
def test_a_moment_has_its_key(moment: int, clock: int, key: str) -> None:
    assert tid(moment, clock) == key


@pytest.mark.parametrize(("moment", "clock"), [(-1, 0), (2**53, 0), (0, -1), (0, 1024)])
def test_no_key_is_made_of_a_number_that_does_not_go_in(moment: int, clock: int) -> None:
    with pytest.raises(ValueError, match=rf"moment {moment} on clock {clock}"):
        tid(moment, clock)


moments = st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 1023))


@given(moments, moments)
def test_keys_are_valid_and_sort_as_their_moments(one: tuple[int, int], other: tuple[int, int]) -> None:
    keys = tid(*one), tid(*other)
    assert all(is_tid(key) and is_record_key(key) for key in keys)
    assert (keys[0] < keys[1]) == (one < other)


@given(st.integers(0, 2**53 - 1), st.integers(0, 1023))
def test_a_key_holds_its_moment_and_its_clock(moment: int, clock: int) -> None:
    number = 0
    for digit in tid(moment, clock):
        number = number * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(digit)
    assert divmod(number, 1024) == (moment, clock)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "at://did:plc:abc/app.bsky.feed.post/3jzfcijpj2z2a",
            ("did:plc:abc", "app.bsky.feed.post", "3jzfcijpj2z2a"),
        ),
        ("at://ana.example/app.bsky.feed.post", ("ana.example", "app.bsky.feed.post", "")),
        ("at://did:web:example.org", ("did:web:example.org", "", "")),
    ],
)
def test_an_address_has_its_parts_and_is_written_again(text: str, parts: tuple[str, str, str]) -> None:
    uri = AtUri.parse(text)
    assert (uri.authority, uri.collection, uri.rkey) == parts
    assert str(uri) == text


def test_what_is_no_address_is_named() -> None:
    with pytest.raises(ValueError, match=r"https://example\.org"):
        AtUri.parse("https://example.org")


@pytest.mark.parametrize("tag", ["de-DE-u-co-phonebk-u-co-phonebk", "de-1996-1996", "en-x", "x"])
def test_a_language_tag_says_nothing_twice(tag: str) -> None:
    assert not is_language(tag)
