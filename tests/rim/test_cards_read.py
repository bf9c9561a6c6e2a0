"""Cards as they are read: a program that reads letters finds the title of each sample item in its picture."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from vesicle.model.content import Content
from vesicle.model.item import Design, Evidence, Item, Kind, Status, Subject
from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.model.problem import Place
from vesicle.render.card import card
from vesicle.render.story import story
from vesicle.render.typesetting import Typesetter
from vesicle.render.words import words
from vesicle.store import fonts, packaged
from vesicle.store.content.reader import Reader
from vesicle.store.content.references import Known

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed"),
]

ROOT = Path(__file__).resolve().parents[2]
READERS = {"en": "eng", "th": "tha", "fa": "fas"}
FRAMES = {
    "wide": Frame(width=1600, height=900),
    "tall": Frame(width=1080, height=1350),
    "pin": Frame(width=1000, height=1500),
    "link": Frame(width=1200, height=630),
}
PERSIAN = Item(
    slug="moss-and-sleep",
    lang="fa",
    kind=Kind.FINDING,
    title="زخم‌های کوچک موش‌هایی که روی خزهٔ ماه خوابیدند یک روز زودتر بسته شد",
    summary="در ۲۴ موش، زخم‌ها روی خزه پس از شش روز و روی کاه پس از هفت روز بسته شدند.",
    body="",
    status=Status.READY,
    updated=date(2026, 11, 20),
    where=Place(file="content/findings/moss-and-sleep.fa.md"),
    evidence=Evidence(design=Design.ANIMAL_STUDY, subjects=(Subject.ANIMALS,), size="۲۴ موش"),
)


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter(fonts.paths())


@pytest.fixture(scope="module")
def templates() -> Mapping[str, str]:
    return packaged.templates(ROOT)


@pytest.fixture(scope="module")
def content() -> Content:
    known = Known(newsletters=frozenset({"conditioned-media"}), channels=frozenset())
    return Reader(ROOT, language="en", known=known).read()


def cards(content: Content, templates: Mapping[str, str], frame: Frame) -> Iterator[tuple[Item, Card]]:
    for item in [*content.items.values(), PERSIAN]:
        known = words(templates, item.lang)
        told = story(item, content.papers, words=known, lang=item.lang, site_url="https://notes.example.org")
        yield item, card(told, frame=frame, site="Nowhere Notes", templates=templates)


def title_read(picture: bytes, lang: str) -> str:
    """Read the title: of all letters, it alone is darker than 60 of 255."""
    title = Image.open(BytesIO(picture)).convert("L").point(lambda shade: 0 if shade < 60 else 255)
    ready = BytesIO()
    title.save(ready, "PNG")
    command = ["tesseract", "-", "-", "-l", READERS[lang], "--psm", "6", "--dpi", "150"]
    return subprocess.run(command, input=ready.getvalue(), capture_output=True, check=True).stdout.decode()


def likeness(written: str, read: str) -> float:
    """Give the share of characters that are alike, without blanks, joiners and hyphens of either kind."""
    one, other = (re.sub(r"[\s\u200c\u2011-]", "", text).casefold() for text in (written, read))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_title_is_read_in_its_card(
    typesetter: Typesetter, content: Content, templates: Mapping[str, str], frame: Frame
) -> None:
    found = {}
    for item, made in cards(content, templates, frame):
        read = title_read(typesetter.draw(made), item.lang)
        found[item.slug, item.lang] = (round(likeness(item.title, read), 2), read)
    assert {lang for _, lang in found} == {"en", "th", "fa"}
    assert {key: one for key, one in found.items() if one[0] < 0.9} == {}
