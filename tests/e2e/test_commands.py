"""Commands as a person meets them: help, first steps, mistakes."""

import json
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from tests.e2e.conftest import VESICLE, Site

BROKEN = {
    "no-front-matter.md": b"# Only text\n",
    "open-front-matter.md": b"---\ntitle: A\n",
    "bad-yaml.md": b"---\ntitle: [A\n---\nText\n",
    "tab.md": b"---\npaper:\n\tpmid: 1\n---\nText\n",
    "unknown-key.md": b"---\ntitel: A\n---\nText\n",
    "wrong-type.md": b"---\ntitle: A\ntopics: skin\n---\nText\n",
    "repeated.md": b"---\ntitle: A\ntitle: B\n---\nText\n",
    "invalid-date.md": b"---\nupdated: 2026-13-41\n---\nText\n",
    "not-utf-8.md": "---\ntitle: Größe\n---\nText\n".encode("latin-1"),
    "huge.md": b"x" * 50_000_000,
    "Bad Name.md": b"---\ntitle: A\n---\nText\n",
    "what-a-secretome-is.md": b"---\ntitle: A\n---\nText\n",
}


def vesicle(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([VESICLE, *words], cwd=at, capture_output=True, text=True, check=False)


def test_twelve_broken_files_in_one_folder_are_each_named_in_one_run(site: Site) -> None:
    for name, raw in BROKEN.items():
        (site.root / "content/findings" / name).write_bytes(raw)
    (site.root / "content/findings/link.md").symlink_to("/etc/hostname")
    (site.root / "content/findings/empty").mkdir()
    site.edit("content/issues/2020-11-26-conditioned-media.md", "vesicle-cargo-and-obesity", "vesicle-cargo")
    done = site.run("check", "--json")
    assert done.code == 1
    named = {Path(problem["file"]).name for problem in json.loads(done.out)}
    assert named == {*BROKEN, "link.md", "empty", "2020-11-26-conditioned-media.md"}
    readable = site.run("check")
    assert "Traceback" not in readable.out + readable.err
    assert "did you mean `title`?" in readable.err
    assert "did you mean `vesicle-cargo-and-obesity`?" in readable.err


@pytest.mark.long
def test_check_can_be_asked_about_some_files_alone(site: Site) -> None:
    (site.root / "content/findings/broken.md").write_text("no front matter")
    assert site.run("check", "content/explainers").code == 0
    assert site.run("check", "content/findings/broken.md").code == 1
    assert site.run("check", str(site.root / "content" / "findings")).code == 1


@pytest.mark.parametrize("kind", ["finding", "explainer"])
def test_a_new_item_is_clean_but_for_what_a_person_has_to_fill(site: Site, kind: str) -> None:
    site.ok("new", kind, "my-text")
    problems = json.loads(site.run("check", "--json").out)
    assert {problem["file"] for problem in problems} == {f"content/{kind}s/my-text.md"}
    wanted = {"title", "summary", "topics", "author", "text below"} | (
        {"paper", "claims", "caveat"} if kind == "finding" else {"snippets"}
    )
    texts = " ".join(problem["text"] for problem in problems)
    assert {name for name in wanted if name in texts} == wanted
    assert len(problems) == len(wanted)


def test_a_new_issue_is_clean_but_for_what_a_person_has_to_fill(site: Site) -> None:
    site.ok("new", "issue", "conditioned-media")
    problems = json.loads(site.run("check", "--json").out)
    assert sorted(problem["text"].split("`")[1] for problem in problems) == [
        "preheader",
        "sections",
        "subject",
    ]


def test_new_never_overwrites(site: Site) -> None:
    site.ok("new", "finding", "my-text")
    (site.root / "content/findings/my-text.md").write_text("mine")
    assert site.run("new", "finding", "my-text").code == 2
    assert (site.root / "content/findings/my-text.md").read_text() == "mine"


def test_new_opens_the_editor_that_is_set(site: Site) -> None:
    editor = site.root / "editor.sh"
    editor.write_text('#!/bin/sh\necho "$1" > opened\n')
    editor.chmod(0o755)
    assert site.run("new", "finding", "my-text", "--edit", env={"EDITOR": str(editor)}).code == 0
    assert (site.root / "opened").read_text().strip().endswith("content/findings/my-text.md")


def test_new_refuses_a_name_that_leads_elsewhere(site: Site) -> None:
    done = site.run("new", "finding", "../../Elsewhere")
    assert done.code == 2
    assert "write elsewhere" in done.err


def test_preview_writes_pages_that_reach_nothing_and_sends_nothing(site: Site) -> None:
    site.ok("preview", "--no-open")
    folder = site.root / "preview" / "2020-11-26-conditioned-media"
    for name in ("mail.en.html", "mail.th.html"):
        page = (folder / name).read_text()
        assert "VSCL" not in page
        assert 'href="#unsubscribe-is-off-in-the-preview"' in page
        assert 'href="#choose-is-off-in-the-preview"' in page
        assert "images/vesicle.png" in page
    assert not [path for path in folder.rglob("*.*") if b"VSCL" in path.read_bytes()]
    assert (folder / "images" / "vesicle.png").is_file()
    assert len(list((folder / "posts" / "bluesky").iterdir())) == 5
    assert site.mails() == []


def test_a_site_overrides_a_template_file_by_file_and_its_mistake_is_told_with_file_and_line(
    site: Site,
) -> None:
    packaged = Path(__file__).resolve().parents[2] / "templates"
    (site.root / "templates" / "newsletter").mkdir(parents=True)
    own = site.root / "templates" / "newsletter" / "issue.mjml.j2"
    text = (packaged / "newsletter" / "issue.mjml.j2").read_text()
    own.write_text(text.replace('<p class="name accent">', '<p class="name accent">Ours: '))
    site.ok("preview", "--no-open")
    assert "Ours: " in (site.root / "preview/2020-11-26-conditioned-media/mail.en.html").read_text()
    own.write_text(text.replace("<mj-column>", "<mj-colum>", 1))
    done = site.run("check")
    line = text[: text.index("<mj-column>")].count("\n") + 1
    assert done.code == 1
    assert "templates/newsletter/issue.mjml.j2" in done.err
    assert f"{line}  error" in done.err
    own.write_text("{{ unknown_name }}")
    assert "unknown_name" in site.run("check").err


def test_a_mistake_in_the_configuration_is_told_with_its_line_and_exit_code_2(site: Site) -> None:
    site.edit("config.yaml", "max_items: 5", "max_item: 5")
    done = site.run("check")
    assert done.code == 2
    assert "did you mean `max_items`?" in done.err
    assert "config.yaml" in done.err


def test_outside_of_a_site_the_way_to_one_is_told(tmp_path: Path) -> None:
    done = vesicle("check", at=tmp_path)
    assert done.returncode == 2
    assert "vesicle init" in done.stderr


def test_init_leaves_an_existing_site_alone(site: Site) -> None:
    before = (site.root / "config.yaml").read_text()
    assert site.run("init", ".").code == 2
    assert (site.root / "config.yaml").read_text() == before


@pytest.mark.long
def test_the_demo_runs_the_whole_flow_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        done = vesicle("demo", at=tmp_path)
        assert done.returncode == 0, done.stderr
        paths = list((tmp_path / "vesicle-demo/mailbox/new").iterdir())
        mails = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
        assert len(mails) == 3
        for mail in mails:
            assert mail.defects == []
            assert mail.get_body(("plain",)) is not None
            assert mail.get_body(("html",)) is not None
            assert mail["List-Unsubscribe"]
            assert mail["Message-ID"].endswith("@conditioned-media.example>")
    assert (tmp_path / "vesicle-demo/preview/index.html").is_file()


def test_the_demo_leaves_a_folder_that_it_did_not_make_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    assert vesicle("demo", "mine", at=tmp_path).returncode == 2
    assert (tmp_path / "mine" / "file").read_text() == "x"


def test_help_imports_nothing_heavy() -> None:
    heavy = [
        "sqlalchemy",
        "pydantic",
        "jinja2",
        "yaml",
        "rich",
        "feedparser",
        "httpx",
        "babel",
        "mjml",
        "asyncio",
    ]
    code = (
        "import sys\nfrom vesicle.cli import main\nmain(['--help'], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_colour_is_for_terminals_alone(site: Site) -> None:
    (site.root / "content/findings/broken.md").write_text("no front matter")
    assert "\x1b[" not in site.run("check").err
