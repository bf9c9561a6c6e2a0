import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.inline import inline


@pytest.mark.parametrize(
    ("given_html", "text", "html"),
    [
        ("plain", "plain", ""),
        ("a &amp; b &lt; c", "a & b < c", ""),
        ("CO<sub>2</sub> &amp; <em class='x'>Mus</em>", "CO2 & Mus", "CO<sub>2</sub> &amp; <i>Mus</i>"),
        ("<p>One</p><p>Two</p>", "One Two", ""),
        ("<jats:p>One <jats:b>x</jats:b></jats:p>", "One x", ""),
        ("<b>one <i>two</b> three</i>", "one two three", "<b>one <i>two</i></b> three"),
        ("<i>left open", "left open", "<i>left open</i>"),
        ("a</i>b", "ab", ""),
        ("a<script>alert(1)</script>b", "ab", ""),
        ("p < 0.05", "p < 0.05", ""),
        ("<i></i>", "", ""),
        ("", "", ""),
    ],
)
def test_words_stay_and_only_known_markup_does(given_html: str, text: str, html: str) -> None:
    made = inline(given_html)
    assert (made.text, made.html) == (text, html)


@given(st.text("ab<>&;/isupx=\"' !-"))
def test_the_html_holds_nothing_but_four_bare_tags(given_html: str) -> None:
    rest = re.sub(r"</?(?:i|b|sup|sub)>|&(?:amp|lt|gt);", "", inline(given_html).html)
    assert not re.search("[<>&]", rest)
