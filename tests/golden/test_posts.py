"""Posts of every item on the twelve channels, as reviewed: made-up items, and those of the sample site."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from vesicle.model.content import Content
from vesicle.model.item import Item
from vesicle.model.limits import Outlet
from vesicle.model.message import Message
from vesicle.render.social import Press, post
from vesicle.settings.outlets import facts, outlet
from vesicle.settings.plugins import ChannelSettings
from vesicle.text.counting import count
from vesicle.text.fitting import fits

ROOT = Path(__file__).resolve().parents[2]
SITE = "https://notes.example.org"
CHANNELS = ("bluesky", "mastodon", "x", "threads", "linkedin", "facebook")
MORE = ("instagram", "pinterest", "telegram", "line", "whatsapp", "youtube")

Golden = Callable[[str, str], str]


@pytest.fixture(scope="module")
def outlets(templates: Mapping[str, str]) -> tuple[Outlet, ...]:
    known = facts(templates)
    return tuple(outlet(name, ChannelSettings(), known) for name in (*CHANNELS, *MORE, "carrier-pigeon"))


def press(content: Content, templates: Mapping[str, str]) -> Press:
    return Press(templates=templates, papers=content.papers, site_name="Nowhere Notes", site_url=SITE)


def shown(message: Message, made: Outlet) -> Iterator[str]:
    """Give a post as a reviewer reads it: each text with its lengths, what its links are, the alt text."""
    yield f"== {message.channel}"
    for text in message.texts:
        lengths = (f"{count(text, one.unit)} of {one.most} {one.unit}" for one in made.limits.lengths)
        yield from (f"-- {', '.join(lengths)}", text)
    for link in message.links:
        if link.url != link.text:
            yield f"-- {link.text} leads to {link.url}"
    for picture in message.pictures:
        frame = picture.card.frame if picture.card else None
        yield f"-- card {frame.width} x {frame.height} {frame.format}: {picture.alt}" if frame else ""
    yield ""


def judged(content: Content, item: Item, outlets: tuple[Outlet, ...], templates: Mapping[str, str]) -> str:
    made = press(content, templates)
    return "\n".join(line for one in outlets for line in shown(post(item, one, made), one))


def test_posts_of_made_up_items_are_as_reviewed(
    content: Content, outlets: tuple[Outlet, ...], templates: Mapping[str, str], golden: Golden
) -> None:
    for (slug, lang), item in content.items.items():
        text = judged(content, item, outlets, templates)
        assert golden(f"posts/{slug}.{lang}.txt", text) == text


def test_posts_of_the_sample_items_are_as_reviewed_and_fit(
    sample: Content, outlets: tuple[Outlet, ...], templates: Mapping[str, str], golden: Golden
) -> None:
    assert len(sample.items) >= 10
    for (slug, lang), item in sample.items.items():
        text = judged(sample, item, outlets, templates)
        assert golden(f"posts/sample/{slug}.{lang}.txt", text) == text
        for one in outlets:
            texts = post(item, one, press(sample, templates)).texts
            assert all(fits(part, one.limits.lengths) for part in texts)


@pytest.mark.parametrize(
    ("slug", "label"),
    [
        ("moss-and-sleep", "Evidence: peer-reviewed · animal study · in animals · 24 rats"),
        (
            "dust-signals",
            "Evidence: preprint, not yet peer-reviewed · laboratory study · in cells · 9 donors",
        ),
    ],
)
def test_post_of_a_finding_says_its_evidence_and_species_on_every_channel(
    slug: str, label: str, content: Content, outlets: tuple[Outlet, ...], templates: Mapping[str, str]
) -> None:
    for one in outlets:
        message = post(content.items[slug, "en"], one, press(content, templates))
        assert label in message.text
        assert "<" not in message.text


def test_every_channel_has_its_template() -> None:
    files = (ROOT / "templates" / "social").glob("*.txt.j2")
    known = {path.name.removesuffix(".txt.j2") for path in files}
    assert known == {*CHANNELS, *MORE, "default", "long"}
