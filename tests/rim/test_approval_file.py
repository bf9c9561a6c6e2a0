from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.issue import Approval, IssueStatus
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known

HEAD = """---
# A comment that stays.
newsletter: letter    # and this one
number: 1
due: 2026-11-26 09:00
subject: "A subject"
preheader: A preheader
status: draft   # a wish
sections:
  - heading: Findings
    items: [a]
---
"""
APPROVAL = Approval(by='An "editor" \\ ผู้แก้ไข', at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC), hash="sha256:abc")


def folder(root: Path, text: bytes) -> ContentFolder:
    path = root / "content" / "issues" / "one.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    known = Known(newsletters=frozenset({"letter"}), channels=frozenset())
    return ContentFolder(root, language="en", known=known)


def approve(root: Path, text: bytes, approval: Approval = APPROVAL) -> bytes:
    store = folder(root, text)
    store.write_approval(replace(store.read().issues["one"], approval=approval))
    read = store.read().issues["one"]
    assert (read.approval, read.status) == (approval, IssueStatus.READY)
    return (root / "content/issues/one.md").read_bytes()


@given(body=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_an_approval_changes_its_own_lines_and_the_status_and_no_other_byte(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    written = approve(tmp_path_factory.mktemp("site"), (HEAD + body).encode())
    lines = written.split(b"\n")
    kept = [line for line in lines if not line.startswith((b"approved:", b"  by: ", b"  at: ", b"  hash: "))]
    assert b"\n".join(kept) == (HEAD.replace("status: draft", "status: ready") + body).encode()
    assert len(lines) - len(kept) >= 4


def test_a_second_approval_takes_the_place_of_the_first(tmp_path: Path) -> None:
    once = approve(tmp_path / "a", HEAD.encode())
    again = replace(APPROVAL, by="Another", hash="sha256:def")
    twice = approve(tmp_path / "b", once, again)
    assert twice.count(b"approved:") == 1
    assert b"Another" in twice


def test_windows_line_ends_are_kept(tmp_path: Path) -> None:
    written = approve(tmp_path, HEAD.replace("\n", "\r\n").encode())
    assert written.count(b"\n") == written.count(b"\r\n")
