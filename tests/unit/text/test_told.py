"""JSON of somebody else, asked for by name."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import UserError
from vesicle.text import told
from vesicle.text.told import Told


def test_what_is_not_there_is_empty() -> None:
    found = Told({"a": {"b": [1, "x", None]}, "n": 5, "t": True})
    assert found.text("a", "b", "c") == found.text("z") == found.text("t") == found.text("a") == ""
    assert (found.text("n"), found.is_true("t"), found.is_true("n")) == ("5", True, False)
    assert [one.text() for one in found.each("a", "b")] == ["1", "x", ""]
    assert list(found.each("n")) == []


def test_half_a_letter_becomes_a_question_mark() -> None:
    assert told.read(b'{"a": "\\ud800x"}', by="x").text("a") == "?x"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-26T10:00:00Z", datetime(2026, 11, 26, 10, tzinfo=UTC)),
        ("2026-11-26T13:28:10.2735393-04:00", datetime(2026, 11, 26, 17, 28, 10, 273539, UTC)),
        ("2026-11-26T10:00:00", datetime(2026, 11, 26, 10, tzinfo=UTC)),
        (1604933654, datetime(2020, 11, 9, 14, 54, 14, tzinfo=UTC)),
        ("1604933654", datetime(2020, 11, 9, 14, 54, 14, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1e300, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_a_moment_is_utc_or_none(value: Any, moment: datetime | None) -> None:
    assert Told({"at": value}).moment("at") == moment


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_told_with_whose_it_should_be(body: bytes) -> None:
    with pytest.raises(UserError, match="mailgun: the body is not JSON"):
        told.read(body, by="mailgun")


@given(st.text() | st.floats() | st.integers())
def test_any_value_can_be_asked_for_a_moment_and_a_text(value: Any) -> None:
    assert isinstance(Told(value).text(), str)
    Told(value).moment()
