from dataclasses import replace

from vesicle.check.unsubscribe import Check, Options
from vesicle.model.issue import Issue
from vesicle.model.message import Link, Message
from vesicle.ports import Case


def codes(message: Message, issue: Issue | None = None) -> set[str]:
    case = Case(items=(), papers={}, issue=issue, messages=(message,))
    return {problem.code for problem in Check(Options()).check(case)}


def test_a_message_with_every_way_out_passes(message: Message) -> None:
    assert codes(message) == set()


def test_a_link_to_another_page_called_unsubscribe_does_not_count(message: Message) -> None:
    other = Link(url="https://example.org/unsubscribe", text="Unsubscribe")
    assert codes(replace(message, links=(other,))) == {"unsubscribe.html"}


def test_the_text_part_needs_the_url_too(message: Message) -> None:
    assert codes(replace(message, text="Unsubscribe")) == {"unsubscribe.text"}


def test_both_headers_are_needed(message: Message) -> None:
    assert codes(replace(message, headers=())) == {"unsubscribe.header", "unsubscribe.one-click"}


def test_a_mailto_alone_is_not_enough_for_one_click(message: Message) -> None:
    headers = (("List-Unsubscribe", "<mailto:leave@example.org>"), message.headers[1])
    assert codes(replace(message, headers=headers)) == {"unsubscribe.header"}


def test_header_names_are_read_in_any_case(message: Message) -> None:
    assert codes(replace(message, headers=tuple((name.upper(), it) for name, it in message.headers))) == set()


def test_an_e_mail_of_plain_text_is_judged_as_well(message: Message) -> None:
    assert codes(replace(message, html="", links=(), text="Hello", headers=())) >= {"unsubscribe.text"}


def test_a_post_has_no_way_out_and_needs_none() -> None:
    assert codes(Message(channel="bluesky", slug="one/wounds", lang="en", text="Hello")) == set()


def test_the_place_is_the_issue(message: Message, issue: Issue) -> None:
    case = Case(items=(), papers={}, issue=issue, messages=(replace(message, text=""),))
    assert [problem.where for problem in Check(Options()).check(case)] == [issue.where]
