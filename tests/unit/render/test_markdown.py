import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.render.markdown import html, text
from vesicle.text.html import links


def test_raw_html_is_text() -> None:
    assert "<script" not in html("<script>alert(1)</script> <b>x</b>")
    assert "&lt;b&gt;x" in html("<b>x</b>")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"]
)
def test_dangerous_links_are_no_links(url: str) -> None:
    assert links(html(f"[x]({url})")) == ()


def test_html_is_well_formed() -> None:
    assert html("a < b & AT&T\n\n~~c~~") == "<p>a &lt; b &amp; AT&amp;T</p>\n<p><s>c</s></p>\n"


def test_headings_start_below_the_heading_of_the_item() -> None:
    assert html("# A\n\n### B") == "<h3>A</h3>\n<h5>B</h5>\n"
    assert html("## A\n\n### B", top=2) == "<h2>A</h2>\n<h3>B</h3>\n"


def test_tables_have_headings() -> None:
    assert "<th>a</th>" in html("|a|b|\n|-|-|\n|c|d|")


def test_text_of_paragraphs_and_emphasis() -> None:
    assert (
        text("One *two*\n**three** `four` ~~five~~\n\nsix  \nseven")
        == "One two three four five\n\nsix\nseven"
    )


def test_text_of_lists() -> None:
    assert text("- a\n- b\n  - c\n\n3. d\n4. e") == "- a\n- b\n  - c\n\n3. d\n4. e"


def test_text_of_loose_lists_keeps_their_paragraphs() -> None:
    assert text("- a\n\n  b\n\n- c") == "- a\n\n  b\n\n- c"


def test_text_of_quotes() -> None:
    assert text("> a\n>\n> - b\n>\n> > c") == "> a\n>\n> - b\n>\n> > c"


def test_text_of_links() -> None:
    assert text("see [the study](https://a.example/x_(y)?a=1&b=2).") == (
        "see the study <https://a.example/x_(y)?a=1&b=2>."
    )
    assert text("<https://a.example/>") == "https://a.example/"
    assert text("[![chart](c.png)](https://a.example)") == "chart <https://a.example>"


def test_text_of_tables_code_and_rules() -> None:
    assert text("|a|b|\n|-|-|\n|c|d|\n\n```\nx\n\ny\n```\n\n---") == "a | b\nc | d\n\n    x\n\n    y\n\n* * *"


WORDS = st.text(st.sampled_from("ab กี می‌ \n*_-#>[]()`|~<&1.é"), max_size=60)


@given(before=WORDS, after=WORDS)
def test_every_link_of_the_html_is_in_the_text(before: str, after: str) -> None:
    markdown = f"{before} [w](https://a.example/ü?a=1&b=2) <https://b.example/> {after}"
    assert all(link.url in text(markdown) for link in links(html(markdown)))
