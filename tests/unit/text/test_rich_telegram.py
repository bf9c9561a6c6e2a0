"""Telegram's HTML shows what was written, and its links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.message import Link
from vesicle.text.rich.telegram import html

PAPER = Link(url='https://example.org/?a=1&b="2"', text="the paper")


@pytest.mark.parametrize(
    ("text", "links", "written"),
    [
        ("p < 0.05 & n > 3", (), "p &lt; 0.05 &amp; n &gt; 3"),
        ('"Quoted" words\n\nand lines', (), '"Quoted" words\n\nand lines'),
        (
            "Read the paper!",
            (PAPER,),
            'Read <a href="https://example.org/?a=1&amp;b=&quot;2&quot;">the paper</a>!',
        ),
        ("Nothing of it", (PAPER,), "Nothing of it"),
        ("A&B", (Link(url="https://a.example", text="A&B"),), '<a href="https://a.example">A&amp;B</a>'),
        ("<b>no</b>", (), "&lt;b&gt;no&lt;/b&gt;"),
    ],
)
def test_a_text_is_written_for_telegram(text: str, links: tuple[Link, ...], written: str) -> None:
    assert html(text, links) == written


@given(st.text(max_size=40))
def test_without_links_it_is_the_text_escaped(text: str) -> None:
    written = html(text, ())
    assert not set("<>") & set(written)
    assert written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
