from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.text.fingerprint import SHINGLE_WORDS, bears, copied, fingerprint, numbers, sentences, words

ABSTRACT = """Exploring made-up wounds in rats

Introduction: Made-up wounds heal slowly, e.g. in old rats (Fig. 2). Smith et al. 2019 said otherwise.
Materials and methods: From an initial pool of 75 articles, 16 studies published up to 2024 were selected
based on their relevance, focus, and alignment with the research objectives. Doses were 5-10 mg vs. Placebo.
Results: Scars shrank by 12.5% (n = 24, p < 0.05). No deaths occurred. Storage was at −80 °C with 10⁶ cells.
Conclusion: All told, wounds closed sooner."""
SOURCE = fingerprint(ABSTRACT)


@pytest.mark.parametrize(
    "quote",
    [
        "No deaths occurred.",
        "no deaths occurred",
        "All told, wounds closed sooner.",
        "Conclusion: All told, wounds closed sooner.",
        "Smith et al. 2019 said otherwise.",
        "Exploring made-up wounds in rats",
        "Scars shrank by 12.5% (n = 24, p < 0.05).",
        "Scars shrank by 12.5 % (n=24, p<.05).",
        "Scars shrank by 12.5% (n = 24, p < 0.05). No deaths occurred.",
        "No deaths occurred. All told, wounds closed sooner.",
        "Doses were 5–10 mg vs. Placebo.",
        "Made-up wounds heal slowly, e.g. in old rats (Fig. 2).",
        "Storage was at -80 °C with 10⁶ cells.",
        "75 articles, 16 studies published up to 2024 were selected based on their relevance",
        "with the research objectives. Doses were 5-10 mg vs. Placebo. Results: Scars shrank by 12.5%",
        "“No deaths occurred.”",
        "No deaths\n  occurred.",
        "No dea\u00adths occurred.",
        "Storage was at −80 ℃ with 10⁶ cells.",
    ],
)
def test_a_quote_bears(quote: str) -> None:
    assert bears(SOURCE, quote)


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "…",
        "Results:",
        "deaths occurred",
        "No deaths",
        "Smith et al.",
        "Made-up wounds heal slowly, e.g.",
        "2019 said otherwise.",
        "Placebo.",
        "16 studies published up to 2024",
        "Deaths occurred.",
        "Scars shrank by 12.5% (n = 24, p > 0.05).",
        "Scars shrank by 125% (n = 24, p < 0.05).",
        "Scars shrank by 12.5 (n = 24, p < 0.05).",
        "Storage was at 80 °C with 10⁶ cells.",
        "Storage was at -80 °C with 106 cells.",
        "No deaths occurred. Everybody was cured.",
        "75 articles, 61 studies published up to 2024 were selected based on their relevance",
        "75 articles, 16 studies … were selected based on their relevance, focus, and alignment",
    ],
)
def test_a_fragment_or_a_changed_quote_does_not(quote: str) -> None:
    assert not bears(SOURCE, quote)


def test_eleven_words_inside_a_sentence_are_a_fragment_and_twelve_are_not() -> None:
    run = words(ABSTRACT)[30:42]
    assert bears(SOURCE, " ".join(run))
    assert not bears(SOURCE, " ".join(run[:11]))


def test_an_empty_source_bears_nothing() -> None:
    assert not bears(fingerprint(""), "")
    assert not bears(fingerprint("... — !"), "—")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("See Fig. 2 and Figs. 3 of Dr. No.", ["See Fig. 2 and Figs. 3 of Dr. No."]),
        ("A. koreana sp. nov. was found. It is new.", ["A. koreana sp. nov. was found.", "It is new."]),
        ("By J. R. Smith. He left.", ["By J. R. Smith.", "He left."]),
        ("In the U.S. Army.", ["In the U.S. Army."]),
        ("Table No. 5 shows. No. It hides.", ["Table No. 5 shows.", "No.", "It hides."]),
        ("It fell to 0.5 mg. 16 studies saw it.", ["It fell to 0.5 mg.", "16 studies saw it."]),
        ("He said “It works.” Then he left.", ["He said “It works.”", "Then he left."]),
        ("It rose (p < 0.05). “So what?” Nothing.", ["It rose (p < 0.05).", "“So what?”", "Nothing."]),
        ("A title\n\nA text\nin two lines", ["A title", "A text\nin two lines"]),
        ("زخم بسته شد. پایان؟ آری.", ["زخم بسته شد.", "پایان؟", "آری."]),
        ("It rose. miR-29a fell.", ["It rose. miR-29a fell."]),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p < 0.05, p<.05", ("p", "<0.05", "p", "<0.05")),
        ("n = 24; 50 % or 50%", ("n", "=24", "50%", "or", "50%")),
        ("5-10 mg, 5–10mg", ("5", "10", "mg", "5", "10", "mg")),
        ("at −80 °C", ("at", "-80", "c")),
        ("1,200 and 1,20", ("1200", "and", "1", "20")),
        ("10⁶ cells in 2 m²", ("10^6", "cells", "in", "2", "m2")),
        ("2½ years", ("2", "1", "2", "years")),
        ("eﬃcacy of exo\u00adsomes", ("efficacy", "of", "exosomes")),
        ("cell-free, cell‑free", ("cell", "free", "cell", "free")),
        ("๒๔ ตัว ۲۴ موش", ("24", "ตัว", "24", "موش")),
        ("หนูแก่ ที่นี่", ("หนูแก่", "ที่นี่")),
        ("naïve na\u0308ive", ("naïve", "näive")),
        ("miR-29a", ("mir", "29", "a")),
    ],
)
def test_words(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("From 75 articles, 16 studies were kept.", ("75 articles", "16 studies")),
        ("1,200 mg, 1,200.5 g, .5 ml, 0.05", ("1200 mg", "1200.5 g", "0.5 ml", "0.05")),
        ("5-10 mg", ("5 mg", "10 mg")),
        ("5 to 10 rats", ("5 rats", "10 rats")),
        ("5–10 %", ("5%", "10%")),
        ("20%, 20 %, 20 percent, 20 per cent", ("20%",)),
        ("n = 24, p < 0.05", ("24", "0.05")),
        ("miR-29a, IL-6, COVID-19, CD63", ()),
        ("version 1.2.3", ()),
        ("2 of 5 rats", ("2", "5 rats")),
        ("a 16-week trial", ("16 week",)),
        ("10⁶ cells", ("10^6 cells",)),
        ("12,5 mg", ("12.5 mg",)),
        ("๒๔ ตัว and ۲۴٪", ("24 ตัว", "24%")),
        ("at 4 °C", ("4 °c",)),
        ("5 µg and 5 μg", ("5 µg",)),
        ("in 2021. Rats", ("2021",)),
    ],
)
def test_numbers(text: str, expected: tuple[str, ...]) -> None:
    assert numbers(text) == expected


def test_copied_stretches_are_joined_and_kept_apart() -> None:
    first, second = words(ABSTRACT)[5:20], words(ABSTRACT)[30:42]
    text = f"We read: {' '.join(first)} and then {' '.join(second)}"
    assert copied(SOURCE, text) == (" ".join(first), " ".join(second))
    assert copied(SOURCE, "Our own words, and then: " + " ".join(first[:11])) == ()


@settings(deadline=None)
@given(st.text(min_size=30), st.data())
def test_any_run_of_twelve_words_bears(text: str, data: st.DataObject) -> None:
    found = words(text + " and twelve words at the end so that there always are enough of them")
    start = data.draw(st.integers(0, len(found) - SHINGLE_WORDS))
    end = data.draw(st.integers(start + SHINGLE_WORDS, len(found)))
    source = fingerprint(text + " and twelve words at the end so that there always are enough of them")
    assert bears(source, " ".join(found[start:end]))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(("rats", "0.05", "5%", "Fig.", "A.", "Results:", "e.g.")), min_size=1), st.data()
)
def test_a_changed_word_never_bears(pieces: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(pieces) - 1))
    source = fingerprint(" ".join(pieces))
    assert not bears(source, " ".join((*pieces[:at], "mice", *pieces[at + 1 :])))


@settings(deadline=None)
@given(st.text())
def test_every_text_has_a_fingerprint(text: str) -> None:
    made = fingerprint(text)
    assert made == fingerprint(text)
    assert all(len(mark) == 16 for mark in made.sentences | made.shingles)


@pytest.mark.parametrize("text", ["." * 50_000, "=" * 50_000, "A. A " * 10_000, "1," * 25_000, " " * 50_000])
def test_a_hostile_text_takes_no_longer_than_a_long_one(text: str) -> None:
    start = process_time()
    fingerprint(text)
    assert process_time() - start < 2


def test_a_real_abstract_bears_its_sentences() -> None:
    seed = Path(__file__).resolve().parents[3] / ".." / "shared" / "seeds" / "000_b85da186d2b255c7.txt"
    if not seed.exists():
        pytest.skip("the seed texts are not on this machine")
    text = seed.read_text(encoding="utf-8")
    source = fingerprint(text)
    quote = "From an initial pool of 75 articles, 16 studies published up to 2024 were selected"
    assert bears(source, quote)
    assert not bears(source, quote.replace("16", "17"))
    assert {"75 articles", "16 studies"} <= set(source.numbers)
