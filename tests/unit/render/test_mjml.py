import re
from contextlib import suppress
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from vesicle.model.errors import ContentError
from vesicle.render.environment import environment, render
from vesicle.render.marks import Marked
from vesicle.render.mjml import compile
from vesicle.render.mjml.compiler import _engine
from vesicle.render.mjml.tokens import Kind, Token

SCRIPTS = (
    "Latin éß",
    "ที่ไทยน้ำ",
    "می‌خواهم",
    "مَرْحَبًا \u200f",
    "हिन्दी क्षि",
    "细胞 細胞 かな",
    "👨‍👩‍👧 🇹🇭",
    "soft\u00adhyphen",
    "no\u00a0break",
    "\"double\" 'single' “curly”",
    "back\\slash \\n \\u{e35} \\\\",
    "<b> & &amp; &#3619; ]]> --> {{ x }}",
)
LETTERS = (
    st.text(
        st.one_of(
            st.sampled_from(sorted({letter for script in SCRIPTS for letter in script})),
            st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufdd0\ufdd1"),
        ),
        min_size=1,
        max_size=30,
    )
    .map(str.strip)
    .filter(bool)
)


class Seen(HTMLParser):
    """What a browser makes of a mail: its text by tag, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.attributes: dict[tuple[str, str], str] = {}
        self._open = [""]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.attributes |= {(tag, name): value or "" for name, value in attrs}

    def handle_endtag(self, tag: str) -> None:
        while self._open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data


def document(body: str, head: str = "") -> str:
    return (
        f'<mjml lang="en" dir="ltr"><mj-head>{head}</mj-head>'
        f"<mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
    )


def texts(error: pytest.ExceptionInfo[ContentError]) -> list[str]:
    return [problem.text for problem in error.value.problems]


@given(words=LETTERS)
@settings(max_examples=100, deadline=None)
def test_words_of_every_script_come_out_as_they_went_in(words: str) -> None:
    safe = str(escape(words))
    mjml = document(
        f'<mj-text><em title="{safe}" data-x="{safe}" style="content:{safe}">{safe}</em></mj-text>'
        f'<mj-image src="i.png" alt="{safe}" title="{safe}" />'
        f'<mj-button href="https://a.example/{safe}">b</mj-button>',
        f"<mj-title>{safe}</mj-title>",
    )
    seen = Seen(compile(mjml))
    assert seen.texts["em"] == seen.texts["title"].strip() == words
    assert seen.attributes["em", "title"] == seen.attributes["em", "data-x"] == words
    assert seen.attributes["em", "style"] == f"content:{words}"
    assert seen.attributes["img", "alt"] == seen.attributes["img", "title"] == words
    assert seen.attributes["a", "href"] == f"https://a.example/{words}"
    assert seen.attributes["div", "aria-label"] == words


@given(words=LETTERS)
@settings(max_examples=100, deadline=None)
def test_words_come_out_as_they_went_in_where_styles_are_written_into_tags(words: str) -> None:
    safe = str(escape(words))
    mjml = document(
        f'<mj-text><em title="{safe}">{safe}</em></mj-text><mj-image src="i.png" alt="{safe}" />',
        f'<mj-title>{safe}</mj-title><mj-style inline="inline">em {{ color: red; }}</mj-style>',
    )
    seen = Seen(compile(mjml))
    assert seen.texts["em"] == seen.texts["title"].strip() == words
    assert seen.attributes["em", "title"] == seen.attributes["img", "alt"] == words
    assert seen.attributes["div", "aria-label"] == words


@pytest.mark.parametrize("words", SCRIPTS)
def test_each_script_is_kept_in_text_and_attributes(words: str) -> None:
    seen = Seen(compile(document(f'<mj-text><em title="{escape(words)}">{escape(words)}</em></mj-text>')))
    assert seen.texts["em"] == seen.attributes["em", "title"] == words


def test_a_line_break_in_an_attribute_becomes_a_space() -> None:
    html = compile(
        document('<mj-text><em style="color: red;\n\tmargin: 0" title=\'say "hi"\'>x</em></mj-text>')
    )
    seen = Seen(html)
    assert seen.attributes["em", "style"] == "color: red; margin: 0"
    assert seen.attributes["em", "title"] == 'say "hi"'


def test_words_on_two_lines_are_not_glued() -> None:
    html = compile(document("<mj-text><p><b>one</b>\n<i>two</i>\r\n<b>three</b> <i>four</i></p></mj-text>"))
    paragraph = re.search("<p>(.*)</p>", html, re.DOTALL)
    assert paragraph
    assert re.sub("<[^>]*>", "", paragraph[1]).split() == ["one", "two", "three", "four"]


def test_comments_are_left_out_but_those_for_outlook() -> None:
    html = compile(
        document(
            "<!-- a note --><mj-text><b>a</b>\n<!-- b note -->\n<b>b</b>"
            "<!--[if mso]><i>c</i><![endif]--></mj-text>"
        )
    )
    assert "note" not in html
    assert "<!--[if mso]><i>c</i><![endif]-->" in html
    assert re.search(r"</b>\s+<b>", html)


def test_alt_is_empty_where_none_is_written() -> None:
    assert 'alt=""' in compile(document('<mj-image src="i.png" />'))
    assert 'alt="x"' in compile(document('<mj-image src="i.png" alt="x" />'))


def test_inline_styles_are_in_the_tags_and_others_stay() -> None:
    html = compile(
        document(
            '<mj-text><em class="a">x</em><!--[if mso]><b>y</b><![endif]--></mj-text>',
            '<mj-style inline="inline">.a { color: red; }</mj-style>'
            "<mj-style>@media (min-width:1px) { .a > b { margin:0 } }</mj-style>",
        )
    )
    assert re.search(r'<em class="a" style="color: red;?">', html)
    assert ".a {" not in html.partition("@media")[0]
    assert "@media (min-width:1px) { .a > b { margin:0 } }" in html
    assert "<!--[if mso]><b>y</b><![endif]-->" in html


def test_nothing_remote_is_added() -> None:
    html = compile(document("<mj-text>x</mj-text>"))
    assert set(re.findall(r"https?://[^\"' )]+", html)) == {"http://www.w3.org/1999/xhtml"}
    assert "fonts" not in html


def test_styles_may_hold_any_script() -> None:
    css = '.x::before { content: "\\2014 ที่"; }'
    assert css in compile(document("<mj-text>x</mj-text>", f"<mj-style>{css}</mj-style>"))


def test_stand_ins_stay_as_they_are() -> None:
    html = compile(
        document(
            '<mj-text><a href="VSCLunsubscribeURLx">x</a></mj-text>',
            '<mj-style inline="inline">a{margin:0}</mj-style>',
        )
    )
    assert 'href="VSCLunsubscribeURLx"' in html


@pytest.mark.parametrize(
    ("mjml", "text"),
    [
        (document("<mj-foo />"), "there is no <mj-foo> here"),
        (document("<div>x</div>"), "there is no <div> here"),
        (document('<mj-include path="x" />'), "there is no <mj-include> here"),
        (document("<mj-section />"), "<mj-section> may not stand inside <mj-column>"),
        (document("<mj-text><mj-image /></mj-text>"), "<mj-image> may not stand inside <mj-text>"),
        (document('<mj-text colour="red">x</mj-text>'), "<mj-text> takes no attribute colour"),
        (document('<mj-button title="x">x</mj-button>'), "<mj-button> takes no attribute title"),
        (document("words"), "text stands outside of mj-text: words"),
        (document("", '<mj-font name="x" href="https://f.example" />'), "there is no <mj-font> here"),
        (document("", "<mj-style>a{} @import 'x';</mj-style>"), "@import calls another host"),
        (
            document("<mj-text>a\x85b</mj-text>"),
            "there is an invisible character U+0085 after “mj-column><mj-text>a”",
        ),
        ("<mjml><mj-head></mj-head></mjml>", "there is no mj-body, so the mail would be empty"),
        ("", "there is no mj-body, so the mail would be empty"),
        ("<mj-body></mj-body>", "<mj-body> may not stand at the top"),
        ("<mjml><mj-body></mj-body><mj-body></mj-body></mjml>", "<mj-body> may not stand inside <mjml>"),
        (document("<mj-text>a < b</mj-text>"), "this is not a tag: < b</mj-text>"),
        (
            document("<mj-text><td width=3>"),
            "this is not a tag: <td width=3>",
        ),
        (document('<mj-text><a id="1" id="2">'), 'an attribute stands twice in <a id="1" id="2">'),
        (document("<mj-text align>x</mj-text>"), "the attribute align of <mj-text> has no value"),
        (document("<mj-text><p>x</mj-text>"), "</mj-text> comes before the end of <p> (mjml:1)"),
        (document("") * 2, "<mjml> may not stand at the top"),
        (document("") + "</mjml>", "</mjml> closes nothing"),
        ("<mjml>", "<mjml> is never closed"),
        (
            document("<mj-text><!--[if mso]>x--></mj-text>"),
            "this comment for Outlook is not <!--[if …]>…<![endif]-->",
        ),
        (
            document("<mj-text><![CDATA[x]]></mj-text>"),
            "this is not a tag: <![CDATA[x]]>",
        ),
    ],
)
def test_what_is_wrong_is_said(mjml: str, text: str) -> None:
    with pytest.raises(ContentError) as error:
        compile(mjml)
    assert texts(error)[0] == text


def test_every_problem_is_said_at_once_at_its_template_line() -> None:
    templates = {
        "a.mjml.j2": '{% import "m.mjml.j2" as m %}\n'
        + document("\n{{ m.part(long) }}\n<mj-text\n  size='1'>x</mj-text>\n<mj-bar />"),
        "m.mjml.j2": "{% macro part(long) %}\n<mj-text>{{ long }}</mj-text>\n<mj-foo />{% endmacro %}",
    }
    with pytest.raises(ContentError) as error:
        compile(render(environment(templates), "a.mjml.j2", {"long": "one\ntwo\nthree"}))
    assert [(str(problem.where), problem.code) for problem in error.value.problems] == [
        ("templates/m.mjml.j2:3", "mjml.unknown-tag"),
        ("templates/a.mjml.j2:5", "mjml.unknown-attribute"),
        ("templates/a.mjml.j2:6", "mjml.unknown-tag"),
    ]


def test_200_levels_are_compiled_and_more_are_refused() -> None:
    def nested(levels: int) -> str:
        return document(f"<mj-text>{'<b>' * levels}x{'</b>' * levels}</mj-text>")

    assert compile(nested(195)).count("<b>") == 195
    with pytest.raises(ContentError, match="nested deeper than 200 levels"):
        compile(nested(196))
    with pytest.raises(ContentError, match="nested deeper than 200 levels"):
        compile(nested(100_000))


def test_what_only_the_engine_refuses_is_a_problem_at_its_line() -> None:
    templates = {"a.mjml.j2": document("<mj-text>x</mj-text>", "\n<mj-style>a ที่\n<br/> b {}</mj-style>\n")}
    with pytest.raises(ContentError, match="the MJML engine refused this") as error:
        compile(render(environment(templates), "a.mjml.j2", {}))
    assert str(error.value.problems[0].where) == "templates/a.mjml.j2:3"


WHOLE = document(
    '<mj-text align="left" css-class="q"><p style="margin:0">a <b>b</b>\n<i>c</i></p>'
    "<!--[if mso]>x<![endif]-->"
    '<!--[if !mso]><!--><br><!--<![endif]--></mj-text><mj-image src="i.png" />'
    '<mj-social><mj-social-element name="facebook" href="https://a.example">f</mj-social-element></mj-social>'
    '<mj-button href="https://a.example">go</mj-button><mj-divider /><mj-raw><p>x</p></mj-raw>',
    '<mj-title>t</mj-title><mj-attributes><mj-all padding="0" />'
    '<mj-class name="x" color="red" /></mj-attributes>'
    '<mj-style inline="inline">p { color: red; }</mj-style><mj-style>a > b { margin: 0; }</mj-style>',
)
SCRAPS = (
    "<",
    ">",
    "/",
    '"',
    "'",
    "<!--",
    "-->",
    "<![",
    "<!--[if",
    "]>",
    "<![endif]-->",
    "&",
    "\\",
    "ที่",
    "{",
    "mj-",
    "",
)


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(SCRAPS)), max_size=4)
)
@settings(max_examples=400, deadline=None)
def test_mutated_templates_raise_nothing_but_content_errors(cuts: list[tuple[int, int, str]]) -> None:
    mutated = WHOLE
    for start, length, scrap in cuts:
        mutated = mutated[:start] + scrap + mutated[start + length :]
    with suppress(ContentError):
        assert compile(mutated).lower().startswith("<!doctype html>")


def test_the_same_mjml_gives_the_same_html() -> None:
    assert compile(WHOLE) == compile(WHOLE)


def test_a_panic_of_the_engine_is_a_problem_of_the_template() -> None:
    # The judge refuses every text that is known to make it panic, so this goes round the judge.
    comment = Token(kind=Kind.COMMENT, start=0, text="<mjml><mj-body><!--[if x")
    with pytest.raises(ContentError, match="the MJML engine broke on this template"):
        _engine((comment,), Marked("", (), ()))
