from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from vesicle.model.content import Content
from vesicle.model.errors import ContentError
from vesicle.model.issue import Issue, Newsletter, Section, Wording
from vesicle.model.item import Item
from vesicle.model.message import Link, Message
from vesicle.model.problem import Place
from vesicle.render.newsletter import newsletter

Render = Callable[..., Message]


@pytest.fixture
def rendered(issue: Issue, letter: Newsletter, finding: Item, templates: Mapping[str, str]) -> Render:
    """Render the made-up issue, with whatever of it a test changes."""

    def render(
        *,
        issue: Issue = issue,
        letter: Newsletter = letter,
        items: tuple[Item, ...] = (finding,),
        lang: str = "en",
        templates: Mapping[str, str] = templates,
    ) -> Message:
        content = Content(items={(item.slug, item.lang): item for item in items})
        return newsletter(issue, letter, content, lang=lang, templates=templates)

    return render


def test_message_carries_what_deliver_and_checks_need(rendered: Render, letter: Newsletter) -> None:
    message = rendered()
    assert (message.channel, message.slug, message.lang) == ("email", "2026-11-26-moss", "en")
    assert (message.subject, message.preheader) == ("Moss", "What is new about moss")
    assert message.sender == letter.sender
    assert message.links == (
        Link(url="https://a.example/moss", text="moss"),
        Link(url="https://doi.org/10.5555/moss.1", text="doi:10.5555/moss.1"),
        Link(url="mailto:editor@example.org", text="editor@example.org"),
        Link(url="VSCLunsubscribeURLx", text="Unsubscribe from Nowhere Notes"),
        Link(url="VSCLchooseURLx", text="Choose topics, how often, or pause"),
        Link(url="https://notes.example.org", text="notes.example.org"),
    )


def test_headers(rendered: Render) -> None:
    assert dict(rendered().headers) == {
        "Reply-To": "editor@example.org",
        "List-Id": "Nowhere Notes <notes.mail.example.org>",
        "List-Unsubscribe": "<VSCLunsubscribeURLx>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<mailto:editor@example.org?subject=help>",
        "List-Owner": "<mailto:editor@example.org>",
        "List-Archive": "<https://notes.example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": "2026-11-26-moss:notes:newsletter:mailexampleorg",
        "Content-Language": "en",
    }


def test_headers_are_ascii_and_on_one_line(rendered: Render, letter: Newsletter, issue: Issue) -> None:
    odd = replace(letter, name='จดหมาย,\r\nBcc: x "y"', reply_to="a@b.example\r\nBcc: c@d.example")
    message = rendered(letter=odd, issue=replace(issue, subject="Moss\r\nBcc: x"))
    assert message.subject == "Moss Bcc: x"
    for _, value in message.headers:
        assert value.isascii()
        assert not set(value) & {"\r", "\n"}
    quoted = rendered(letter=replace(letter, name="Moss, weekly"))
    assert dict(quoted.headers)["List-Id"] == '"Moss, weekly" <notes.mail.example.org>'


def test_feedback_sender_is_5_to_15_characters(rendered: Render, letter: Newsletter) -> None:
    for address in ("a@b.c", "a@news.of.the.society.example.org"):
        message = rendered(letter=replace(letter, sender=replace(letter.sender, address=address)))
        sender = dict(message.headers)["Feedback-ID"].rpartition(":")[2]
        assert 5 <= len(sender) <= 15


def test_every_missing_item_is_named_at_its_section(rendered: Render, issue: Issue) -> None:
    sections = (
        Section(heading="A", items=("moss", "gone"), where=Place(file="i.md", line=3)),
        Section(heading="B", items=("lost",), where=Place(file="i.md", line=5)),
    )
    with pytest.raises(ContentError) as error:
        rendered(issue=replace(issue, sections=sections))
    assert [(str(problem.where), problem.text) for problem in error.value.problems] == [
        ("i.md:3", "there is no item called gone"),
        ("i.md:5", "there is no item called lost"),
    ]


def test_what_is_in_another_language_says_so(rendered: Render) -> None:
    message = rendered(lang="th")
    assert 'lang="en" dir="ltr"' in message.html
    assert message.html.count("เป็นภาษาอังกฤษ") == message.text.count("เป็นภาษาอังกฤษ") == 2
    assert "in English" not in rendered().text


def test_a_translation_is_taken(rendered: Render, issue: Issue, finding: Item) -> None:
    wording = Wording(lang="th", subject="มอส", preheader="ใหม่", intro="สวัสดี", headings=("ผล",))
    translated = replace(finding, lang="th", title="มอสกับการนอน")
    message = rendered(
        issue=replace(issue, translations={"th": wording}), items=(finding, translated), lang="th"
    )
    assert message.subject == "มอส"
    assert "มอสกับการนอน" in message.text
    assert "Moss" not in message.text
    assert "เป็นภาษา" not in message.text


def test_heading_without_translation_stays(rendered: Render, issue: Issue) -> None:
    wording = Wording(lang="th", subject="s", preheader="p", intro="i", headings=())
    assert "Findings" in rendered(issue=replace(issue, translations={"th": wording}), lang="th").text


def test_unknown_language_has_english_words(rendered: Render) -> None:
    message = rendered(lang="tlh")
    assert "In this issue" in message.text
    assert '<html lang="tlh" dir="ltr"' in message.html


def test_a_preprint_is_said(rendered: Render, finding: Item) -> None:
    assert finding.evidence
    preprint = replace(finding, evidence=replace(finding.evidence, peer_reviewed=False))
    message = rendered(items=(preprint,))
    assert "not yet peer-reviewed" in message.text
    assert "not yet peer-reviewed" in message.html


def test_preheader_is_filled_to_200_and_in_the_colour_of_the_text(rendered: Render, issue: Issue) -> None:
    html = rendered().html
    start = html.index("What is new about moss")
    hidden = html[start : html.index("</div>", start)].replace("&nbsp;", "\u00a0")
    assert hidden.count("\u00a0") + len("What is new about moss") == 200
    assert "color:#1f2528" in html[start - 150 : start].replace(" ", "")
    assert "\u034f" not in rendered(issue=replace(issue, preheader="x" * 200)).html


def test_content_cannot_write_markup(rendered: Render, finding: Item) -> None:
    nasty = replace(finding, title="<script>x</script>", caveat="</div><b>", body="<img src=x onerror=y>")
    html = rendered(items=(nasty,)).html
    assert "<script" not in html
    assert "</div><b>" not in html
    assert "<img" not in html


def test_every_part_is_escaped_once(rendered: Render, finding: Item) -> None:
    html = rendered(items=(replace(finding, title="R&D “a” <b", author="A & B"),)).html
    assert "R&amp;D “a” &lt;b" in html
    assert "A &amp; B" in html
    assert "&amp;amp;" not in html


def test_six_long_items_stay_below_90_kb(rendered: Render, issue: Issue, finding: Item) -> None:
    long = replace(finding, body="Word " * 120, caveat="Word " * 30)
    items = tuple(replace(long, slug=f"moss-{number}") for number in range(6))
    section = replace(issue.sections[0], items=tuple(item.slug for item in items))
    assert len(rendered(issue=replace(issue, sections=(section,)), items=items).html.encode()) < 40_000


def test_same_input_same_message(rendered: Render) -> None:
    assert rendered() == rendered()


def test_a_fault_of_a_template_names_its_line(rendered: Render, templates: Mapping[str, str]) -> None:
    broken = templates["newsletter/macros.mjml.j2"].replace("<mj-column>", "<mj-colum>")
    line = broken.partition("<mj-colum>")[0].count("\n") + 1
    with pytest.raises(ContentError) as error:
        rendered(templates={**templates, "newsletter/macros.mjml.j2": broken})
    assert str(error.value.problems[0].where) == f"templates/newsletter/macros.mjml.j2:{line}"


def test_reading_time_is_told_for_each_item_and_the_issue(
    rendered: Render, finding: Item, issue: Issue
) -> None:
    items = tuple(replace(finding, slug=slug, body="word " * 476) for slug in ("a", "b"))
    section = replace(issue.sections[0], items=("a", "b"))
    text = rendered(issue=replace(issue, sections=(section,)), items=items).text
    assert text.count("2 min read") == 2
    assert text.count("4 min read") == 1
