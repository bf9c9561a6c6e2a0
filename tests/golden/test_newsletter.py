import re
from collections.abc import Callable, Mapping

import pytest

from vesicle.model.content import Content
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.message import Message, Personal
from vesicle.render import newsletter as render
from vesicle.render.wrap import COLUMNS, columns

Golden = Callable[[str, str], str]


@pytest.fixture(params=["en", "th", "fa"])
def message(
    request: pytest.FixtureRequest,
    issue: Issue,
    newsletter: Newsletter,
    content: Content,
    templates: Mapping[str, str],
) -> Message:
    return render.newsletter(issue, newsletter, content, lang=request.param, templates=templates)


def test_html_is_as_reviewed(message: Message, golden: Golden) -> None:
    one_tag_a_line = message.html.replace("><", ">\n<") + "\n"
    assert golden(f"issue.{message.lang}.html", one_tag_a_line) == one_tag_a_line


def test_text_is_as_reviewed(message: Message, golden: Golden) -> None:
    assert golden(f"issue.{message.lang}.txt", message.text) == message.text


def test_layout_tables_are_presentation_and_only_content_tables_are_not(message: Message) -> None:
    tables = re.findall(r"<table[^>]*>", message.html)
    content_tables = [table for table in tables if 'role="presentation"' not in table]
    assert len(tables) > 10
    assert len(content_tables) == message.html.count("<thead>") == 1


def test_there_is_one_h1_and_an_h2_for_each_item(message: Message) -> None:
    assert len(re.findall(r"<h1[ >]", message.html)) == 1
    assert len(re.findall(r"<h2[ >]", message.html)) == 3


def test_html_and_wrapper_say_language_and_direction(message: Message) -> None:
    direction = "rtl" if message.lang == "fa" else "ltr"
    for tag in (r"<html[^>]*>", r'<div[^>]*role="article"[^>]*>'):
        found = re.search(tag, message.html)
        assert found
        assert f'lang="{message.lang}"' in found[0]
        assert f'dir="{direction}"' in found[0]


def test_nothing_calls_another_host(message: Message) -> None:
    hosts = set(re.findall(r"https?://([^/\"'?]+)", message.html))
    assert hosts == {"notes.example.org", "doi.org", "www.w3.org"}
    assert "<script" not in message.html
    assert "http:" not in re.sub(r"http://www\.w3\.org/1999/xhtml", "", message.html)


def test_every_link_of_the_html_is_in_the_text(message: Message) -> None:
    assert message.links
    assert [link.url for link in message.links if link.url not in message.text] == []


def test_one_can_leave_in_both_parts(message: Message) -> None:
    assert Personal.UNSUBSCRIBE_URL in [link.url for link in message.links]
    assert f"<{Personal.UNSUBSCRIBE_URL}>" in message.text


def test_one_can_choose_in_both_parts(message: Message) -> None:
    assert Personal.CHOOSE_URL in [link.url for link in message.links]
    assert f"<{Personal.CHOOSE_URL}>" in message.text


def test_links_have_words_of_their_own(message: Message) -> None:
    words = [link.text for link in message.links]
    assert all(words)
    assert len(set(words)) == len(words)


def test_text_is_no_wider_than_78_columns(message: Message) -> None:
    wide = [line for line in message.text.splitlines() if columns(line) > COLUMNS and "://" not in line]
    assert wide == []


def test_text_has_no_residue_of_a_layout(message: Message) -> None:
    assert not re.search(r"</|\{\{|\{%|\*\*|&\w+;|\ufdd0", message.text)


def test_html_is_far_below_the_size_at_which_gmail_cuts(message: Message) -> None:
    assert len(message.html.encode()) < 30_000


def test_pictures_have_alt_text(message: Message) -> None:
    assert [picture.src for picture in message.pictures] == ["https://notes.example.org/images/moss.png"]
    assert all(picture.alt for picture in message.pictures)


def test_evidence_is_said_for_each_finding(message: Message) -> None:
    label = {"en": "Evidence:", "th": "หลักฐาน:", "fa": "شواهد:"}[message.lang]
    assert message.html.count(label) == message.text.count(label) == 2
