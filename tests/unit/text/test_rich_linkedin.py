"""LinkedIn's little text shows what was written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.rich.linkedin import escaped

RESERVED = r"\|{}@[]()<>#*_~"


@pytest.mark.parametrize("character", RESERVED)
def test_each_of_the_fifteen_is_escaped(character: str) -> None:
    assert len(RESERVED) == 15
    assert escaped(f"a {character} b") == f"a \\{character} b"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Wounds (in rats) heal", r"Wounds \(in rats\) heal"),
        ("n < 5, p > 0.05*", r"n \< 5, p \> 0.05\*"),
        ("#WoundHealing", r"{hashtag|\#|WoundHealing}"),
        ("see #a_b, #c2", r"see {hashtag|\#|a\_b}, {hashtag|\#|c2}"),
        ("(#cells)", r"\({hashtag|\#|cells}\)"),
        ("#แผลเป็น #زخم ＃傷", r"{hashtag|\#|แผลเป็น} {hashtag|\#|زخم} {hashtag|\#|傷}"),
        ("#1 of 2, C# and ##x", r"\#1 of 2, C\# and \#\#x"),
        ("https://example.org/a_b#part", r"https://example.org/a\_b\#part"),
        ("https://example.org/#part", r"https://example.org/\#part"),
        ("#", r"\#"),
        ("plain: 5 µg/mL, é, 👩‍🔬", "plain: 5 µg/mL, é, 👩‍🔬"),
    ],
)
def test_a_text_is_written_for_linkedin(text: str, written: str) -> None:
    assert escaped(text) == written


@given(st.text(st.sampled_from(RESERVED + "a1 é"), max_size=30))
def test_linkedin_reads_the_text_again(text: str) -> None:
    plain = re.sub(r"\{hashtag\|\\#\|((?:[^|{}\\]|\\.)*)\}", r"\\#\1", escaped(text))
    assert re.sub(r"\\(.)", r"\1", plain) == text
    assert not re.search(r"(?<!\\)(?:\\\\)*[|{}@\[\]()<>#*_~]", plain)
