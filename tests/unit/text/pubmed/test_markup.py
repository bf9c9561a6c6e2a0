import re
from collections.abc import Callable
from html import escape, unescape

from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.paper import Paper
from vesicle.text.pubmed import papers

One = Callable[..., Paper]

MATHML = (
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"> <mml:mrow><mml:mi>R</mml:mi> '
    "<mml:mo>&gt;</mml:mo> <mml:mn>1</mml:mn></mml:mrow> </mml:math>"
)


def title(one: One, inner: str) -> tuple[str, str]:
    paper = one(f"<ArticleTitle>{inner}</ArticleTitle>")
    return paper.title, paper.title_html


def test_markup_is_kept_in_the_html_and_only_its_text_in_the_text(one: One) -> None:
    assert title(
        one, "Role of <i>miR-<b>429</b></i> in Ca<sup>2+</sup> &amp; H<sub>2</sub>O at p &lt; 5"
    ) == (
        "Role of miR-429 in Ca2+ & H2O at p < 5",
        "Role of <i>miR-<b>429</b></i> in Ca<sup>2+</sup> &amp; H<sub>2</sub>O at p &lt; 5",
    )


def test_text_without_markup_has_no_html(one: One) -> None:
    assert title(one, "Vesicles &amp; cells") == ("Vesicles & cells", "")


def test_mathml_becomes_its_text(one: One) -> None:
    assert title(one, f"when {MATHML} holds") == ("when R > 1 holds", "")
    assert title(one, f"<i>when</i> {MATHML} holds")[1] == "<i>when</i> R &gt; 1 holds"


def test_a_prefix_that_the_root_declares_is_known_in_the_record(record: Callable[..., str]) -> None:
    body = record("<ArticleTitle>when <mml:math><mml:mi>R</mml:mi></mml:math></ArticleTitle>")
    root = "PubmedArticleSet xmlns:mml='http://www.w3.org/1998/Math/MathML'"
    (paper,) = papers(f"<{root}>{body}</PubmedArticleSet>".encode()).papers
    assert paper.title == "when R"


def test_elements_that_are_not_safe_leave_their_text_only(one: One) -> None:
    text, html = title(
        one, "<b onclick='x()'>a</b><script>alert(1)</script><a href='javascript:x'>c</a>&lt;u&gt;"
    )
    assert text == "aalert(1)c<u>"
    assert html == "<b>a</b>alert(1)c&lt;u&gt;"


def test_white_space_is_folded_and_no_break_spaces_are_kept(one: One) -> None:
    assert title(one, "\n  5\u00a0mg\tof\n\n <i> x </i>\u2009% ") == (
        "5\u00a0mg of x \u2009%",
        "5\u00a0mg of <i> x </i>\u2009%",
    )


def test_a_single_tab_or_line_end_is_a_blank(one: One) -> None:
    assert title(one, "a\tb")[0] == title(one, "a\nb")[0] == title(one, "a&#13;b")[0] == "a b"


def test_letters_are_not_recomposed(one: One) -> None:
    assert title(one, "Dupre\u0301 and Dupr\u00e9")[0] == "Dupre\u0301 and Dupr\u00e9"


def test_comments_and_cdata_are_read_as_xml_says(one: One) -> None:
    assert title(one, "a<!-- no -->b<![CDATA[<i>&amp;]]>c<?p no?>d")[0] == "ab<i>&amp;cd"


XML_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn")) | st.sampled_from(" \t\n<>&\"'"), max_size=12
)
Mixed = list["str | tuple[str, Mixed]"]
MIXED: st.SearchStrategy[Mixed] = st.recursive(
    st.lists(XML_TEXT, max_size=3),
    lambda inner: st.lists(
        XML_TEXT | st.tuples(st.sampled_from(("i", "b", "sup", "sub", "u", "span", "mi")), inner), max_size=4
    ),
    max_leaves=8,
)


def written(mixed: Mixed) -> str:
    return "".join(
        escape(one) if isinstance(one, str) else f"<{one[0]}>{written(one[1])}</{one[0]}>" for one in mixed
    )


def spoken(mixed: Mixed) -> str:
    return "".join(one if isinstance(one, str) else spoken(one[1]) for one in mixed)


def folded(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


@given(MIXED)
def test_random_mixed_content_round_trips_its_text(mixed: Mixed) -> None:
    xml = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>t</ArticleTitle>"
        f"<Abstract><AbstractText>{written(mixed)}</AbstractText></Abstract></Article></MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )
    (paper,) = papers(xml.encode()).papers
    text = folded(spoken(mixed))
    assert "".join(part.text for part in paper.abstract) == text
    for part in paper.abstract:
        assert folded(unescape(re.sub(r"</?(i|b|sup|sub|u)>", "", part.html))) in ("", text)
        assert not re.search(r"<(?!/?(i|b|sup|sub|u)>)", part.html)
