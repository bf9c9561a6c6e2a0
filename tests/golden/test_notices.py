"""Every notice in every language, as it was looked at: calm, short, one button."""

import re
from collections.abc import Callable, Mapping

import pytest

from vesicle.model.issue import Newsletter
from vesicle.model.message import Message, Personal
from vesicle.model.notice import ALREADY, CONFIRM, DATA, WELCOME
from vesicle.render.notice import notice
from vesicle.render.wrap import COLUMNS, columns

PURPOSES = {"confirm": CONFIRM, "already": ALREADY, "welcome-1": WELCOME, "welcome-2": WELCOME, "data": DATA}


@pytest.fixture(params=["en", "th", "fa"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(PURPOSES))
def message(
    request: pytest.FixtureRequest, lang: str, newsletter: Newsletter, templates: Mapping[str, str]
) -> Message:
    name = request.param
    return notice(name, purpose=PURPOSES[name], lang=lang, newsletter=newsletter, templates=templates)


def test_html_is_as_reviewed(message: Message, golden: Callable[[str, str], str]) -> None:
    one_tag_a_line = message.html.replace("><", ">\n<") + "\n"
    assert golden(f"notices/{message.slug}.{message.lang}.html", one_tag_a_line) == one_tag_a_line


def test_text_is_as_reviewed(message: Message, golden: Callable[[str, str], str]) -> None:
    told = f"{message.subject}\n{message.preheader}\n\n{message.text}"
    assert golden(f"notices/{message.slug}.{message.lang}.txt", told) == told


def test_there_is_one_button_and_one_h1_which_is_the_subject(message: Message) -> None:
    assert len(re.findall(r'class="[^"]*\bbutton\b', message.html)) == 1
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", message.html, re.DOTALL)
    assert heading == message.subject


def test_every_personal_link_is_in_both_parts_once(message: Message) -> None:
    urls = [link.url for link in message.links]
    for link in Personal:
        assert urls.count(link) == message.text.count(link) <= 1


def test_html_says_language_and_direction_and_calls_no_other_host(message: Message) -> None:
    direction = "rtl" if message.lang == "fa" else "ltr"
    assert re.search(f'<html[^>]*lang="{message.lang}"[^>]*dir="{direction}"', message.html)
    hosts = set(re.findall(r"https?://([^/\"'?]+)", message.html))
    assert hosts <= {"notes.example.org", "www.w3.org"}
    assert "<img" not in message.html


def test_text_is_no_wider_than_78_columns_and_has_no_residue(message: Message) -> None:
    assert [line for line in message.text.splitlines() if columns(line) > COLUMNS] == []
    assert not re.search(r"</|\{|\*\*|&\w+;|\ufdd0", message.text + message.subject + message.preheader)


def test_digits_are_those_of_the_language(message: Message) -> None:
    if message.slug == "notice-confirm":
        assert ("۷۲" if message.lang == "fa" else "72") in message.text
