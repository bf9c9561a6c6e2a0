"""Work that is done in a process of its own."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vesicle.app import App
from vesicle.app.chores import Chores
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.queue.clock import now
from vesicle.store.content.settled import stamp
from vesicle.store.packaged import make_site

KEY = "k" * 64
ISSUE = "2026-11-26-conditioned-media"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>https://x.example</link>
<item><title>A paper on secretomes</title><link>https://x.example/1</link><guid>1</guid></item></channel></rss>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    make_site(folder)
    (folder / "feed.xml").write_text(FEED)
    config = (folder / "config.yaml").read_text()
    config = config.replace("sources:\n", "sources:\n  shelf: {by: feed, feed: feed.xml}\n", 1)
    (folder / "config.yaml").write_text(config)
    return folder


def chores(site: Path, *, stopping: Callable[[], bool] = lambda: False, **environ: str) -> Chores:
    return Chores(site, {"VESICLE_KEY": KEY, "PATH": os.environ["PATH"], **environ}, stopping=stopping)


def opened(site: Path) -> App:
    return App(site, clock=now, environ={"VESICLE_KEY": KEY})


def test_a_source_is_asked_there_and_what_it_gave_is_in_the_inbox(site: Path) -> None:
    account = chores(site).watch("shelf")
    assert (account.source, account.new, account.problem) == ("shelf", 1, "")
    assert [one.paper.title for one in opened(site).inbox.candidates()] == ["A paper on secretomes"]


def test_an_issue_is_rendered_there_as_it_is_here(site: Path) -> None:
    app = opened(site)
    content = app.content.read()
    there = chores(site).prepare(ISSUE, stamp(site / "content"))
    here = app.prepare(content.issues[ISSUE], content)
    assert there is not None
    assert (there.hash, there.problems, there.issue) == (here.hash, here.problems, here.issue)


def test_of_files_that_have_changed_nothing_is_rendered(site: Path) -> None:
    before = stamp(site / "content")
    (site / "content" / "issues" / "new.md").write_text("---\n---\n")
    assert chores(site).prepare(ISSUE, before) is None


def test_what_is_raised_there_on_purpose_is_raised_here_whole(site: Path) -> None:
    with (site / "config.yaml").open("a") as file:
        file.write("wrong: 1\nworse: 2\n")
    with pytest.raises(UserError) as caught:
        chores(site).follow_up()
    assert [one.code for one in caught.value.problems] == ["fields.unknown-key"] * 2


def test_a_process_that_ends_by_itself_is_a_failure_that_may_pass(site: Path) -> None:
    (site / "crash.py").write_text("import os\nos._exit(9)\n")
    (site / "config.yaml").write_text(
        (site / "config.yaml").read_text().replace("by: feed, feed: feed.xml", "by: 'crash:Source'")
    )
    with pytest.raises(TemporaryFailure, match="ended by itself"):
        chores(site, PYTHONPATH=str(site)).watch("shelf")


def test_asked_to_stop_nobody_waits_for_it(site: Path) -> None:
    (site / "slow.py").write_text("import threading\nthreading.Event().wait()\n")
    (site / "config.yaml").write_text(
        (site / "config.yaml").read_text().replace("by: feed, feed: feed.xml", "by: 'slow:Source'")
    )
    asked = iter([False, False, True])
    start = time.monotonic()
    with pytest.raises(TemporaryFailure, match="to stop"):
        chores(site, PYTHONPATH=str(site), stopping=lambda: next(asked)).watch("shelf")
    assert time.monotonic() - start < 30
