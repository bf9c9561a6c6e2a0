"""Links and weights as twitter-text's own data has them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.limits import Unit
from vesicle.text.counting import count, urls
from vesicle.text.counting.tlds import tlds

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "social" / "twitter-text"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the data of twitter-text is not on this machine")

LINKS = ("urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params")
IN_FORCE = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
NOT_MET: set[str] = set()
"""Descriptions of the cases in which we differ: none."""


def _cases(file: str, groups: tuple[str, ...]) -> list[Any]:
    if not DATA.exists():
        return []
    tests = yaml.safe_load((DATA / file).read_text("utf-8"))["tests"]
    return [case for group in groups for case in tests[group]]


@needs_data
def test_links_are_where_twitter_text_finds_them() -> None:
    cases = _cases("extract.yml", LINKS)
    assert len(cases) == 108
    assert {case["description"] for case in cases if _found(case) != case["expected"]} == NOT_MET


def _found(case: Any) -> list[Any]:
    spans = urls(case["text"])
    if case["expected"] and isinstance(case["expected"][0], dict):
        return [{"url": case["text"][start:end], "indices": [start, end]} for start, end in spans]
    return [case["text"][start:end] for start, end in spans]


@needs_data
def test_texts_weigh_what_the_configuration_in_force_says() -> None:
    cases = _cases("validate.yml", IN_FORCE)
    assert len(cases) == 24
    wrong = {
        case["description"]: count(case["text"], Unit.WEIGHTED)
        for case in cases
        if count(case["text"], Unit.WEIGHTED) != case["expected"]["weightedLength"]
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see doi.org/10.1000/xyz.", ["doi.org/10.1000/xyz"]),
        ("ดูที่doi.org/10.1000/xyzครับ", ["doi.org/10.1000/xyz"]),
        ("(https://en.wikipedia.org/wiki/Scar_(skin))", ["https://en.wikipedia.org/wiki/Scar_(skin)"]),
        ("E. coli, i.e. bacteria; Fig. 2a", []),
        ("e.g.in a hurry", ["e.g.in"]),
        ("mail ana@example.org", []),
        ("HTTPS://EXAMPLE.ORG", ["HTTPS://EXAMPLE.ORG"]),
        ("https://example.invalidtld/a", []),
        ("вода.рф", []),
        ("http://вода.рф", ["http://вода.рф"]),
    ],
)
def test_links_in_texts_like_ours(text: str, links: list[str]) -> None:
    assert [text[start:end] for start, end in urls(text)] == links


@given(
    st.text(st.sampled_from("ab.:/-_@#()…あแ 1?=&" + "𝒳"), max_size=40).map(lambda text: f"{text}x.com{text}")
)
def test_links_are_in_order_and_within_the_text(text: str) -> None:
    ends = [place for span in urls(text) for place in span]
    assert ends == sorted(ends)
    assert all(0 <= place <= len(text) for place in ends)
    assert all(start < end for start, end in urls(text))


def test_the_names_of_the_root_zone_are_clean_and_each_ends_a_domain() -> None:
    assert len(tlds()) == 1574
    assert {"com", "org", "th", "みんな", "ไทย", "ایران"} <= tlds()
    assert all(name == name.strip().lower() and "." not in name for name in tlds())
    for name in tlds():
        assert urls(f"https://moss.{name}/") == [(0, len(f"https://moss.{name}/"))]
    assert [urls(f"https://moss.{name}/") for name in ("c", "comm", "comcom")] == [[], [], []]
