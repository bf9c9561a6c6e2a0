"""What holds for the thread of any text."""

from itertools import pairwise

import regex
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.limits import Unit
from vesicle.text.counting import count, graphemes, urls
from vesicle.text.threads import split

tokens = st.one_of(
    st.text("abcdeé", min_size=1, max_size=9),
    st.text("กขคแาำที่", min_size=1, max_size=30),
    st.sampled_from(
        [
            "https://doi.org/10.1000/xyz",
            "example.org/a",
            "#WoundHealing",
            "#แผลเป็น",
            "5 µg/mL",
            "1.5 × 10⁶ cells",
            "24 rats",
            "۲۴ موش",
            "(n = 24)",
            "e.g.",
            "It ends.",
            "Does it?",
            "چرا؟",
            "傷が治った。",
            "細胞、",
            "👩‍🔬🧪",
            "e\u0301\u0302",
            "می‌کند",
            "a,",
            "_(b)*",
            "10 000",
        ]
    ),
)
gaps = st.sampled_from([" ", " ", " ", "", "\n", "\n\n", "\u00a0", "  "])
texts = st.lists(st.tuples(tokens, gaps), min_size=10, max_size=60).map(
    lambda pairs: "".join(token + gap for token, gap in pairs)
)
limits = st.tuples(st.sampled_from(Unit), st.integers(32, 120))


def _parts(text: str, limit: tuple[Unit, int]) -> tuple[str, ...] | None:
    unit, most = limit
    try:
        return split(text, lambda part: count(part, unit) <= most)
    except ValueError:
        return None


def _without_numbers(parts: tuple[str, ...]) -> list[str]:
    return [part.rpartition("\n")[0] for part in parts] if len(parts) > 1 else list(parts)


def _squeezed(text: str) -> str:
    return "".join(text.split())


@given(texts, limits)
def test_every_part_fits_has_its_number_and_nothing_is_lost(text: str, limit: tuple[Unit, int]) -> None:
    parts = _parts(text, limit)
    if parts is None:
        return
    unit, most = limit
    assert all(count(part, unit) <= most for part in parts)
    if len(parts) > 1:
        labels = [part.rpartition("\n")[2] for part in parts]
        assert labels == [f"{number}/{len(parts)}" for number in range(1, len(parts) + 1)]
    bare = _without_numbers(parts)
    assert all(part.strip() for part in bare)
    assert _squeezed("".join(bare)) == _squeezed(text)


@given(st.text(max_size=200), limits)
def test_of_any_text_nothing_is_lost(text: str, limit: tuple[Unit, int]) -> None:
    parts = _parts(text, limit)
    if parts is not None and not regex.search(r"^[ \t]*---", text, regex.MULTILINE):
        assert all(count(part, limit[0]) <= limit[1] for part in parts)
        assert _squeezed("".join(_without_numbers(parts))) == _squeezed(text)


words = st.lists(
    st.sampled_from(["Cells", "talk,", "It ends.", "wounds", "24 rats", "5 µg/mL", "Why?"]),
    min_size=1,
    max_size=60,
).map(" ".join)


@given(words, st.integers(20, 120))
def test_where_there_are_blanks_the_words_come_back_as_they_were(text: str, most: int) -> None:
    parts = split(text, lambda part: len(part) <= most)
    assert " ".join(" ".join(_without_numbers(parts)).split()) == text


@given(words, st.integers(20, 120))
def test_no_two_parts_would_fit_as_one(text: str, most: int) -> None:
    parts = split(text, lambda part: len(part) <= most)
    label = f"{len(parts)}/{len(parts)}"
    merged = [f"{one} {other}\n{label}" for one, other in pairwise(_without_numbers(parts))]
    # Ten parts leave room for two digits, of which nine need one.
    assert len(parts) == 10 or all(len(text) > most for text in merged)


@given(texts, limits)
def test_no_part_begins_or_ends_within_a_grapheme_a_link_or_a_quantity(
    text: str, limit: tuple[Unit, int]
) -> None:
    bare = _without_numbers(_parts(text, limit) or ())
    place = 0
    cuts = []
    for part in bare:
        place = text.index(part, place)
        cuts.append(place)
        place += len(part)
    starts = {len("".join(graphemes(text)[:number])) for number in range(len(graphemes(text)) + 1)}
    assert set(cuts) <= starts | {0}
    assert not [cut for cut in cuts for start, end in urls(text) if start < cut < end]
    assert not [
        cut for cut in cuts if regex.search(r"(?<![\p{L}\d])\d[ ]$", text[:cut]) and text[cut].isalpha()
    ]


@given(st.lists(words, min_size=2, max_size=4), st.integers(40, 400))
def test_breaks_that_were_asked_for_are_kept(sections: list[str], most: int) -> None:
    parts = _without_numbers(split("\n---\n".join(sections), lambda part: len(part) <= most))
    assert len(parts) >= len(sections)
    ends = {section.rpartition(" ")[2] for section in sections}
    assert ends <= {part.rpartition(" ")[2] for part in parts}
    assert " ".join(" ".join(parts).split()) == " ".join(sections)
