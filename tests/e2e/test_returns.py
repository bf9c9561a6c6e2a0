"""What comes back, as an operator sets it up and looks at it."""

import json
import shutil
import signal
import smtplib
import socket
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import KEY, Site
from tests.e2e.test_readers import serving
from tests.unit.learn.mails import group, report, status

from vesicle.deliver.email import verp

pytestmark = pytest.mark.long

SECRET = "s" * 40
HOOKS = "\nwebhooks:\n  postmark: {secret: env:POSTMARK_HOOK_SECRET}\n"
MAILBOX = "\nreturns:\n  mailboxes:\n    bounces: {by: maildir, path: returned}\n"


@pytest.fixture
def settled(site: Site, readers: Path) -> Site:
    """A site with three readers, whose bounces come into a Maildir."""
    shutil.copytree(readers, site.root / ".vesicle", dirs_exist_ok=True)
    for name in ("tmp", "new", "cur"):
        (site.root / "returned" / name).mkdir(parents=True)
    with (site.root / "config.yaml").open("a") as file:
        file.write(MAILBOX)
    return site


def test_without_a_mailbox_it_says_what_to_do(site: Site) -> None:
    assert "name one below `returns`" in site.ok("returns")


def test_what_was_in_the_mailbox_is_told_as_a_table_and_as_json(settled: Site) -> None:
    new = settled.root / "returned" / "new"
    (new / "1.a").write_bytes(report(status(group())))
    assert json.loads(settled.ok("returns", "--json")) == [
        {
            "mailbox": "bounces",
            "mails": 1,
            "bounced": 0,
            "complained": 0,
            "left": 0,
            "automatic": 0,
            "unmatched": 1,
            "failure": "",
        }
    ]
    assert "bounces" in settled.ok("returns")
    assert [path.name for path in (settled.root / "returned" / ".unmatched" / "new").iterdir()] == ["1.a"]


def test_a_mailbox_that_is_not_there_ends_in_exit_code_3_with_its_name(settled: Site) -> None:
    settled.edit("config.yaml", "path: returned", "path: elsewhere")
    done = settled.run("returns")
    assert done.code == 3
    assert "there is no Maildir to read" in " ".join(done.out.split())


def test_a_mailbox_that_is_set_up_wrongly_is_told_with_its_line(settled: Site) -> None:
    settled.edit("config.yaml", "by: maildir, path: returned", "by: pigeon")
    done = settled.run("returns")
    assert done.code == 2
    assert "there is no mailbox called `pigeon`" in done.err


def test_a_provider_tells_of_a_complaint_and_nobody_else_can(settled: Site) -> None:
    with (settled.root / "config.yaml").open("a") as file:
        file.write(HOOKS)
    told = {"RecordType": "SpamComplaint", "ID": 7, "Email": "ann@readers.example"}
    with serving(settled, POSTMARK_HOOK_SECRET=SECRET) as pages:
        hook = f"{pages.url}/hooks/postmark"
        assert httpx.post(hook, json=told).status_code == 403
        assert httpx.post(f"{pages.url}/hooks/ses", json=told).status_code == 404
        assert "confirmed" in settled.ok("subscribers", "show", "ann@readers.example")
        for _ in range(2):
            assert httpx.post(hook, json=told, auth=("vesicle", SECRET)).status_code == 204
    assert "complained" in settled.ok("subscribers", "show", "ann@readers.example")


def test_run_takes_mails_by_lmtp_and_what_was_taken_counts(settled: Site) -> None:
    """The mail server of the machine hands a report over while `vesicle run` runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settled.edit("config.yaml", "by: maildir, path: returned", f"by: lmtp, path: returned, port: {port}")
    person_id = json.loads(settled.ok("subscribers", "show", "ann@readers.example", "--json"))["person"]["id"]
    token = verp.make(KEY.encode(), verp.BOUNCE, slug="some-issue", person_id=person_id)
    with settled.started("run") as process:
        assert process.stdout
        assert "Stop with Ctrl-C" in process.stdout.readline()
        to = f"b+{token}@returns.example"
        with smtplib.LMTP("127.0.0.1", port) as server:
            server.sendmail("", [to], report(status(group()), to=to, ours=""))
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        process.communicate()
    assert json.loads(settled.ok("returns", "--json"))[0]["bounced"] in (0, 1)  # 0: it was read by `run`
    assert "bounced" in settled.ok("subscribers", "show", "ann@readers.example")
