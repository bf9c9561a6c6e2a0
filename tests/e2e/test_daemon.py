"""`vesicle run` as a process: it reads its settings again, stands by, and takes content that comes by git."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, Site, ago
from tests.rim.daemon.daemon import READY, STANDS_BY, Daemon
from tests.rim.daemon.manager import Manager


@contextmanager
def running(site: Site, **environ: str) -> Iterator[Daemon]:
    """Let a daemon run, and end it as an operator does."""
    with Daemon(site.root, environ={**site.environ, **environ}) as daemon:
        yield daemon
        daemon.stop()


@pytest.fixture
def ready(site: Site, readers: Path) -> Site:
    """Give a site with three readers."""
    shutil.copytree(readers, site.root / ".vesicle")
    return site


@pytest.mark.long
def test_sighup_lets_it_read_new_settings_and_refuse_broken_ones(ready: Site) -> None:
    with Manager() as manager, running(ready, **manager.environ) as daemon:
        daemon.until(READY)
        ready.edit("config.yaml", "cadence: every thursday at 09:00", "cadence: every friday at 09:00")
        daemon.hang_up()
        daemon.until("The settings were read again.")
        daemon.until(READY)
        manager.tick()
        pulse = json.loads((ready.root / ".vesicle" / "health.json").read_text())
        ready.edit("config.yaml", "cadence: every friday at 09:00", "cadence: on fridays")
        daemon.hang_up()
        daemon.until("run.settings-refused")
        assert daemon.stop() == 0
    assert pulse["generation"] == 2
    assert "config.yaml" in daemon.said
    assert "cannot be `on fridays`" in daemon.said
    assert "The settings of before stay in force." in daemon.said


@pytest.mark.long
def test_a_second_daemon_stands_by_and_takes_over_when_the_first_is_killed(ready: Site) -> None:
    with running(ready) as first:
        first.until(READY)
        with running(ready) as second:
            second.until(STANDS_BY)
            first.kill()
            ready.ok("approve", ISSUE, "--by", "An editor")
            second.until("3 sent")
    assert len(ready.mails()) == 3


def git(folder: Path, *words: str) -> None:
    """Run git with an identity of its own, untouched by this machine's settings."""
    who = (
        "-c",
        "user.name=An editor",
        "-c",
        "user.email=editor@example.org",
        "-c",
        "init.defaultBranch=main",
    )
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def cloned(ready: Site, tmp_path: Path) -> Path:
    """Put the site under git; give another clone of it, from which the daemon's files come."""
    bare, other = tmp_path / "bare.git", tmp_path / "laptop"
    git(tmp_path, "init", "--bare", "--quiet", str(bare))
    for words in (
        ("init", "--quiet"),
        ("add", "config.yaml", "content", ".gitignore"),
        ("commit", "--quiet", "-m", "The site"),
        ("remote", "add", "origin", str(bare)),
        ("push", "--quiet", "--set-upstream", "origin", "HEAD"),
    ):
        git(ready.root, *words)
    git(tmp_path, "clone", "--quiet", str(bare), str(other))
    with (ready.root / "config.yaml").open("a") as file:
        file.write("content: {git: true, every_minutes: 1}\n")
    git(ready.root, "update-index", "--assume-unchanged", "config.yaml")
    return other


@pytest.mark.long
def test_an_approval_made_on_a_laptop_comes_by_git_and_counts(ready: Site, cloned: Path) -> None:
    laptop = Site(root=cloned, server=ready.server)
    laptop.ok("approve", ISSUE, "--by", "An editor at home")
    git(cloned, "commit", "--quiet", "-am", "Approved")
    git(cloned, "push", "--quiet")
    with running(ready) as daemon:
        daemon.until("3 sent")
    assert len(ready.mails()) == 3
    assert "An editor at home" in ready.issue.read_text()


@pytest.mark.long
def test_work_that_is_not_upstream_is_told_and_kept(ready: Site, cloned: Path) -> None:
    for folder, text in ((cloned, "theirs"), (ready.root, "ours")):
        (folder / "content" / "note.txt").write_text(text)
        git(folder, "add", "content/note.txt")
        git(folder, "commit", "--quiet", "-m", text)
    git(cloned, "push", "--quiet")
    with running(ready) as daemon:
        assert "git cannot pull" in daemon.until("content.stuck")
    assert (ready.root / "content" / "note.txt").read_text() == "ours"
    done = ready.run("run", "--once")
    assert "git cannot pull" in done.err


@pytest.mark.long
def test_an_issue_beyond_its_grace_is_missed_and_told_and_one_within_it_made_up(ready: Site) -> None:
    text = ready.issue.read_text()
    due = next(line for line in text.splitlines() if line.startswith("due: "))
    ready.issue.write_text(text.replace(due, f"due: {ago(hours=7)}"))
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    assert ready.mails() == []
    assert "missed" in ready.ok("schedule", "--days", "1")
    ready.issue.write_text(text.replace(due, f"due: {ago(hours=5)}"))
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    assert len(ready.mails()) == 3
