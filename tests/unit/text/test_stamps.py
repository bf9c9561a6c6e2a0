from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vesicle.text import stamps, tokens

KEY = b"k" * 32
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_a_stamp_tells_how_long_ago_it_was_made() -> None:
    stamp = stamps.seal(KEY, "sign up", now=NOW)
    assert stamps.age(KEY, "sign up", stamp, now=NOW + timedelta(seconds=1.5)) == timedelta(seconds=1.5)


def test_a_stamp_counts_for_its_own_form_and_key() -> None:
    stamp = stamps.seal(KEY, "sign up", now=NOW)
    assert stamps.age(KEY, "data", stamp, now=NOW) is None
    assert stamps.age(b"x" * 32, "sign up", stamp, now=NOW) is None
    assert stamps.age(KEY, "sign up", tokens.make(KEY, "sign up", "0"), now=NOW) is None


@given(st.text())
def test_no_text_is_a_stamp(text: str) -> None:
    assert stamps.age(KEY, "sign up", text, now=NOW) is None
