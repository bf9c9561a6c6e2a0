"""`send` and the commands that hold, resume, cancel and explain, as an operator uses them."""

import json
import re
import shutil
import signal
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, KEY, Site, opened

from vesicle.testing.mailserver import DROP, MailServer, Moment
from vesicle.text import tokens

UNDO = "\nsending:\n  undo_seconds: 600\n"


@pytest.fixture
def ready(sample: Path, readers: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with three readers and its issue approved."""

    with opened(sample, tmp_path) as site:
        shutil.copytree(readers, site.root / ".vesicle")
        site.ok("approve", ISSUE, "--by", "An editor")
        yield site


def people(mail: EmailMessage) -> set[str]:
    """Whose links are in a mail, by the page that each opens."""
    body = mail.get_body(("plain",))
    found = re.findall(r"/([up])/([\w.-]+)>", body.get_content() if body else "")
    assert {page for page, _ in found} == {"u", "p"}
    subjects = [
        tokens.read(KEY.encode(), {"u": "unsubscribe", "p": "choose"}[page], one) for page, one in found
    ]
    return {(subject or "").partition(".")[0] for subject in subjects}


@pytest.mark.long
def test_without_a_number_nothing_is_sent_and_the_number_is_told(ready: Site) -> None:
    said = ready.ok("send", ISSUE)
    assert "would go to 3 subscribers" in said
    assert f"vesicle send {ISSUE} --expect 3" in said
    assert ready.mails() == []


@pytest.mark.long
def test_a_wrong_number_sends_nothing(ready: Site) -> None:
    done = ready.run("send", ISSUE, "--expect", "4")
    assert done.code == 2
    assert "3 subscribers would get it, not 4" in done.err
    assert ready.mails() == []


def test_the_right_number_sends_it_once(ready: Site) -> None:
    assert "3 sent" in ready.ok("send", ISSUE, "--expect", "3")
    assert len(ready.mails()) == 3
    assert ready.run("send", ISSUE, "--expect", "3").code == 2
    ready.ok("send", ISSUE, "--expect", "0")
    assert len(ready.mails()) == 3


@pytest.mark.long
def test_a_dry_run_with_the_right_number_sends_nothing(ready: Site) -> None:
    ready.ok("send", ISSUE, "--expect", "3", "--dry-run")
    assert ready.mails() == []


def test_ctrl_c_in_the_time_to_undo_holds_the_issue_before_anybody_got_it(ready: Site) -> None:
    ready.edit("config.yaml", "\nsending:\n  undo_seconds: 0\n", UNDO)
    with ready.started("send", ISSUE, "--expect", "3") as process:
        assert process.stderr
        assert any("Ctrl-C holds it" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert ready.mails() == []
    held = ready.run("send", ISSUE, "--expect", "3")
    assert held.code == 1
    assert f"vesicle resume {ISSUE}" in held.out
    ready.edit("config.yaml", UNDO, "\nsending:\n  undo_seconds: 0\n")
    assert "3 pending" in ready.ok("resume", ISSUE)


@pytest.mark.long
def test_a_test_goes_to_one_address_in_every_language_and_the_issue_is_still_to_be_sent(ready: Site) -> None:
    assert "2 mails sent to me@example.org" in ready.ok("send", ISSUE, "--test", "me@example.org")
    mails = ready.mails()
    assert {mail["To"] for mail in mails} == {"me@example.org"}
    assert all(mail["Subject"].startswith("[TEST] ") for mail in mails)
    ready.ok("send", ISSUE, "--expect", "3")
    assert len(ready.mails()) == 5
    # Whoever gets the test can leave or choose for nobody.
    of_nobody, of_readers = (
        {who for mail in some for who in people(mail)} for some in (mails, ready.mails())
    )
    assert len(of_nobody) == 1
    assert len(of_readers - of_nobody) == 3


@pytest.mark.long
def test_what_is_held_is_not_sent_until_it_is_resumed_and_cancelled_is_for_ever(ready: Site) -> None:
    assert ready.run("hold", ISSUE).code == 2
    ready.ok("send", ISSUE, "--expect", "3")
    assert "3 sent" in ready.ok("hold", ISSUE)
    assert "3 sent" in ready.ok("resume", ISSUE)
    assert "0 readers will not get it" in ready.ok("cancel", ISSUE)
    assert ready.run("resume", ISSUE).code == 2


@pytest.mark.long
def test_deliveries_names_who_did_not_get_it_and_why(sample: Path, readers: Path, tmp_path: Path) -> None:

    def script(moment: Moment, address: str) -> str:
        if moment is Moment.RCPT and address.startswith("ann"):
            return "550 5.1.1 no such mailbox"
        return DROP if moment is Moment.DOT and address.startswith("boon") else ""

    with opened(sample, tmp_path) as site, MailServer(tmp_path / "other", script=script) as server:
        shutil.copytree(readers, site.root / ".vesicle")
        site.edit("config.yaml", f"port: {site.server.port}", f"port: {server.port}")
        site.ok("approve", ISSUE, "--by", "An editor")
        site.ok("send", ISSUE, "--expect", "3")
        said = site.ok("deliveries", ISSUE)
        assert "no such mailbox" in said
        assert "boon@readers.example" in said
        rows = [json.loads(line) for line in site.ok("deliveries", ISSUE, "--json").splitlines()]
        assert {(row["email"], row["state"]) for row in rows} == {
            ("ann@readers.example", "failed"),
            ("boon@readers.example", "unknown"),
        }
        assert "1 delivery" in site.ok("deliveries", ISSUE, "--resume-unknown", "skip")
        assert "skipped" in site.ok("deliveries", ISSUE, "--state", "skipped")


@pytest.mark.long
def test_files_that_change_after_the_freeze_hold_the_issue_until_somebody_says_to_go_on(
    sample: Path, readers: Path, tmp_path: Path
) -> None:

    def busy(moment: Moment, address: str) -> str:
        return "451 4.3.0 later" if moment is Moment.RCPT and address.startswith("ann") else ""

    with opened(sample, tmp_path) as site, MailServer(tmp_path / "other", script=busy) as server:
        shutil.copytree(readers, site.root / ".vesicle")
        site.edit("config.yaml", f"port: {site.server.port}", f"port: {server.port}")
        site.ok("approve", ISSUE, "--by", "An editor")
        assert "1 deferred" in site.ok("send", ISSUE, "--expect", "3")
        site.issue.write_text(site.issue.read_text() + "\nOne more sentence.\n")
        held = site.run("send", ISSUE, "--expect", "1")
        assert held.code == 1
        assert "changed since it was frozen" in held.out
        assert "--as-frozen" in held.out
        site.ok("resume", ISSUE, "--as-frozen")
        assert "2 sent" in site.ok("send", ISSUE, "--expect", "1")


@pytest.mark.long
def test_sigterm_ends_the_daemon_and_a_second_sender_stands_aside(ready: Site) -> None:
    with ready.started("run", "--every", "1") as process:
        assert process.stdout
        assert any("3 sent" in line for line in process.stdout)
        second = ready.run("run", "--once")
        assert second.code == 3
        assert "another vesicle is sending" in second.err
        assert ready.run("hold", ISSUE).code == 0
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def to_others(site: Site) -> None:
    """Let the site's mail go to a server that is not on this machine; it is never asked."""
    host = f"host: localhost\n    port: {site.server.port}"
    site.edit("config.yaml", host + "\n    security: none", "host: mail.invalid\n    port: 587")


@pytest.mark.long
def test_a_send_to_others_is_refused_while_nobody_knows_how_its_papers_stand(ready: Site) -> None:
    to_others(ready)
    held = ready.run("send", ISSUE, "--expect", "3")
    assert held.code == 1
    assert "vesicle watch --follow-up" in held.out
    assert ready.run("deliveries", ISSUE).code == 2


@pytest.mark.long
def test_a_send_to_others_is_refused_while_nobody_could_leave(
    sample: Path, readers: Path, tmp_path: Path
) -> None:
    with opened(sample, tmp_path) as site:
        shutil.copytree(readers, site.root / ".vesicle")
        to_others(site)
        site.edit("config.yaml", "url: https://conditioned-media.example", "url: https://127.0.0.1:1")
        with (site.root / "config.yaml").open("a") as file:
            file.write("checks:\n  links: {enabled: false}\n")
        site.issue.with_suffix(".th.md").unlink()
        site.issue.write_text(without_findings(site.issue.read_text()))
        site.ok("approve", ISSUE, "--by", "An editor")
        held = site.run("send", ISSUE, "--expect", "3")
        assert held.code == 1
        assert "nobody could leave: the address to unsubscribe does not answer" in held.out
        assert site.run("deliveries", ISSUE).code == 2


def without_findings(text: str) -> str:
    """Leave the first section of an issue out, which has the findings."""
    before, _, rest = text.partition("  - heading:")
    return before + "  - heading:" + rest.partition("  - heading:")[2]
