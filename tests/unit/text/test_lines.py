"""What is put on one line, whatever it holds."""

from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.lines import is_one_line, one_line, without_controls


@given(st.text(st.characters(codec=None)))
def test_anything_becomes_one_line_that_can_be_written(text: str) -> None:
    assert is_one_line(one_line(text))
    one_line(text).encode()  # raises for half of a surrogate pair


@given(st.text(st.characters(codec=None)))
def test_lines_stay_and_nothing_else_that_moves_the_pen(text: str) -> None:
    lines = without_controls(text).split("\n")
    assert all(map(is_one_line, lines))
    assert len(lines) == max(1, len(text.splitlines()))


def test_joiners_marks_of_direction_and_indents_stay() -> None:
    assert one_line(" می‌شود\u200f \t x ") == "می‌شود\u200f x"
    assert without_controls("a\r\n  b\x07c  \nd") == "a\n  b c\nd"
