from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.compose import drafts, issue_file
from vesicle.model.item import Item, Kind
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.testing import nouns

DUE = datetime(2026, 12, 3, 9, 0)  # noqa: DTZ001 - a wall time
NEWSLETTER = nouns.newsletter()


def item(slug: str, title: str, kind: Kind = Kind.FINDING) -> Item:
    return nouns.item(slug=slug, title=title, kind=kind)


def folder(root: Path) -> ContentFolder:
    known = Known(newsletters=frozenset({"letter"}), channels=frozenset())
    return ContentFolder(root, language="en", known=known)


titles = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=120).filter(
    str.strip
)


@given(st.lists(titles, min_size=1, max_size=6))
def test_a_composed_file_reads_back_as_the_issue_that_was_meant(
    tmp_path_factory: pytest.TempPathFactory, found: list[str]
) -> None:
    root = tmp_path_factory.mktemp("site")
    items = [item(f"item-{number}", title) for number, title in enumerate(found)]
    text = issue_file.text(NEWSLETTER, number=7, due=DUE, items=items)
    folder(root).write_new("issues/2026-12-03-letter.md", text)
    issue = folder(root).read().issues["2026-12-03-letter"]
    assert (issue.number, issue.due, issue.newsletter) == (7, DUE, "letter")
    assert issue.slugs == tuple(one.slug for one in items)
    assert len(issue.subject) <= issue_file.LONGEST_SUBJECT
    assert len(issue.preheader) <= issue_file.LONGEST_PREHEADER


def test_findings_and_explainers_get_sections_of_their_own() -> None:
    text = issue_file.text(
        NEWSLETTER, number=1, due=DUE, items=[item("a", "A"), item("b", "B", kind=Kind.EXPLAINER)]
    )
    assert (
        text.index("heading: Findings")
        < text.index("- a ")
        < text.index("heading: Explained")
        < text.index("- b ")
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_item_has_no_problem_but_the_fields_that_a_person_fills(tmp_path: Path, kind: Kind) -> None:
    folder(tmp_path).write_new(f"{kind}s/new.md", drafts.item(kind, today=date(2026, 11, 22)))
    problems = folder(tmp_path).read().problems
    named = {problem.text.split("`")[1] for problem in problems if problem.code == "fields.missing"}
    both = {"title", "summary", "topics", "author"}
    own = {"claims", "caveat"} if kind is Kind.FINDING else {"snippets"}
    others = {problem.code for problem in problems} - {"fields.missing"}
    # `topics: []` and `paper:` are there but empty, and the text below the front matter is wanted too.
    assert named == (both | own) - {"topics"}
    assert (
        {"fields.wrong-type", "file.no-text"}
        <= others
        <= {"fields.wrong-type", "file.no-text", "fields.wrong-value"}
    )


def test_a_new_issue_has_no_problem_but_the_fields_that_a_person_fills(tmp_path: Path) -> None:
    folder(tmp_path).write_new("issues/2026-12-03-letter.md", drafts.issue(NEWSLETTER, number=2, due=DUE))
    problems = folder(tmp_path).read().problems
    assert {problem.text.split("`")[1] for problem in problems} == {"subject", "preheader", "sections"}
    assert {problem.code for problem in problems} == {"fields.missing"}
