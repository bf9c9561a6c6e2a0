"""`backup` and `restore`, as an operator uses them."""

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, KEY, Site, opened

from vesicle.app import App
from vesicle.queue.clock import now
from vesicle.queue.lock import sole_sender

pytestmark = pytest.mark.long


@pytest.fixture
def ready(sample: Path, readers: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with three readers and its issue approved."""
    with opened(sample, tmp_path) as site:
        shutil.copytree(readers, site.root / ".vesicle")
        site.ok("approve", ISSUE, "--by", "An editor")
        yield site


def test_a_backup_is_written_checked_and_told(ready: Site, tmp_path: Path) -> None:
    said = ready.ok("backup", str(tmp_path / "copy.db"))
    assert "3 subscribers" in said
    assert "no backup has it" in said
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    again = ready.run("backup", str(tmp_path / "copy.db"))
    assert again.code == 2
    assert "is there already" in again.err


def test_it_needs_no_key(ready: Site, tmp_path: Path) -> None:
    assert ready.run("backup", str(tmp_path / "copy.db"), env={"VESICLE_KEY": ""}).code == 0


def test_a_folder_keeps_the_newest(ready: Site, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"vesicle-2026110{day}T020000Z.db" for day in (1, 2, 3)]
    mine = folder / "before-the-move.db"
    for one in (*old, mine):
        one.touch()
    told = json.loads(ready.ok("backup", str(folder), "--keep", "2", "--json"))
    assert told["deleted"] == [str(one) for one in old[:2]]
    assert told["rows"]["subscribers"] == 3
    assert {one.name for one in folder.iterdir()} == {old[2].name, mine.name, Path(told["file"]).name}


def test_what_cannot_be_backed_up_is_said(ready: Site, tmp_path: Path) -> None:
    assert ready.run("backup", str(tmp_path / "copy.db"), "--keep", "2").code == 2
    assert ready.run("backup", str(tmp_path / "no" / "copy.db")).code == 2
    shutil.rmtree(ready.root / ".vesicle")
    none = ready.run("backup", str(tmp_path / "copy.db"))
    assert none.code == 2
    assert "no database yet" in none.err


def test_in_its_own_place_nobody_gets_it_twice(ready: Site, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.db")
    ready.ok("backup", copy)
    ready.ok("send", ISSUE, "--expect", "3")
    said = ready.ok("restore", copy)
    assert "Nothing went out that is not known." in said
    assert "3 deliveries since" in said
    ready.ok("run", "--once")
    assert len(ready.mails()) == 3


def test_elsewhere_an_issue_that_was_approved_is_held_until_somebody_settles_who_got_it(
    ready: Site, tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy.db")
    ready.ok("backup", copy)
    ready.ok("send", ISSUE, "--expect", "3")
    got = ready.mails()
    shutil.rmtree(ready.root / ".vesicle")
    assert "Whether more went out since is not known" in ready.ok("restore", copy)
    # Frozen, so that it can be looked at, and held: the copy does not know that it went out.
    ready.run("run", "--once")
    held = ready.run("run", "--once")
    assert held.code == 1
    assert "older copy" in held.out
    refused = ready.run("resume", ISSUE)
    assert refused.code == 2
    assert "3 readers would get it" in refused.err
    (tmp_path / "mail.log").write_text("\n".join(f"message-id={mail['Message-ID']}" for mail in got[:2]))
    assert "2 deliveries" in ready.ok("deliveries", ISSUE, "--arrived", str(tmp_path / "mail.log"))
    assert ready.run("resume", ISSUE, "--expect", "3").code == 2
    ready.ok("resume", ISSUE, "--expect", "1")
    ready.ok("run", "--once")
    mails = [mail["Message-ID"] for mail in ready.mails()]
    assert len(mails) == 4
    assert len(set(mails)) == 3


def test_a_restore_is_refused_while_a_sender_runs_with_another_key_or_without_a_copy(
    ready: Site, tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy.db")
    ready.ok("backup", copy)
    with sole_sender(ready.root / ".vesicle" / "vesicle.db"):
        busy = ready.run("restore", copy)
    assert busy.code == 3
    assert "another vesicle is sending" in busy.err
    other = ready.run("restore", copy, env={"VESICLE_KEY": "z" * 64})
    assert other.code == 2
    assert "belongs to the key" in other.err
    assert ready.run("restore", str(tmp_path / "no.db")).code == 2
    told = json.loads(ready.ok("restore", copy, "--json"))
    assert told["complete"] is True
    assert told["held"] == []


def test_the_database_is_tidied_as_config_yaml_says(ready: Site) -> None:
    config = ready.root / "config.yaml"
    config.write_text(config.read_text() + "\nretention:\n  departures_days: 60\n  harvests_days: 0\n")
    app = App(ready.root, clock=now, environ={"VESICLE_KEY": KEY})
    long_ago = "2020-01-01 00:00:00"
    with app.database.writing() as connection:
        connection.exec_driver_sql(f"INSERT INTO departures (at, reason) VALUES ('{long_ago}', 'other')")
        for _ in range(2):
            connection.exec_driver_sql(
                f"INSERT INTO harvests (source, at, harvest) VALUES ('pubmed', '{long_ago}', '{{}}')"
            )
    assert app.keeping.tidy(now()).rows == {"departures": 1}
    assert app.keeping.tidy(now()).rows == {}
    app.database.close()
