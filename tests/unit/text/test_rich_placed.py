"""A link takes its place where its words stand, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.message import Link
from vesicle.text.rich.placed import placed


def _found(text: str, *words: str) -> list[tuple[str, str]]:
    links = [Link(url=f"https://example.org/{number}", text=one) for number, one in enumerate(words)]
    return [(text[start:end], link.url[-1]) for start, end, link in placed(text, links)]


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("See the paper.", ["the paper"], [("the paper", "0")]),
        ("See the papers.", ["the paper"], []),
        ("One thing, another thing", ["thing", "thing"], [("thing", "0"), ("thing", "1")]),
        ("b then a", ["a", "b"], [("b", "1"), ("a", "0")]),
        ("doi.org/10.10 doi.org/10.1", ["doi.org/10.1"], [("doi.org/10.1", "0")]),
        ("doi.org/10.1/a doi.org/10.1", ["doi.org/10.1"], [("doi.org/10.1", "0")]),
        ("doi.org/10.1… and doi.org/10.1.", ["doi.org/10.1"], [("doi.org/10.1", "0")]),
        ("www.doi.org/10.1", ["doi.org/10.1"], []),
        ("doi.org/10.1/a", ["doi.org/10.1", "doi.org/10.1/a"], [("doi.org/10.1/a", "1")]),
        ("the paper… and/or more", ["paper", "or"], [("paper", "0"), ("or", "1")]),
        ("ดูที่doi.org/10.1ครับ", ["doi.org/10.1"], [("doi.org/10.1", "0")]),
        ("อ่านงานวิจัยนี้ก่อน", ["งานวิจัย"], [("งานวิจัย", "0")]),
        ("詳しくは論文を", ["論文"], [("論文", "0")]),
        ("مقاله‌ها", ["مقاله"], [("مقاله", "0")]),
        ("مقالات", ["مقال"], []),
        ("anything", [""], []),
        ("", ["anything"], []),
    ],
)
def test_links_are_placed(text: str, words: list[str], found: list[tuple[str, str]]) -> None:
    assert _found(text, *words) == found


@given(st.text("ab /.…", max_size=20), st.lists(st.text("ab/.", max_size=3), max_size=5))
def test_places_are_in_order_and_hold_the_words(text: str, words: list[str]) -> None:
    links = [Link(url="https://example.org", text=one) for one in words]
    spans = placed(text, links)
    places = [place for start, end, _ in spans for place in (start, end)]
    assert places == sorted(places)
    assert all(text[start:end] == link.text != "" for start, end, link in spans)
