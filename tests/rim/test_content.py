"""The content folder on a real disk: what is right is read, and whatever is wrong is named."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.content import Content
from vesicle.model.item import Kind, Subject
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known

FINDING = dedent("""\
    ---
    title: Something in mice
    status: ready
    updated: 2026-11-22
    summary: A plain sentence.
    paper:
      pmid: "123"
    evidence:
      design: animal study
      subjects: [animals]
      size: 24 mice
    claims:
      - text: One claim.
        passage: One passage.
    caveat: It was not people.
    topics: [skin]
    author: An editor
    ---

    The body.
    """)
EXPLAINER = dedent("""\
    ---
    title: What is it
    status: ready
    updated: 2026-11-20
    summary: A plain sentence.
    snippets:
      - text: A text.
        source: PMID 123
    topics: [skin]
    author: An editor
    ---
    The body.
    """)
ISSUE = dedent("""\
    ---
    newsletter: letter
    number: 1
    due: 2026-11-26 09:00
    subject: A subject
    preheader: A preheader
    status: draft
    sections:
      - heading: Findings
        items: [mice]
    ---
    Hello.
    """)
PAPER = """{"paper": {"source": "pubmed", "id": "123", "title": "T", "url": "https://example.org"},
 "fingerprint": {"sentences": [], "shingles": [], "numbers": []}}"""


def folder(root: Path) -> ContentFolder:
    known = Known(newsletters=frozenset({"letter"}), channels=frozenset({"bluesky"}))
    return ContentFolder(root, language="en", known=known)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def good(root: Path, **more: str | bytes) -> Path:
    return write(
        root,
        {
            "findings/mice.md": FINDING,
            "explainers/what.md": EXPLAINER,
            "issues/one.md": ISSUE,
            "papers/123.json": PAPER,
            **more,
        },
    )


def read(root: Path) -> Content:
    return folder(root).read()


def complaints(root: Path) -> list[tuple[str, str, int | None]]:
    return [
        (one.code, one.where.file.removeprefix("content/"), one.where.line) for one in read(root).problems
    ]


def test_a_sound_folder_is_read_whole_and_without_a_problem(tmp_path: Path) -> None:
    content = read(good(tmp_path))
    assert content.problems == ()
    mice = content.items["mice", "en"]
    assert (mice.kind, mice.title, mice.body) == (Kind.FINDING, "Something in mice", "The body.")
    assert mice.evidence
    assert mice.evidence.subjects == (Subject.ANIMALS,)
    assert mice.claims[0].where.line == 13
    assert (mice.place("caveat").line, mice.place("body").line) == (15, 20)
    assert content.issues["one"].slugs == ("mice",)


def test_a_translation_inherits_what_does_not_depend_on_the_language(tmp_path: Path) -> None:
    thai = dedent("""\
        ---
        title: บางอย่างในหนู
        summary: ประโยคธรรมดา
        claims:
          - text: ข้อความ
            passage: One passage.
        caveat: ไม่ใช่คน
        ---
        เนื้อหา
        """)
    content = read(good(tmp_path, **{"findings/mice.th.md": thai}))
    assert content.problems == ()
    item = content.item("mice", "th", "en")
    assert item
    assert (item.lang, item.title, item.topics) == ("th", "บางอย่างในหนู", ("skin",))
    assert item.paper == content.items["mice", "en"].paper
    assert content.item("what", "th", "en") == content.items["what", "en"]


def test_a_translated_issue_gives_its_words_in_that_language(tmp_path: Path) -> None:
    thai = "---\nsubject: เรื่อง\npreheader: นำ\nheadings: [ผลวิจัย]\n---\nสวัสดี\n"
    issue = read(good(tmp_path, **{"issues/one.th.md": thai})).issues["one"]
    assert (issue.wording("th").subject, issue.wording("th").intro) == ("เรื่อง", "สวัสดี")
    assert issue.wording("fa").subject == "A subject"


def test_twelve_broken_files_are_each_named_and_the_sound_ones_are_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(FINDING)
    broken: dict[str, str | bytes] = {
        "findings/no-front-matter.md": "# Just text\n",
        "findings/bad-yaml.md": FINDING.replace("topics: [skin]", "topics: [skin"),
        "findings/tab.md": FINDING.replace("  pmid", "\tpmid"),
        "findings/unknown-key.md": FINDING.replace("caveat:", "caveats:"),
        "findings/wrong-type.md": FINDING.replace("topics: [skin]", "topics: skin"),
        "explainers/mice.md": EXPLAINER,
        "issues/missing-reference.md": ISSUE.replace("[mice]", "[mise]"),
        "findings/invalid-date.md": FINDING.replace("2026-11-22", "2026-13-41"),
        "findings/not-utf-8.md": FINDING.encode("utf-16"),
        "findings/huge.md": b"x" * 50_000_000,
        "findings/no-text.md": FINDING.replace("The body.", ""),
    }
    root = good(tmp_path / "site", **broken)
    (root / "content/findings/link.md").symlink_to(outside)
    (root / "content/findings/empty").mkdir()
    found = complaints(root)
    assert {(code, file) for code, file, _ in found} >= {
        ("file.no-front-matter", "findings/no-front-matter.md"),
        ("fields.bad-yaml", "findings/bad-yaml.md"),
        ("fields.tab", "findings/tab.md"),
        ("fields.unknown-key", "findings/unknown-key.md"),
        ("fields.wrong-type", "findings/wrong-type.md"),
        ("file.duplicate-slug", "explainers/mice.md"),
        ("reference.missing", "issues/missing-reference.md"),
        ("fields.wrong-value", "findings/invalid-date.md"),
        ("file.not-utf-8", "findings/not-utf-8.md"),
        ("file.too-large", "findings/huge.md"),
        ("file.outside", "findings/link.md"),
        ("file.not-read", "findings/empty"),
        ("file.no-text", "findings/no-text.md"),
    }
    content = read(root)
    assert ("mice", "en") in content.items
    assert all(problem.mend for problem in content.problems)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "mend"),
    [
        ("caveat:", "caveats:", "fields.unknown-key", 15, "did you mean `caveat`?"),
        ("status: ready", "status: redy", "fields.not-allowed", 3, "write `draft`, `ready` or `retired`"),
        ("2026-11-22", "22.11.2026", "fields.wrong-value", 4, "write it as 2026-11-26"),
        ('pmid: "123"', "pmid: PMC123", "fields.wrong-value", 7, "write the digits of the PMID alone"),
        ("passage: One passage.", "pasage: x", "fields.unknown-key", 14, "did you mean `passage`?"),
        ("title: Something", "title: Some: thing", "fields.bad-yaml", 2, "put quotes round a value"),
        ("topics: [skin]", "topics: [Skin Care]", "fields.wrong-value", 16, "lower-case letters"),
        (
            "author: An",
            "social:\n  blusky: x\nauthor: An",
            "reference.missing",
            17,
            "did you mean `bluesky`?",
        ),
    ],
)
def test_a_slip_is_named_with_its_line_and_its_mend(
    tmp_path: Path, old: str, new: str, code: str, line: int, mend: str
) -> None:
    root = good(tmp_path, **{"findings/mice.md": FINDING.replace(old, new)})
    problems = [one for one in read(root).problems if one.where.file.endswith("mice.md") and one.code == code]
    assert [one.where.line for one in problems] == [line]
    assert mend in problems[0].mend


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    broken = (
        FINDING.replace("title:", "titel:")
        .replace("status: ready", "status: x")
        .replace("2026-11-22", "soon")
    )
    lines = [
        line for _, file, line in complaints(good(tmp_path, **{"findings/mice.md": broken})) if "mice" in file
    ]
    assert sorted(line or 0 for line in lines) == [2, 2, 3, 4]


def test_an_issue_that_names_a_broken_item_is_told_so(tmp_path: Path) -> None:
    root = good(tmp_path, **{"findings/mice.md": "no front matter"})
    texts = [one.text for one in read(root).problems if one.where.file.endswith("one.md")]
    assert texts == ["the item `mice` has problems of its own"]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    dos = b"\xef\xbb\xbf" + FINDING.replace("\n", "\r\n").encode()
    content = read(good(tmp_path, **{"findings/mice.md": dos}))
    assert content.problems == ()
    assert content.items["mice", "en"].place("caveat").line == 15


def test_a_folder_without_content_says_how_to_begin(tmp_path: Path) -> None:
    assert [code for code, _, _ in complaints(tmp_path)] == ["file.no-content"]
    (tmp_path / "content").mkdir()
    assert [code for code, _, _ in complaints(tmp_path)] == ["file.nothing"]


def test_a_paper_file_with_an_abstract_is_refused(tmp_path: Path) -> None:
    leaky = PAPER.replace('"title": "T"', '"title": "T", "abstract": "secret"')
    found = complaints(good(tmp_path, **{"papers/123.json": leaky}))
    assert ("paper.unreadable", "papers/123.json", None) in found


@given(st.binary(max_size=400))
def test_any_bytes_in_a_file_are_read_or_named_and_never_stop_the_others(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    root = good(
        tmp_path_factory.mktemp("site"),
        **{"findings/odd.md": raw, "findings/odd2.md": b"---\n" + raw + b"\n---\n"},
    )
    content = read(root)
    assert ("mice", "en") in content.items
    assert {one.where.file for one in content.problems} >= {"content/findings/odd.md"}
