"""Copies of a database: made while others write, whole or not there."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.rim.keeping.site import KEY, LEASE, NOW, Site

from vesicle.model.errors import OutsideError, TemporaryFailure, UserError
from vesicle.store.database import driver
from vesicle.store.snapshot import back_up, fold, look_through

WRITER = """
import sys, time
from vesicle.store.database import driver
connection = driver().connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("PRAGMA journal_mode = WAL")
longest, number = 0.0, 0
print("writing", flush=True)
while number < 50 or not __import__("os").path.exists(sys.argv[2]):
    started = time.perf_counter()
    connection.execute("INSERT INTO departures (at, reason) VALUES ('2026-11-26 09:00:00', 'other')")
    longest, number = max(longest, time.perf_counter() - started), number + 1
print(number, longest, flush=True)
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site", people=20)
    site.freeze("issue")
    return site


@contextmanager
def writing(path: Path, until: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes, a commit after the other, until there is a file *until*."""
    command = [sys.executable, "-c", WRITER, str(path), str(until)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        yield process
        until.touch()


def test_a_copy_is_one_file_for_its_owner_alone_and_holds_all(site: Site) -> None:
    copy = site.back_up()
    assert sorted(one.name for one in site.path.parent.glob("*copy*")) == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    found = look_through(copy)
    assert (found.made, found.rows["subscribers"], found.rows["deliveries"]) == (NOW, 20, 20)
    assert KEY not in copy.read_bytes()


@pytest.mark.long
def test_a_copy_is_of_one_moment_and_ends_although_another_process_writes_all_the_time(
    site: Site, tmp_path: Path
) -> None:
    with closing(driver().connect(site.path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE ballast (x)")
        for _ in range(80):  # 16 MiB, so that it takes several steps
            connection.execute("INSERT INTO ballast VALUES (zeroblob(200000))")
    steps: list[tuple[int, int]] = []
    with writing(site.path, tmp_path / "over") as process, site.opened() as database:
        back_up(database, tmp_path / "copy.db", now=NOW, told=lambda *step: steps.append(step))
        (tmp_path / "over").touch()
        assert process.stdout
        number, longest = process.stdout.readline().split()
    # SQLite's backup would begin anew at each commit of another process: it would tell of more steps.
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert len(steps) > 1
    assert int(number) >= 50
    assert float(longest) < 5.0  # nobody waits for its end
    look_through(tmp_path / "copy.db")


def test_a_file_that_is_there_is_not_written_over(site: Site) -> None:
    copy = site.back_up()
    before = copy.read_bytes()
    with pytest.raises(UserError, match="is there already"):
        site.back_up()
    assert copy.read_bytes() == before


def test_a_copy_that_cannot_be_finished_leaves_nothing_behind(site: Site, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "backups"
    folder.mkdir()
    with site.opened() as database, pytest.raises(KeyboardInterrupt):
        back_up(database, folder / "copy.db", now=NOW, told=stop)
    assert list(folder.iterdir()) == []
    with site.opened() as database, pytest.raises(TemporaryFailure, match="nowhere"):
        back_up(database, tmp_path / "nowhere" / "copy.db", now=NOW)


def test_what_a_killed_one_left_is_swept_by_the_next(site: Site) -> None:
    left = site.path.parent / ".copy.db.part"
    left.write_bytes(b"half")
    site.back_up()
    assert not left.exists()


def test_a_damaged_database_gives_no_copy(site: Site, tmp_path: Path) -> None:
    fold(site.path)
    size = site.path.stat().st_size
    with site.path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(os.urandom(8192))
    with site.opened() as database, pytest.raises((UserError, OutsideError)):
        back_up(database, tmp_path / "copy.db", now=NOW)
    assert not list(tmp_path.glob("*copy*"))


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no database of Vesicle"), (b"a letter" * 1000, "damaged"), (b"SQLite format 3\0", "damaged")],
)
def test_what_is_no_copy_of_ours_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "letter.db"
    file.write_bytes(content)
    with pytest.raises(UserError, match=says):
        look_through(file)


def test_a_copy_of_a_newer_vesicle_is_refused(site: Site) -> None:
    copy = site.back_up()
    with closing(driver().connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(UserError, match="version 999"):
        look_through(copy)


def test_a_copy_made_during_a_run_has_what_was_in_hand(site: Site) -> None:
    with site.sending() as ledger:
        ledger.take("email", limit=3, now=NOW, lease=LEASE)
        copy = site.back_up()
    with closing(driver().connect(copy)) as connection:
        taken = connection.execute("SELECT count(*) FROM deliveries WHERE state = 1").fetchone()[0]
    assert taken == 3
