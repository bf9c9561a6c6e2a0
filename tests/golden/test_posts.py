from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from vesicle.model.item import Item
from vesicle.model.paper import FiledPaper
from vesicle.render.social import post

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "social"
CHANNELS = sorted({path.name.removesuffix(".txt.j2") for path in TEMPLATES.glob("*.txt.j2")} - {"long"})
SITE = "https://notes.example.org"

Golden = Callable[[str, str], str]


@pytest.mark.parametrize("channel", CHANNELS)
def test_post_is_as_reviewed(
    channel: str,
    item: Item,
    papers: Mapping[str, FiledPaper],
    templates: Mapping[str, str],
    golden: Golden,
) -> None:
    message = post(item, channel=channel, papers=papers, templates=templates, site_url=SITE)
    assert golden(f"posts/{channel}.{item.slug}.txt", message.text + "\n") == message.text + "\n"


@pytest.mark.parametrize("channel", CHANNELS)
def test_post_of_a_finding_says_its_evidence_and_species(
    channel: str, item: Item, papers: Mapping[str, FiledPaper], templates: Mapping[str, str]
) -> None:
    text = post(item, channel=channel, papers=papers, templates=templates, site_url=SITE).text
    label = {
        "moss-and-sleep": "Evidence: peer-reviewed · animal study · in animals · 24 rats",
        "dust-signals": (
            "Evidence: preprint, not yet peer-reviewed · laboratory study · in cells · 9 donors"
        ),
        "what-is-a-whisper": "",
    }[item.slug]
    assert label in text
    assert "<" not in text


def test_every_channel_has_its_template() -> None:
    known = {"bluesky", "facebook", "instagram", "line", "linkedin", "mastodon", "pinterest"}
    assert {*known, "telegram", "threads", "whatsapp", "x", "youtube", "default"} == set(CHANNELS)
