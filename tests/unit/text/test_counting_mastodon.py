"""Length as Mastodon's own server judges it."""

import json
from pathlib import Path

import pytest

from vesicle.model.limits import Unit
from vesicle.text.counting import count

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "social" / "mastodon"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="Mastodon's cases are not on this machine")


@needs_data
def test_a_status_is_too_long_where_mastodon_says_so() -> None:
    told = json.loads((DATA / "status-length-cases.json").read_text("utf-8"))
    cases = told["cases"]
    assert len(cases) == 10
    wrong = {
        case["why"]
        for case in cases
        if (count(case["text"] + case["spoiler_text"], Unit.MASTODON) <= told["limit"]) != case["valid"]
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://th.wikipedia.org/wiki/แผลเป็น ครับ", 23 + 4),
        ("ดูhttps://example.org/ก", 1 + 23),
        ("https://example.org/a https://example.org/b", 47),
        ("example.org", 11),
        ("aaahttps://example.org", 22),
        ("(https://example.org)", 25),
        ("@ana", 4),
        ("@ana@science.example hello @bo.x@b.org", 4 + 7 + 5),
        ("mail ana@example.org", 20),
        ("https://example.org/@ana@example.org", 23),
        ("@ana@" + "b" * 64 + ".org", 73),
    ],
)
def test_links_and_mentions_of_a_status(text: str, length: int) -> None:
    assert count(text, Unit.MASTODON) == length
