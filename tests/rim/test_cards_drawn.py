"""Cards as Typst draws them: their sizes, that nothing runs over an edge, and what a template may not do."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from vesicle.model.errors import ContentError
from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.model.problem import Problem
from vesicle.render.typesetting import Typesetter
from vesicle.store import fonts, packaged

TEMPLATE = packaged.templates(Path("nowhere"))["card/default.typ"]
FRAMES = {
    "wide": Frame(width=1600, height=900),
    "tall": Frame(width=1080, height=1350),
    "pin": Frame(width=1000, height=1500),
    "link": Frame(width=1200, height=630),
}
EN: dict[str, str | list[str]] = {
    "dir": "ltr",
    "labels": ["Peer-reviewed", "animal study", "in animals", "24\u00a0rats"],
    "lang": "en",
    "site": "Nowhere Notes",
    "source": "Fern A et al., Journal of Made-Up Medicine, 2026",
    "template": "card/default.typ",
    "text": "In 24 rats, wounds closed after six days on moss and after seven days on straw.",
    "title": "Rats that slept on moon moss healed their small wounds a day sooner",
}
TH = EN | {
    "labels": ["ผ่านการประเมินโดยผู้ทรงคุณวุฒิ", "การศึกษาในสัตว์", "ศึกษาในสัตว์", "หนู 24\u00a0ตัว"],
    "lang": "th",
    "text": "ในหนู 24 ตัว แผลปิดภายในหกวันเมื่อนอนบนมอส และเจ็ดวันเมื่อนอนบนฟาง",
    "title": "หนูที่นอนบนมอสจันทร์มีแผลเล็กหายเร็วขึ้นหนึ่งวัน",
}
FA = EN | {
    "dir": "rtl",
    "labels": ["داوری‌شده توسط همتایان", "مطالعهٔ حیوانی", "در حیوانات", "۲۴\u00a0موش"],
    "lang": "fa",
    "text": "در ۲۴ موش، زخم‌ها روی خزه پس از شش روز و روی کاه پس از هفت روز بسته شدند (TGF\u2011β1).",
    "title": "زخم‌های کوچک موش‌هایی که روی خزهٔ ماه خوابیدند یک روز زودتر بسته شد",
}
SHORT = EN | {"title": "Moss", "text": "", "labels": [], "source": ""}
FEW = EN | {"title": "What a secretome is", "text": "All that cells release.", "labels": []}
LONG = EN | {
    "title": "Pneumonoultramicroscopicsilicovolcanoconiosis, dichlorodiphenyltrichloroethane and TGF\u2011β1 "
    "in rats, mice and rabbits: a systematic review of two hundred and twelve studies → H₂O₂ and 10⁶ cells",
    "text": "Of 24 rats, nine slept on moss that had been grown in the dark for half a year. " * 7,
    "labels": [
        *EN["labels"],
        "a label that is so long that it does not fit into one line of any card at all",
    ],
    "site": "A site with a name that is far longer than what would be wise for a name on a card or anywhere",
    "source": "doi:10.1002/(SICI)1097-0258(19980815/30)17:15/16-1661-AID-SIM968-3.0.CO2-2-and-much-more",
}
LONG_TH = TH | {"title": f"{TH['title']}" * 4, "text": f"{TH['text']}" * 4}
LONG_FA = FA | {"title": f"{FA['title']} " * 4, "text": f"{FA['text']} " * 4}
WORDS = {
    "en": EN,
    "th": TH,
    "fa": FA,
    "short": SHORT,
    "few": FEW,
    "long": LONG,
    "long-th": LONG_TH,
    "long-fa": LONG_FA,
}

Words = Mapping[str, str | list[str]]

DARK, LIGHT = 90, 220
"""The band is darker than the one, the paper with its circles lighter than the other; no letter is."""


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter(fonts.paths())


def a_card(words: Words, frame: Frame = FRAMES["wide"], source: str = TEMPLATE, **changes: object) -> Card:
    shown = {**words, **changes}
    return Card(source=source, data=json.dumps(shown, ensure_ascii=False, sort_keys=True), frame=frame)


def grey(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("L")


def problem(typesetter: Typesetter, source: str, frame: Frame = FRAMES["wide"]) -> Problem:
    with pytest.raises(ContentError) as caught:
        typesetter.draw(a_card(EN, frame, source))
    return caught.value.problems[0]


def lightness(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> tuple[int, int]:
    """Give the darkest and the lightest grey of a part of *picture*."""
    low, high = picture.crop((round(left), round(top), round(right), round(bottom))).getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    return low, high


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_no_letter_comes_near_an_edge(typesetter: Typesetter, words: Words, frame: Frame) -> None:
    picture = grey(typesetter.draw(a_card(words, frame)))
    width, height = picture.size
    assert (width, height) == (frame.width, frame.height)
    left_side = picture.crop((0, 0, 1, height)).tobytes()
    band = max(y for y, shade in enumerate(left_side) if shade > DARK)
    edge = (width * height) ** 0.5 * 0.065
    strips = [
        (0, 0, edge, band),
        (width - edge, 0, width, band),
        (0, 0, width, edge),
        (0, band - edge / 2, width, band),
    ]
    assert all(lightness(picture, *strip)[0] > LIGHT for strip in strips)
    for left, right in ((0, edge), (width - edge, width)):
        assert lightness(picture, left, band + 2, right, height)[1] < DARK


@pytest.mark.parametrize("words", [EN, TH, FA], ids=["en", "th", "fa"])
def test_two_drawings_are_the_same_bytes_also_by_another_process(
    typesetter: Typesetter, words: Words, tmp_path: Path
) -> None:
    card = a_card(words)
    (tmp_path / "data.json").write_text(card.data, encoding="utf-8")
    program = (
        "import sys, hashlib, pathlib\n"
        "from vesicle.model.limits import Frame\n"
        "from vesicle.model.message import Card\n"
        "from vesicle.render.typesetting import Typesetter\n"
        "from vesicle.store import fonts, packaged\n"
        "source = packaged.templates(pathlib.Path('nowhere'))['card/default.typ']\n"
        "data = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')\n"
        "card = Card(source=source, data=data, frame=Frame(width=1600, height=900))\n"
        "print(hashlib.sha256(Typesetter(fonts.paths()).draw(card)).hexdigest())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data.json")]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    first = typesetter.draw(card)
    typesetter.draw(replace(card, frame=FRAMES["tall"]))
    assert typesetter.draw(card) == first
    assert sha256(first).hexdigest() == other


def test_threads_can_share_a_typesetter(typesetter: Typesetter) -> None:
    cards = [a_card(EN, FRAMES["link"], title=f"Moss, part {number}") for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(typesetter.draw, cards)) == [typesetter.draw(card) for card in cards]


def test_a_jpeg_has_the_frame_s_size_and_nothing_but_the_picture(typesetter: Typesetter) -> None:
    picture = typesetter.draw(a_card(TH, Frame(width=1080, height=1350, format="jpeg")))
    opened = Image.open(BytesIO(picture))
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (1080, 1350))
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not opened.getexif()
    assert 30_000 < len(picture) < 1_000_000
    red, green, blue = opened.crop((2, 2, 3, 3)).tobytes()
    assert (red, green, blue) == pytest.approx((251, 250, 247), abs=2)


def test_what_is_see_through_is_white_in_a_jpeg(typesetter: Typesetter) -> None:
    bare = '#set page(width: 40pt, height: 40pt, fill: none)\n#sys.inputs.at("nothing", default: "")'
    card = a_card(EN, Frame(width=40, height=40, format="jpeg"), bare)
    assert Image.open(BytesIO(typesetter.draw(card))).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize(
    "title", ['#panic("x") $x$', "*bold* _x_ @ref <label> // no", '"; #read("/etc/passwd")']
)
def test_a_hostile_title_is_drawn_as_it_is_written(typesetter: Typesetter, title: str) -> None:
    plain = typesetter.draw(a_card(EN, title="Rats"))
    assert typesetter.draw(a_card(EN, title=title)) != plain


def test_words_that_fit_into_no_letters_that_can_be_read_are_refused(typesetter: Typesetter) -> None:
    with pytest.raises(ContentError) as caught:
        typesetter.draw(a_card(EN, title="Moss and more of it, " * 200))
    found = caught.value.problems[0]
    assert found.code == "card.words"
    assert found.text == "the words are too many, or one is too long, for a card of 1600 by 900 pixels"
    assert found.where.file == "templates/card/default.typ"


@pytest.mark.parametrize(
    "source",
    [
        '#import "@preview/cetz:0.3.0"\n',
        '#import "@local/ours:1.0.0": *\n',
        '#let name = "@preview"\n#import name + "/cetz:0.3.0"\n',
    ],
)
def test_a_template_that_uses_a_package_is_refused_before_anything_is_fetched(
    typesetter: Typesetter, source: str
) -> None:
    found = problem(typesetter, "// ours\n" + source)
    assert (found.code, str(found.where)) == ("template.broken", "templates/card/default.typ:2")
    assert "network" in found.text


@pytest.mark.parametrize(
    ("source", "text", "place"),
    [
        ("#let x = \n", "expected expression", ":1:8"),
        ("\n  #text(fill: nope)[x]", "unknown variable: nope", ":2:14"),
        ('#read("/etc/passwd")', "Not a directory", ":1:6"),
        ('#image("../../secret.png")', "escape", ":1:7"),
        ('#text(font: "Comic Sans")[x]', "unknown font family: comic sans", ":1:12"),
        ("#set page(width: 80pt, height: 60pt)\nx", "80 × 60 pixels, not of 1600 × 900", ""),
        ("a\n#pagebreak()\nb", "2 pages", ""),
        ("#while true { }", "always true", ":1:7"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    typesetter: Typesetter, source: str, text: str, place: str
) -> None:
    found = problem(typesetter, source)
    assert text in found.text
    assert str(found.where).startswith(f"templates/card/default.typ{place}")
    assert found.mend


def test_a_template_of_the_site_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "card" / "default.typ"
    own.parent.mkdir(parents=True)
    own.write_text("#sys.inputs.data")
    assert packaged.templates(tmp_path)["card/default.typ"] == "#sys.inputs.data"


def luminance(colour: str) -> float:
    """Give the relative luminance of `rrggbb` (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["paper", "tint", "accent"])
def test_letters_have_the_contrast_that_wcag_asks_for(ground: str) -> None:
    colours = dict(re.findall(r'#let (\w+) = rgb\("#([0-9a-f]{6})"\)', TEMPLATE)) | {"white": "ffffff"}
    on_it = ("white", "pale") if ground == "accent" else ("ink", "soft", "accent")
    for letters in on_it:
        low, high = sorted((luminance(colours[letters]), luminance(colours[ground])))
        assert (high + 0.05) / (low + 0.05) >= 5, (letters, ground)


def test_a_broken_template_leaves_the_typesetter_whole(typesetter: Typesetter) -> None:
    before = typesetter.draw(a_card(EN))
    problem(typesetter, "#nope")
    assert typesetter.draw(a_card(EN)) == before
