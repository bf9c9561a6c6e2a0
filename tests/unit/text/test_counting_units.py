"""Every unit by hand, and what holds for any text."""

import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.limits import Unit
from vesicle.text.counting import count, graphemes

URL = "https://doi.org/10.1000/xyz"
BARE = "doi.org/10.1000/xyz"
UNITS = (Unit.WEIGHTED, Unit.GRAPHEMES, Unit.UTF16, Unit.BYTES)

# Measured with each platform's own counter where it has one, 2026-11-22.
TABLE = {
    "TGF-β1": (6, 6, 6, 7),
    "µ": (1, 1, 1, 2),
    "²": (1, 1, 1, 2),
    "–": (1, 1, 1, 3),
    "—": (1, 1, 1, 3),
    "′": (1, 1, 1, 3),
    "\u200c": (1, 1, 1, 3),
    "…": (2, 1, 1, 3),
    "•": (2, 1, 1, 3),
    "₂": (2, 1, 1, 3),
    "⁶": (2, 1, 1, 3),
    "→": (2, 1, 1, 3),
    "≥": (2, 1, 1, 3),
    "−": (2, 1, 1, 3),
    "CO₂": (4, 3, 3, 5),
    "10⁶": (4, 3, 3, 5),
    "กำ": (2, 1, 2, 6),
    "👩‍🔬": (2, 1, 5, 11),
    "🇹🇭": (2, 1, 4, 8),
    "1️⃣": (2, 1, 3, 7),
    URL: (23, 27, 27, 27),
    BARE: (23, 19, 19, 19),
    "...": (3, 3, 3, 3),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize(("text", "expected"), TABLE.items())
def test_a_text_counts_as_on_each_platform(text: str, expected: tuple[int, ...]) -> None:
    assert tuple(count(text, unit) for unit in UNITS) == expected


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (URL, 23),
        (BARE, 19),
        (f"see {URL} now", 31),
        ("กำ", 1),
        ("👩‍🔬", 1),
        ("CO₂", 3),
        ("@ana@fediscience.org", 4),
    ],
)
def test_mastodon_takes_every_link_with_a_scheme_for_23(text: str, length: int) -> None:
    assert count(text, Unit.MASTODON) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("abc", 3),
        ("กำ", 1),
        ("e\u0301", 1),
        ("👩‍🔬", 11),
        ("🇹🇭", 8),
        ("1️⃣", 7),
        ("1", 1),
        ("→", 1),
        ("©", 2),
        ("🐱🏽", 8),
        (f"{URL} 🧪", 32),
    ],
)
def test_threads_counts_an_emoji_by_its_bytes_and_the_rest_by_graphemes(text: str, length: int) -> None:
    assert count(text, Unit.THREADS) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("abc", 3), ("(abc)", 7), ("a_b", 4), ("#1", 3), ("#cells", len(r"{hashtag|\#|cells}")), (URL, 27)],
)
def test_linkedin_counts_what_escaping_adds(text: str, length: int) -> None:
    assert count(text, Unit.ESCAPED) == length


def test_characters_are_code_points() -> None:
    assert count("👩‍🔬e\u0301", Unit.CHARACTERS) == 5


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("©", 1),
        ("©\ufe0f", 2),
        ("™", 2),
        ("❤", 2),
        ("❤\ufe0f", 2),
        ("👩🏽‍🔬", 2),
        ("👁\ufe0f‍🗨\ufe0f", 2),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2),
        ("🇹", 2),
        ("🏽", 2),
        ("🐱🏽", 4),
        ("1\ufe0f", 3),
        ("A\u0301", 1),
        ("日本", 4),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
        ("سلام", 4),
        ("สวัสดี", 6),
    ],
)
def test_x_weighs_emoji_and_letters(text: str, weight: int) -> None:
    assert count(text, Unit.WEIGHTED) == weight


anything = st.text(max_size=60)
words = st.lists(
    st.one_of(
        st.text("abcdefgh.,:/-_@#()1234567890", min_size=1, max_size=12),
        st.sampled_from(
            [text for text in TABLE if text not in ("", "\u200c")]
        ),  # it leans on what it follows
        st.sampled_from(
            ["#cells", "@ana@example.org", "e\u0301", "แผล", "傷。", "زخم", "🐱", "http://", "t.co/a"]
        ),
    ),
    min_size=1,
    max_size=6,
).map("".join)


@given(anything)
def test_no_count_is_negative_and_an_empty_text_is_nothing(text: str) -> None:
    assert all(count(text, unit) >= 0 for unit in Unit)
    assert all(count("", unit) == 0 for unit in Unit)


@given(anything)
def test_units_keep_their_order(text: str) -> None:
    lengths = [count(text, unit) for unit in (Unit.GRAPHEMES, Unit.CHARACTERS, Unit.UTF16, Unit.BYTES)]
    assert lengths == sorted(lengths)
    assert count(text, Unit.THREADS) >= count(text, Unit.GRAPHEMES)
    assert count(text, Unit.ESCAPED) >= count(text, Unit.CHARACTERS)


@pytest.mark.parametrize("unit", Unit)
@given(first=words, second=words)
def test_two_texts_with_a_blank_between_count_as_their_sum_and_one(
    unit: Unit, first: str, second: str
) -> None:
    assert count(f"{first} {second}", unit) == count(first, unit) + 1 + count(second, unit)


@given(st.one_of(words, anything))
def test_x_counts_any_normal_form_alike(text: str) -> None:
    forms = {count(unicodedata.normalize(form, text), Unit.WEIGHTED) for form in ("NFC", "NFD")}
    assert forms == {count(text, Unit.WEIGHTED)}


@given(anything)
def test_graphemes_are_all_of_the_text(text: str) -> None:
    assert "".join(graphemes(text)) == text


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize(
    "text",
    ["แ" * 9_000, "a." * 4_500, "あa." * 3_000, "(" * 9_000, "a@" * 4_500, "http://a.com/" + "(a" * 4_500],
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(unit: Unit, text: str) -> None:
    start = process_time()
    count(text, unit)
    assert process_time() - start < 2
