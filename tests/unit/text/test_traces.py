"""By what a thing that comes back is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email import verp
from vesicle.testing.desk import KEY
from vesicle.text import traces

TOKEN = verp.make(KEY, verp.BOUNCE, slug="an-issue", person_id="0f" * 16)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"b+{TOKEN}@bounce.example.org", TOKEN),
        (f"<B+{TOKEN.upper()}@BOUNCE.EXAMPLE.ORG>", TOKEN),
        (f"SRS0=x=y=example.org=b+{TOKEN}@other.example", TOKEN),
        (f"leave+{TOKEN}@example.org", ""),
        (f"ab+{TOKEN}@example.org", ""),
        (f"b+{TOKEN[1:]}@example.org", ""),
        (f"b+{TOKEN}a@example.org", ""),
        ("b+@example.org", ""),
    ],
)
def test_a_bounce_token_stands_behind_b_alone(text: str, token: str) -> None:
    assert traces.bounce_token(text) == token


def test_the_envelope_sender_counts_before_an_address_for_leaving() -> None:
    other = TOKEN[::-1]
    assert traces.leave_token(f"b+{TOKEN}@x.org, leave+{other}@x.org") == other
    assert traces.any_token(f"leave+{other}@x.org", f"b+{TOKEN}@x.org") == TOKEN
    assert traces.any_token(f"leave+{other}@x.org") == other
    assert traces.any_token("", "nothing") == ""


def test_an_envelope_id_is_a_token_or_nothing() -> None:
    assert traces.envelope_token(f" {TOKEN.upper()} ") == TOKEN
    assert traces.envelope_token(TOKEN + "a") == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [("<a@b>", "a@b"), ("x <a@b> <c@d>", "a@b"), ("a@b", "a@b"), ("a b@c", ""), ("", ""), ("uuid", "")],
)
def test_a_message_id_has_no_brackets(text: str, found: str) -> None:
    assert traces.message_id(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Reader <a@example.com>", "a@example.com"),
        ('"at @ home" <a@example.com>', "a@example.com"),
        ("'a@example.com'.", "a@example.com"),
        ("a@", ""),
        ("@a", ""),
        ("nobody", ""),
    ],
)
def test_an_address_is_found_among_words(text: str, found: str) -> None:
    assert traces.address(text) == found


def test_parts_that_are_cut_elsewhere_make_another_id() -> None:
    assert traces.event_id("ab", "c") != traces.event_id("a", "bc")
    assert traces.event_id("ab", "c") == traces.event_id("ab", "c")


@given(st.lists(st.text()))
def test_a_reason_is_one_short_line(parts: list[str]) -> None:
    line = traces.reason(*parts)
    assert len(line) <= 300
    assert line.isprintable()
    assert traces.event_id(*parts)
