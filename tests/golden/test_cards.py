"""Cards are as reviewed: letters stand where they stood, whatever machine draws them.

A golden picture has 32 colours, so that it is small; and another processor may shade the edge of a letter a
little otherwise. So a picture is as reviewed when at most one pixel in fifty thousand differs by a quarter of
the way from black to white. A 5 in place of a 6 in the smallest line is more than that.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from vesicle.model.content import Content
from vesicle.model.item import Item
from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.render.card import alt, card
from vesicle.render.story import Story, story
from vesicle.render.typesetting import Typesetter
from vesicle.render.words import words
from vesicle.store import fonts, packaged

HERE = Path(__file__).resolve().parent / "cards"
SITE = "Nowhere Notes"
MOST = 0.00002
FRAMES = {
    "wide": Frame(width=1600, height=900),
    "tall": Frame(width=1080, height=1350),
    "pin": Frame(width=1000, height=1500),
    "link": Frame(width=1200, height=630),
}
SHOWN = [
    (slug, lang, frame)
    for frame, shown in {
        "wide": ("moss-and-sleep en th fa", "dust-signals en", "what-is-a-whisper en"),
        "tall": ("moss-and-sleep en th fa", "dust-signals en", "what-is-a-whisper en"),
        "pin": ("moss-and-sleep en th fa",),
        "link": ("moss-and-sleep en th fa",),
    }.items()
    for slug, *langs in map(str.split, shown)
    for lang in langs
]


@pytest.fixture(scope="module")
def templates() -> Mapping[str, str]:
    return packaged.templates(Path("nowhere"))


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter(fonts.paths())


def told(item: Item, content: Content, templates: Mapping[str, str]) -> Story:
    known = words(templates, item.lang)
    return story(item, content.papers, words=known, lang=item.lang, site_url="https://notes.example.org")


def made(item: Item, content: Content, templates: Mapping[str, str], frame: str) -> Card:
    return card(told(item, content, templates), frame=FRAMES[frame], site=SITE, templates=templates)


def reviewed(name: str, picture: bytes) -> Image.Image:
    """Give the golden picture; with VESICLE_UPDATE_GOLDEN=1, write the new one first where it differs."""
    path = HERE / name
    if os.environ.get("VESICLE_UPDATE_GOLDEN") == "1" and not (path.exists() and is_alike(path, picture)):
        path.parent.mkdir(exist_ok=True)
        small = Image.open(BytesIO(picture)).convert("RGB").quantize(32, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
    return Image.open(path)


def is_alike(path: Path, picture: bytes) -> bool:
    golden = Image.open(path)
    drawn = Image.open(BytesIO(picture))
    return golden.size == drawn.size and difference(golden, drawn) <= MOST


def difference(one: Image.Image, other: Image.Image) -> float:
    """Give the share of pixels that differ by a quarter of the way from black to white, or more."""
    counts = ImageChops.difference(one.convert("L"), other.convert("L")).histogram()
    return sum(counts[64:]) / sum(counts)


@pytest.mark.parametrize(("slug", "lang", "frame"), SHOWN)
def test_card_is_as_reviewed(
    slug: str,
    lang: str,
    frame: str,
    content: Content,
    templates: Mapping[str, str],
    typesetter: Typesetter,
) -> None:
    picture = typesetter.draw(made(content.items[slug, lang], content, templates, frame))
    golden, drawn = reviewed(f"{slug}.{lang}.{frame}.png", picture), Image.open(BytesIO(picture))
    assert golden.size == drawn.size == (FRAMES[frame].width, FRAMES[frame].height)
    assert difference(golden, drawn) <= MOST


@pytest.mark.parametrize("frame", ["wide", "tall", "pin"])
def test_cards_of_the_sample_items_are_as_reviewed(
    frame: str, sample: Content, templates: Mapping[str, str], typesetter: Typesetter
) -> None:
    """These three sizes are those of the twelve channels."""
    for (slug, lang), item in sample.items.items():
        picture = typesetter.draw(made(item, sample, templates, frame))
        golden, drawn = reviewed(f"sample-{slug}.{lang}.{frame}.png", picture), Image.open(BytesIO(picture))
        assert golden.size == drawn.size
        assert difference(golden, drawn) <= MOST, f"{slug} {lang}"


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("change", [("sooner", "sooned"), ("2026", "2025")], ids=["title", "source"])
def test_one_letter_is_a_difference(
    frame: str,
    change: tuple[str, str],
    content: Content,
    templates: Mapping[str, str],
    typesetter: Typesetter,
) -> None:
    right = made(content.items["moss-and-sleep", "en"], content, templates, frame)
    wrong = replace(right, data=right.data.replace(*change))
    pictures = [Image.open(BytesIO(typesetter.draw(one))) for one in (right, wrong)]
    assert difference(*pictures) > MOST


def test_alt_texts_are_as_reviewed(content: Content, templates: Mapping[str, str]) -> None:
    said = {key: alt(told(item, content, templates), site=SITE) for key, item in content.items.items()}
    assert said["moss-and-sleep", "en"] == (
        "Rats that slept on moon moss healed their small wounds a day sooner. In 24 rats, wounds closed "
        "after six days on moss and after seven days on straw. Peer-reviewed · animal study · in animals · "
        "24 rats. Fern A et al., Journal of Made-Up Medicine, 2026. Nowhere Notes."
    )
    assert said["dust-signals", "en"] == (
        "Cells that were shown star dust sent out fewer alarm signals. Skin cells from 9 donors gave off "
        "about a third fewer alarm signals when star dust was near. Preprint, not yet peer-reviewed · "
        "laboratory study · in cells · 9 donors. Dust and alarm, Preprints of Nowhere, 2026. Nowhere Notes."
    )
    assert said["what-is-a-whisper", "en"] == (
        "What a cell’s whisper is. A whisper is what a cell sends out in an hour: mostly salts, and some "
        "proteins. doi:10.5555/whisper. Nowhere Notes."
    )


def test_golden_pictures_are_small_and_none_is_left_over(sample: Content) -> None:
    found = {path.name: path.stat().st_size for path in HERE.iterdir()}
    of_sample = [
        f"sample-{slug}.{lang}.{frame}.png"
        for slug, lang in sample.items
        for frame in ("wide", "tall", "pin")
    ]
    assert set(found) == {*of_sample, *(f"{slug}.{lang}.{frame}.png" for slug, lang, frame in SHOWN)}
    assert sum(found.values()) < 2_500_000
