import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.message import Message, Personal
from vesicle.model.notice import ALREADY, CONFIRM, DATA, WELCOME
from vesicle.render.notice import notice
from vesicle.testing.nouns import newsletter
from vesicle.text.lines import is_one_line

ROOT = Path(__file__).resolve().parents[3] / "templates"
FILES = [path for path in ROOT.rglob("*") if path.suffix in (".j2", ".po")]
TEMPLATES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
NAMES = {"confirm": CONFIRM, "already": ALREADY, "welcome-1": WELCOME, "welcome-2": WELCOME, "data": DATA}
OWN = """{% extends "notice/layout.mjml.j2" %}
{% set subject = "Hello" %}
{% set preheader = "" %}
{% set button = "Look" %}
{% set url = newsletter.site_url %}
"""
OWN_TEXT = '{% extends "notice/layout.txt.j2" %}\n'


def rendered(
    name: str,
    letter: Newsletter,
    templates: Mapping[str, str],
    *,
    purpose: str = "",
    lang: str = "en",
    **own: str,
) -> Message:
    """A notice, with templates of the site's own: `mjml` and `txt`."""
    files = {**templates, **{f"notice/{name}.{part}.j2": text for part, text in own.items()}}
    return notice(name, purpose=purpose or NAMES[name], lang=lang, newsletter=letter, templates=files)


def test_a_notice_is_a_whole_message(letter: Newsletter, templates: Mapping[str, str]) -> None:
    message = rendered("confirm", letter, templates)
    assert (message.channel, message.slug, message.lang) == ("email", "notice-confirm", "en")
    assert message.subject == "Please confirm that you want Nowhere Notes"
    assert message.preheader == "One step, and the next issue comes to you."
    assert (message.sender, message.pictures) == (letter.sender, ())
    assert [link.url for link in message.links] == [
        "VSCLconfirmURLx",
        "https://notes.example.org",
        "mailto:editor@example.org",
    ]


@pytest.mark.parametrize("name", ["confirm", "already", "data"])
def test_headers_of_a_mail_that_nobody_subscribes_to(
    name: str, letter: Newsletter, templates: Mapping[str, str]
) -> None:
    assert dict(rendered(name, letter, templates, lang="th").headers) == {
        "Reply-To": "editor@example.org",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": f"notice-{name}:notes:notice:mailexampleorg",
        "Content-Language": "th",
    }


def test_a_welcome_is_list_mail_and_can_be_left_in_one_step(
    letter: Newsletter, templates: Mapping[str, str]
) -> None:
    assert dict(rendered("welcome-2", letter, templates).headers) == {
        "Reply-To": "editor@example.org",
        "List-Id": "Nowhere Notes <notes.mail.example.org>",
        "List-Unsubscribe": "<VSCLunsubscribeURLx>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": "notice-welcome-2:notes:notice:mailexampleorg",
        "Content-Language": "en",
    }


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("confirm", {Personal.CONFIRM_URL}),
        ("already", {Personal.CHOOSE_URL}),
        ("welcome-1", {Personal.CHOOSE_URL, Personal.UNSUBSCRIBE_URL}),
        ("data", {Personal.DATA_URL}),
    ],
)
def test_each_notice_has_the_links_it_is_for_and_no_other(
    name: str, links: set[Personal], letter: Newsletter, templates: Mapping[str, str]
) -> None:
    message = rendered(name, letter, templates)
    for part in (message.html, message.text):
        assert {link for link in Personal if link in part} == links


def test_what_follows_the_preheader_is_filled_up(letter: Newsletter, templates: Mapping[str, str]) -> None:
    message = rendered("data", letter, templates)
    hidden = message.html.replace("&nbsp;", "\u00a0").count("\u00a0")
    assert hidden + len(message.preheader) == 200


def test_a_site_has_a_welcome_of_its_own(letter: Newsletter, templates: Mapping[str, str]) -> None:
    mjml, txt = OWN + "{% block body %}<p>Hi & bye</p>{% endblock %}", OWN_TEXT
    message = rendered("hello", letter, templates, purpose=WELCOME, mjml=mjml, txt=txt)
    assert (message.slug, message.subject, message.preheader) == ("notice-hello", "Hello", "")
    assert "Look:\n<https://notes.example.org>" in message.text


def test_the_welcome_of_the_documentation_is_one(letter: Newsletter, templates: Mapping[str, str]) -> None:
    page = (ROOT.parent / "docs" / "notices.md").read_text(encoding="utf-8")
    mjml, txt = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    message = rendered("hello", letter, templates, purpose=WELCOME, lang="th", mjml=mjml, txt=txt)
    assert message.subject == "สวัสดี"
    for part in (message.html, message.text):
        assert "Good that you are here." in part


def test_a_subject_may_be_a_block(letter: Newsletter, templates: Mapping[str, str]) -> None:
    mjml = OWN.replace(
        '{% set subject = "Hello" %}', "{% set subject %}\n  Hello & {{ newsletter.name }}\n{% endset %}"
    )
    own = replace(letter, name="R&D")
    message = rendered("hello", own, templates, purpose=WELCOME, mjml=mjml, txt=OWN_TEXT)
    assert message.subject == "Hello & R&D"
    assert "<title>Hello &amp; R&amp;D</title>" in " ".join(message.html.split()).replace(
        "<title> ", "<title>"
    ).replace(" </title>", "</title>")


@pytest.mark.parametrize(
    ("mjml", "text", "expected"),
    [
        (None, OWN_TEXT, "there is no template called notice/hello.mjml.j2"),
        (OWN, None, "there is no template called notice/hello.txt.j2"),
        (
            OWN.replace('"Hello"', '""'),
            OWN_TEXT,
            "templates/notice/hello.mjml.j2: this notice has no subject",
        ),
        (OWN, "Hello", "templates/notice/hello.txt.j2: this notice has no link `unsubscribe_url`"),
        (OWN + "{% block body %}{{ confirm_url }}{% endblock %}", OWN_TEXT, "'confirm_url' is undefined"),
        (OWN + "{% block body %}{{ 1 / 0 }}{% endblock %}", OWN_TEXT, "templates/notice/hello.mjml.j2:6"),
    ],
)
def test_a_notice_that_cannot_do_its_work_is_told_with_its_template(
    mjml: str | None, text: str | None, expected: str, letter: Newsletter, templates: Mapping[str, str]
) -> None:
    own = {name: part for name, part in (("mjml", mjml), ("txt", text)) if part is not None}
    with pytest.raises(ContentError) as error:
        rendered("hello", letter, templates, purpose=WELCOME, **own)
    assert expected in str(error.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_markup_in_the_names_of_a_site_is_shown_as_it_is(
    name: str, lang: str, letter: Newsletter, templates: Mapping[str, str]
) -> None:
    odd = replace(letter, name="<b>A & B</b>", postal_address="<script>", about="</div>")
    message = rendered(name, odd, templates, lang=lang)
    tags = re.sub(r'"[^"]*"', '""', message.html)
    assert "<b>" not in tags
    assert "<script" not in tags
    assert "<b>A & B</b>" in message.subject
    assert "&amp;amp;" not in message.html


_ODD = st.text(st.sampled_from("\r\n\t\0 :;,<>@\"'&{}%=?.aZé\u2028\x85"), max_size=20)


@settings(max_examples=30)
@given(name=_ODD, reply_to=_ODD, notice_name=st.sampled_from(list(NAMES)))
def test_nothing_in_the_settings_breaks_a_header(name: str, reply_to: str, notice_name: str) -> None:
    odd = newsletter(name=f"N{name}", reply_to=f"a{reply_to}@example.org")
    try:
        message = rendered(notice_name, odd, TEMPLATES)
    except ContentError:
        # MJML refuses what config.yaml cannot hold either.
        assert not is_one_line(name + reply_to)
        return
    for header, value in (("Subject", message.subject), *message.headers):
        assert not set(f"{header}{value}") & set("\r\n\u2028\x85"), header
