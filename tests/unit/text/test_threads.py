"""A thread breaks where a reader would pause."""

from collections.abc import Callable
from contextlib import suppress
from time import process_time

import pytest

from vesicle.model.limits import Unit
from vesicle.text.counting import count, graphemes
from vesicle.text.threads import split

ENGLISH = """Stem cells talk to wounds in more ways than we thought.

A new review of 16 studies (Smith et al. 2024) finds that conditioned medium, the liquid in which cells have \
grown, closes wounds in rats about 12.5% faster than placebo. Doses were 5 µg/mL to 10 µg/mL, with 1.5 × 10⁶ \
cells in 24 rats. No deaths occurred, e.g. from infection. Scars shrank (n = 24, p < 0.05).

What we do not know: whether it works in people. The trials are small; none of them was blinded. Read more: \
https://doi.org/10.1016/j.celrep.2024.114021 #StemCells #WoundHealing"""
TOGETHER = [
    "et al. 2024",
    "16 studies",
    "12.5% faster",
    "5 µg/mL",
    "10 µg/mL",
    "1.5 × 10⁶ cells",
    "24 rats",
    "= 24",
    "< 0.05",
    "https://doi.org/10.1016/j.celrep.2024.114021",
    "#StemCells",
    "#WoundHealing",
]
# Without a clause or sentence in them, so that parts end between words.
QUANTITIES = [
    "we gave all of the 24 rats some 5 µg/mL with about 1.5 × 10⁶ cells at 37 °C for all of the 16 studies",
    "موش‌ها را در ۲۴ موش و ۳۷ درجه با همه‌ی ۱۲٫۵ درصد از آن‌ها که در ۱۶ پژوهش بودند در همه جا با هم می‌دیدیم",
    "พบในหนู 24 ตัวแล้วในคน 16 คนที่มาจาก 5 แห่งกับยา 10 µg/mL และ 12.5% ของทั้งหมดใน 37 °C",
    "it was found in Fig. 2 and type 2 of no. 5 with phase 3 of p < 0.05 for n = 24 and all of ± 3 of them",
]
TOGETHER += [
    "37 °C", "۲۴ موش", "۳۷ درجه", "۱۲٫۵ درصد", "۱۶ پژوهش", "24 ตัว", "16 คน", "5 แห่ง", "Fig. 2", "type 2",
    "no. 5", "phase 3", "± 3",
]  # fmt: skip


def _at_most(most: int, unit: Unit = Unit.CHARACTERS) -> Callable[[str], bool]:
    return lambda text: count(text, unit) <= most


def _texts(parts: tuple[str, ...]) -> list[str]:
    return [part.rpartition("\n")[0] for part in parts] if len(parts) > 1 else list(parts)


def test_a_text_that_fits_is_one_part_without_a_number() -> None:
    assert split("Short enough.\n", _at_most(13)) == ("Short enough.",)


@pytest.mark.parametrize("text", ["", " \n", "---", "\n---\n\n---\n"])
def test_nothing_makes_no_part(text: str) -> None:
    assert split(text, _at_most(10)) == ()


def test_parts_end_with_sentences_and_carry_their_numbers() -> None:
    assert split(ENGLISH, _at_most(280, Unit.WEIGHTED)) == (
        ENGLISH[: ENGLISH.index(" Doses")] + "\n1/3",
        ENGLISH[ENGLISH.index("Doses") : ENGLISH.index("\n\nWhat")] + "\n2/3",
        ENGLISH[ENGLISH.index("What") :] + "\n3/3",
    )


@pytest.mark.parametrize("most", range(57, 300, 3))
def test_what_belongs_together_stays_together(most: int) -> None:
    parts = split(ENGLISH, _at_most(most))
    for piece in TOGETHER:
        assert sum(part.count(piece) for part in parts) == ENGLISH.count(piece), piece


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("One is here.\n\nTwo is here. Three.", 31, ["One is here.", "Two is here. Three."]),
        ("One is here. Two is here. Three.", 30, ["One is here.", "Two is here. Three."]),
        ("One, as it is, goes on; and on it goes", 28, ["One, as it is,", "goes on; and on it goes"]),
        ("One and two and three and four", 20, ["One and two and", "three and four"]),
        ("Is it? Yes! “So be it.” End of it…  So", 19, ["Is it? Yes!", "“So be it.”", "End of it…  So"]),
        ("See Fig. 2 of e.g. J. Smith vs. Dr. Who", 28, ["See Fig. 2 of e.g.", "J. Smith vs. Dr. Who"]),
        (
            "A line\nand a line\nand one",
            17,
            ["A line", "and a line", "and one"],
        ),
        ("It is 1.\n\n1. First of all\n2. Second", 24, ["It is 1.", "1. First of all", "2. Second"]),
        ("One – two – three – four", 16, ["One – two –", "three – four"]),
        (
            "First is this one.\n\nSo is this. This. And it goes on. On.",
            45,
            ["First is this one.", "So is this. This. And it goes on. On."],
        ),
        (
            "It goes on and on, here and there and on and on",
            40,
            ["It goes on and on,", "here and there and on and on"],
        ),
        (
            "It grew at 5 p.m. on Monday. It did not on Friday.",
            35,
            ["It grew at 5 p.m. on Monday.", "It did not on Friday."],
        ),
        (
            "Of E. coli and S. aureus one grew at St. Mary. So what? No.",
            54,
            ["Of E. coli and S. aureus one grew at St. Mary.", "So what? No."],
        ),
        (
            "What: \n1. First of all it is\n2. Second of all it was",
            30,
            ["What:", "1. First of all it is", "2. Second of all it was"],
        ),
        ("1. Firstly of it", 15, ["1. Firstly", "of it"]),
        ("- Firstly of it", 14, ["- Firstly", "of it"]),
        (
            "It grew at 5 p.m. on the Monday of that week",
            30,
            ["It grew at 5 p.m. on", "the Monday of that week"],
        ),
        ("This is no. 5 of them", 17, ["This is", "no. 5 of them"]),
    ],
)
def test_breaks_in_latin_script(text: str, most: int, parts: list[str]) -> None:
    assert _texts(split(text, _at_most(most))) == parts


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("แผลหายเร็วขึ้น นักวิจัยยังไม่ทราบ", 25, ["แผลหายเร็วขึ้น", "นักวิจัยยังไม่ทราบ"]),
        ("พบในหนู 24 ตัวแล้ว", 14, ["พบในหนู", "24 ตัวแล้ว"]),
        ("น้ำเลี้ยง เซลล์", 13, ["น้ำเลี้ยง", "เซลล์"]),
        ("آیا کار می‌کند؟ هنوز نمی‌دانیم", 22, ["آیا کار می‌کند؟", "هنوز نمی‌دانیم"]),
        ("یہ ہے۔ وہ ہے۔ سب", 15, ["یہ ہے۔", "وہ ہے۔ سب"]),
        ("موش‌ها، که ۲۴ موش بودند، ماندند", 21, ["موش‌ها،", "که ۲۴ موش بودند،", "ماندند"]),
        ("傷が治った。次は人で試す。", 12, ["傷が治った。", "次は人で試す。"]),
        ("傷が人で、早く治った", 9, ["傷が人で、", "早く治った"]),
        ("「人が治った。」と彼が言う", 12, ["「人が治った。」", "と彼が言う"]),
        ("細胞細胞細胞細胞っ細胞", 10, ["細胞細胞細", "胞細胞っ細胞"]),
    ],
)
def test_breaks_in_other_scripts(text: str, most: int, parts: list[str]) -> None:
    assert _texts(split(text, _at_most(most))) == parts


def test_without_blanks_a_text_is_broken_between_graphemes_at_last() -> None:
    parts = _texts(split("กำที่นี่" * 20, _at_most(30)))
    assert "".join(parts) == "กำที่นี่" * 20
    assert all(part.startswith(("กำ", "ที่", "นี่")) for part in parts)


@pytest.mark.parametrize(
    "text", ["ดู#แผลเป็นและhttps://example.org/แผลเป็นครับ", "24ตัวตัวตัวตัว", "ดูfoo.みんなです"]
)
def test_an_address_a_tag_and_a_number_are_whole_without_blanks_too(text: str) -> None:
    for most in range(8, 60):
        try:
            parts = split(text, _at_most(most))
        except ValueError:
            continue
        pieces = ("#แผลเป็น", "https://example.org/แผลเป็น", "24ต", "foo.みんな")
        assert all(piece in "|".join(parts) for piece in pieces if piece in text)


@pytest.mark.parametrize("most", range(28, 90))
@pytest.mark.parametrize("text", QUANTITIES)
def test_a_number_stays_with_its_unit_wherever_a_part_could_end(text: str, most: int) -> None:
    parts = "|".join(split(text, _at_most(most)))
    assert [piece for piece in TOGETHER if piece in text and piece not in parts] == []


@pytest.mark.parametrize("before", range(8))
def test_a_number_stays_with_the_letter_after_it_where_there_are_no_blanks(before: int) -> None:
    text = "ว" * before + "24ตัว" + "ว" * 8
    assert all("24ตั" in "|".join(split(text, _at_most(most))) for most in range(9, 24))


@pytest.mark.parametrize("most", range(8, 20))
def test_no_grapheme_is_parted(most: int) -> None:
    for text in ("กำ" * 20, "ก" + "e\u0301\u0302" * 3 + "ทำ" * 9, "aa \u0301bb cc", "🇹🇭👩‍🔬" * 9):
        with suppress(ValueError):
            parts = _texts(split(text, _at_most(most, Unit.GRAPHEMES)))
            found = [one for part in parts for one in graphemes(part)]
            assert [one for one in found if one != " "] == [one for one in graphemes(text) if one != " "]


def test_a_line_of_three_dashes_breaks_at_any_rate() -> None:
    text = "One.\n---\nTwo.\n\n  ---  \r\nThree is longer, I think. By much."
    assert _texts(split(text, _at_most(24))) == [
        "One.",
        "Two.",
        "Three is longer,",
        "I think. By much.",
    ]
    assert split("One --- two\n--- three", _at_most(40)) == ("One --- two\n--- three",)


def test_blanks_that_hold_together_are_no_place_to_break() -> None:
    assert _texts(split("aaaa bb\u00a0ccccc", _at_most(12))) == ["aaaa", "bb\u00a0ccccc"]


def test_digits_in_groups_are_parted_only_where_nothing_else_helps() -> None:
    assert _texts(split("We saw 10 000 cells", _at_most(16))) == ["We saw", "10 000 cells"]


def test_numbers_are_written_as_asked() -> None:
    text = "One is here. Two is here."
    assert split(text, _at_most(22), numbering="({number} of {total})") == (
        "One is here.\n(1 of 2)",
        "Two is here.\n(2 of 2)",
    )
    assert split(text, _at_most(12), numbering="") == ("One is here.", "Two is here.")


def test_ten_parts_and_more_leave_room_for_their_numbers() -> None:
    parts = split("Word here. " * 12, _at_most(16))
    assert len(parts) == 12
    assert [part.rpartition("\n")[2] for part in parts] == [f"{number}/12" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"See https://example.org/{'a' * 60} now.", "https://example.org/aaa"),
        (f"See {'a' * 60} now.", "aaaa"),
        (f"See #{'แ' * 60} now.", "#แแแ"),
        ("It has some 11111.55 × 10000⁶ (autologous) cells", r"11111\.55 × 10000⁶ \(autologous\)"),
        ("It has some p < 0.050000000000000000000000000000005", r"< 0\.05"),
        ("It has some 24 pseudopseudohypoparathyroidisms-ish", "24 pseudo"),
    ],
)
def test_what_has_no_break_and_does_not_fit_is_named(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        split(text, _at_most(32))


@pytest.mark.parametrize(
    "text",
    [
        "a. " * 3_000,
        "แ" * 6_000,
        "กขค " * 2_000,
        "1 = " * 2_000,
        "A." * 4_000 + " b",
        "。" * 6_000,
        "24 " * 2_000,
    ],
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(text: str) -> None:
    start = process_time()
    with suppress(ValueError):
        split(text, _at_most(280))
    assert process_time() - start < 2
