from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import TemporaryFailure
from vesicle.net.replies import at, items_at, json_object, number_at, text_at, texts_at


def test_an_object_is_read_with_a_raw_line_break_in_a_string() -> None:
    assert json_object(b'\xef\xbb\xbf{"a": "one\ntwo"}', who="NCBI") == {"a": "one\ntwo"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b" \n", "NCBI answered nothing"),
        (b"<!DOCTYPE html><html>WWW Error 500 Diagnostic</html>", "web page"),
        (b"<html><body>Bad gateway", "web page"),
        (b'{"a": "cut o', "cut-off"),
        (b'{"a": "\xff"}', "cut-off"),
        (b'{"a": ' + b"1" * 5000 + b"}", "cut-off"),
        (b"[" * 200_000, "cut-off"),
        (b"[1]", "no object"),
        (b"null", "no object"),
    ],
)
def test_what_is_no_object_is_a_failure_that_may_pass(body: bytes, said: str) -> None:
    with pytest.raises(TemporaryFailure, match=said):
        json_object(body, who="NCBI")


def test_the_body_is_never_part_of_the_message() -> None:
    with pytest.raises(TemporaryFailure) as failure:
        json_object(b'{"api-key": "s3cret", oops', who="NCBI")
    assert "s3cret" not in str(failure.value)


def test_values_are_found_by_path_and_absent_steps_are_nothing() -> None:
    data = {"a": {"b": " one\n two ", "n": 7, "s": "8", "yes": True, "l": ["x", 1, " ", "y "]}}
    assert text_at(data, "a", "b") == "one two"
    assert (number_at(data, "a", "n"), number_at(data, "a", "s")) == (7, 8)
    assert texts_at(data, "a", "l") == ("x", "y")
    assert (at(data, "a", "b", "c"), text_at(data, "z"), text_at(data, "a"), items_at(data, "a")) == (
        None,
        "",
        "",
        (),
    )
    assert (number_at(data, "a", "b"), number_at(data, "a", "yes"), text_at(data, "a", "yes")) == (
        None,
        None,
        "",
    )


def test_half_a_character_is_replaced_because_nothing_can_hold_it() -> None:
    assert text_at(json_object(rb'{"a": "x\ud800y"}', who="it"), "a") == "x?y"


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_give_an_object_or_our_failure(body: bytes) -> None:
    with suppress(TemporaryFailure):
        assert isinstance(json_object(body, who="it"), dict)
