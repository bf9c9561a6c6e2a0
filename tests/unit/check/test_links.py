from dataclasses import replace

import pytest

from vesicle.check.links import Check, Options
from vesicle.model.issue import Issue
from vesicle.model.item import Item
from vesicle.model.message import Link, Message
from vesicle.model.problem import Problem, Severity
from vesicle.ports import Case


def problems(*items: Item, issue: Issue | None = None, messages: tuple[Message, ...] = ()) -> list[Problem]:
    return list(Check(Options()).check(Case(items=items, papers={}, issue=issue, messages=messages)))


def of_message(message: Message, url: str) -> list[str]:
    found = problems(messages=(replace(message, links=(Link(url=url, text="Source"),)),))
    return [problem.code.removeprefix("links.") for problem in found]


def test_a_clean_case_passes(finding: Item, explainer: Item, issue: Issue, message: Message) -> None:
    assert problems(finding, explainer, issue=issue, messages=(message,)) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ["empty"]),
        (" \n", ["empty"]),
        ("#", ["placeholder"]),
        ("#findings", ["placeholder"]),
        ("about.html", ["relative"]),
        ("/about", ["relative"]),
        ("//example.org/about", ["relative"]),
        ("javascript:alert(1)", ["scheme"]),
        ("java\nscript:alert(1)", ["scheme"]),
        ("data:text/html,x", ["scheme"]),
        ("file:///etc/passwd", ["scheme"]),
        ("https://localhost/x", ["local"]),
        ("http://localhost:8000/x", ["local"]),
        ("http://127.0.0.1/", ["local"]),
        ("https://[::1]/", ["local"]),
        ("https://192.168.0.4/", ["local"]),
        ("https://nas.local/", ["local"]),
        ("https://mylocalhost.org/", []),
        ("https://[broken", ["unreadable"]),
        ("https:///path", ["unreadable"]),
        ("http://example.org/", ["http"]),
        ("HTTPS://example.org/", []),
        ("mailto:news@example.org", []),
        ("tel:+66123", []),
        ("VSCLunsubscribeURLx", []),
    ],
)
def test_links_of_a_message(message: Message, url: str, expected: list[str]) -> None:
    assert of_message(message, url) == expected


def test_http_is_only_a_warning(message: Message) -> None:
    (problem,) = problems(messages=(replace(message, links=(Link(url="http://example.org", text="x"),)),))
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    "link",
    [
        "[x](page.html)",
        '[x](page.html "title")',
        "[x](<page.html>)",
        "[a [b] c](page.html)",
        "[![cell](https://example.org/c.png)](page.html)",
        "[x]\n\n[x]: page.html",
    ],
)
def test_every_way_to_write_a_link_in_markdown_is_seen(finding: Item, link: str) -> None:
    (problem,) = problems(replace(finding, body=link))
    assert "“page.html”" in problem.text


@pytest.mark.parametrize(
    "text",
    [
        "![cell](cell.png)",
        "`[x](page.html)`",
        "```\n[x](page.html)\n```",
        "[x](https://doi.org/10.1016/S0140-6736(20)30183-5)",
        "<https://example.org>",
        "[sic] (see below)",
        "[Note]: this is no link",
        "2 < 3 and [5] (six)",
    ],
)
def test_what_only_looks_like_a_bad_link_passes(finding: Item, text: str) -> None:
    assert problems(replace(finding, body=text)) == []


def test_the_place_is_the_line_of_the_body(finding: Item) -> None:
    (problem,) = problems(replace(finding, body="One.\n\nTwo [x](javascript:x)."))
    assert str(problem.where) == "content/findings/wounds.md:32"


def test_a_link_written_in_an_item_is_not_told_again_at_the_issue(
    finding: Item, issue: Issue, message: Message
) -> None:
    broken = replace(message, links=(Link(url="page.html", text="x"), Link(url="other.html", text="x")))
    found = problems(replace(finding, body="[x](page.html)"), issue=issue, messages=(broken, broken))
    assert [problem.where.file for problem in found] == ["content/findings/wounds.md", issue.where.file]


def test_the_introduction_of_an_issue_is_read(issue: Issue) -> None:
    (problem,) = problems(issue=replace(issue, intro="See [here]()."))
    assert (problem.code, problem.where) == ("links.empty", issue.where)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://example.org/x", []),
        ("10.1002/jev2.12404", []),
        ("PMID 12345678", []),
        ("", ["links.empty"]),
        ("Smith 2019", ["links.relative"]),
        ("http://example.org/x", ["links.http"]),
    ],
)
def test_sources_of_snippets(explainer: Item, source: str, expected: list[str]) -> None:
    changed = replace(explainer, snippets=(replace(explainer.snippets[0], source=source),))
    assert [problem.code for problem in problems(changed)] == expected
