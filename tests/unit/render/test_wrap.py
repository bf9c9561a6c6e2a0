import re

from hypothesis import given
from hypothesis import strategies as st

from vesicle.render.wrap import columns, wrap


def test_short_lines_stay_and_empty_lines_are_one() -> None:
    assert wrap("a\n\n\n\nb \n") == "a\n\nb\n"


def test_bullets_and_quotes_go_on_in_the_next_line() -> None:
    assert wrap("- one two three", 9) == "- one two\n  three\n"
    assert wrap("12. one two", 8) == "12. one\n    two\n"
    assert wrap("> one two", 6) == "> one\n> two\n"
    assert wrap("> - one two", 7) == "> - one\n>   two\n"


def test_a_url_is_never_broken() -> None:
    url = "<https://doi.org/" + "x" * 90 + ">"
    assert wrap(f"see {url} now") == f"see\n{url}\nnow\n"


def test_thai_breaks_before_a_leading_vowel() -> None:
    thai = "นักวิจัยทำแผลเล็กแบบเดียวกันในหนูยี่สิบสี่ตัว"
    lines = wrap(thai, 20).splitlines()
    assert "".join(lines) == thai
    assert all(line[0] in "เแโใไ" for line in lines[1:])
    assert max(map(columns, lines)) <= 20


def test_chinese_breaks_between_characters() -> None:
    assert wrap("细胞彼此交谈", 6) == "细胞彼\n此交谈\n"


def test_columns_count_what_is_seen() -> None:
    assert columns("ที่") == 1
    assert columns("细a") == 3
    assert columns("می‌خواهم") == 7


@given(st.text(st.sampled_from("ab 细\nกเี"), max_size=200))
def test_a_line_is_wider_only_for_one_word_that_cannot_be_broken(text: str) -> None:
    for line in wrap(text, 10).splitlines():
        assert columns(line) <= 10 or not re.search(r"\s|细细|.เ", line.strip())


@given(st.text(st.sampled_from("ab 细\nกเี"), max_size=200))
def test_words_come_out_as_they_went_in(text: str) -> None:
    assert "".join(wrap(text, 10).split()) == "".join(text.split())
