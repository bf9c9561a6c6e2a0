"""The whole loop by its commands: from files to a mailbox and an outbox."""

import json
import shutil
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, PEOPLE, ROOT, Site


@pytest.fixture
def ready(site: Site, readers: Path) -> Site:
    """Give a site with three readers."""
    shutil.copytree(readers, site.root / ".vesicle")
    return site


def test_one_due_issue_is_sent_once_and_a_second_run_sends_nothing(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    assert len(ready.mails()) == 3
    assert "Nothing is due" in ready.ok("run", "--once")
    assert len(ready.mails()) == 3


def test_each_reader_gets_one_whole_mail_in_their_language(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    mails = ready.mails()
    assert [parseaddr(mail["To"])[1] for mail in mails] == [
        "ann@readers.example",
        "boon@readers.example",
        "roya@readers.example",
    ]
    assert [mail["Content-Language"] for mail in mails] == ["en", "th", "en"]
    assert len({mail["Message-ID"] for mail in mails}) == 3
    for mail in mails:
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert mail["Message-ID"].endswith("@conditioned-media.example>")
        assert mail["List-Unsubscribe"].startswith("<https://conditioned-media.example/u/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert parsedate_to_datetime(mail["Date"]).tzinfo
        link = mail["List-Unsubscribe"].strip("<>")
        for part in mail.iter_parts():
            assert link in part.get_content()
            assert "VSCL" not in part.get_content()


def test_posts_of_the_issues_items_are_in_the_outbox_once_and_wait_for_a_person(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    said = ready.ok("run", "--once")
    assert "see `vesicle posts`" in said
    outbox = ready.root / "outbox"
    written = sorted(path.relative_to(outbox).as_posix() for path in outbox.rglob("*.*"))
    assert len([path for path in written if path.startswith("bluesky/") and path.endswith("index.html")]) == 5
    folder = "mastodon/what-a-secretome-is.en"
    assert {f"{folder}/{name}" for name in ("post.txt", "alt.txt", "card.png", "index.html")} <= {*written}
    ready.ok("run", "--once")
    assert sorted(path.relative_to(outbox).as_posix() for path in outbox.rglob("*.*")) == written


@pytest.mark.long
def test_a_person_says_that_a_post_is_out(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    name = f"{ISSUE}/what-a-secretome-is/mastodon"
    waiting = [one["post"] for one in json.loads(ready.ok("posts", "--channel", "mastodon", "--json"))]
    assert name in waiting
    assert ready.ok("post", "--confirm", name) == f"{name} is published: written down.\n"
    waiting = [one["post"] for one in json.loads(ready.ok("posts", "--channel", "mastodon", "--json"))]
    assert name not in waiting
    assert [one["post"] for one in json.loads(ready.ok("posts", "out", "--json"))] == [name]
    assert ready.run("post", "--confirm", name).code == 2


@pytest.mark.long
def test_an_issue_that_nobody_approved_is_never_sent(ready: Site) -> None:
    done = ready.run("run", "--once")
    assert done.code == 1
    assert "not approved" in done.out
    assert ready.run("send", ISSUE).code == 1
    assert ready.mails() == []


@pytest.mark.long
def test_a_change_after_approval_holds_the_issue_until_it_is_approved_again(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.edit(
        "content/findings/vesicle-cargo-and-obesity.md", "Five donors in each group", "5 donors in each group"
    )
    assert "changed since it was approved" in ready.run("run", "--once").out
    assert ready.mails() == []
    ready.ok("approve", ISSUE, "--by", "An editor")
    ready.ok("run", "--once")
    assert len(ready.mails()) == 3


@pytest.mark.long
def test_an_approval_made_on_another_machine_counts_with_the_same_files(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    (ready.root / ".vesicle").rename(ready.root / "other-database")
    (ready.root / "people.csv").write_text(PEOPLE)
    ready.ok("subscribers", "import", "people.csv")
    ready.ok("run", "--once")
    assert len(ready.mails()) == 3


def test_an_issue_with_an_error_is_not_approved_and_not_sent(ready: Site) -> None:
    before = ready.issue.read_bytes()
    ready.edit("content/findings/vesicle-cargo-and-obesity.md", "(n = 5 each)", "(n = 50 each)")
    done = ready.run("approve", ISSUE)
    assert done.code == 1
    assert "vesicle-cargo-and-obesity.md" in done.err
    assert ready.issue.read_bytes() == before


@pytest.mark.long
def test_a_server_that_is_away_costs_nobody_their_mail(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    port = ready.server.port
    ready.edit("config.yaml", f"port: {port}", "port: 1")
    assert ready.run("run", "--once").code == 3
    assert ready.mails() == []


@pytest.mark.long
def test_composing_writes_the_next_issue_once_and_never_touches_it_again(site: Site) -> None:
    site.ok("compose")
    path = next(
        path
        for path in (site.root / "content/issues").iterdir()
        if path.stem != ISSUE and path.suffixes == [".md"]
    )
    assert "draft" in path.read_text()
    edited = path.read_text().replace("Findings", "My own heading") + "\nMy own words.\n"
    path.write_text(edited)
    assert "left as it is" in site.ok("compose")
    assert path.read_text() == edited
    site.ok("check", str(path.relative_to(site.root)))


@pytest.mark.long
def test_sending_refuses_another_number_of_people_than_expected(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    assert ready.run("send", ISSUE, "--expect", "4").code == 2
    assert "3 subscribers" in ready.ok("send", ISSUE, "--dry-run")
    assert ready.mails() == []
    ready.ok("send", ISSUE, "--expect", "3")
    assert len(ready.mails()) == 3


def test_without_a_key_nothing_is_sent_and_the_way_to_make_one_is_told(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    done = ready.run("run", "--once", env={"VESICLE_KEY": ""})
    assert done.code == 2
    assert "openssl rand -hex 32" in done.err
    assert ready.mails() == []


def with_source(site: Site, feed: str) -> None:
    """Watch a feed alone, without asking PubMed for the records."""
    config = (site.root / "config.yaml").read_text()
    start, end = config.index("sources:\n"), config.index("# Where newsletters")
    source = f"sources:\n  pubmed_rss:\n    feed: {feed}\n    records: false\n\n"
    (site.root / "config.yaml").write_text(config[:start] + source + config[end:])


@pytest.mark.long
def test_watching_puts_a_feeds_papers_into_the_inbox_once(site: Site) -> None:
    feed = site.root / "feed.xml"
    feed.write_bytes((ROOT / "tests/e2e/feed.xml").read_bytes())
    with_source(site, "feed.xml")
    first = json.loads(site.ok("watch", "--json"))
    again = json.loads(site.ok("watch", "--json"))
    assert [(one["found"], one["new"]) for one in (*first, *again)] == [(3, 3), (3, 0)]
    assert {one["pmid"] for one in json.loads(site.ok("inbox", "--json"))} == {
        "900000001",
        "900000002",
        "900000003",
    }


def test_a_source_that_fails_is_named_with_exit_code_3(site: Site) -> None:
    with_source(site, "nowhere.xml")
    done = site.run("watch")
    assert done.code == 3
    assert "nowhere.xml cannot be read" in done.out


@pytest.mark.long
def test_the_daemon_sends_what_is_due_and_stops_when_told(ready: Site) -> None:
    ready.ok("approve", ISSUE, "--by", "An editor")
    with ready.started("run", "--every", "1") as daemon:
        assert daemon.stdout
        while "3 sent" not in (line := daemon.stdout.readline()):
            assert line, "the daemon ended by itself"
        assert ready.run("run", "--once").code == 3
        daemon.terminate()
        assert daemon.wait(timeout=20) == 0
    assert len(ready.mails()) == 3
