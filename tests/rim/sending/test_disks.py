"""Disks that are full, read-only, corrupted, locked or older than they should be: rows 10, 12, 14 and 15."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

import pytest
from tests.rim.sending import parts
from tests.rim.sending.invariants import summary, violations
from tests.rim.sending.scene import Scene, Step, driver, is_step

from vesicle.model.delivery import Gate, State
from vesicle.queue.clock import now

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and signals are what is tested")

PEOPLE = 300
SIZE = 16 << 20
SLOW = ("--delay", "0.02")


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """Put a file system of 16 MiB at *path*."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a small disk of its own, for the site."""
    folder = tmp_path / "site"
    folder.mkdir()
    with small_disk(folder):
        yield tmp_path


def held(steps: list[Step]) -> str:
    return next(step.rest for step in steps if step.what in ("held", "refused"))


@pytest.mark.live
def test_row_10_on_a_full_disk_no_dot_leaves_and_with_room_again_the_send_goes_on(disk: Path) -> None:
    with Scene(disk, people=PEOPLE, sink=SLOW) as scene:
        sender = scene.start(scene.order(connections=4))
        for _ in range(20):
            scene.told.until(is_step("reply"))
        ballast = scene.database.with_name("ballast")
        fill(ballast)
        code, steps = scene.ended(sender)
        scene.settle()
        assert code == 3
        assert "full" in held(steps)
        assert len(scene.accepted()) < PEOPLE
        ballast.unlink()
        past = scene.history(kills=[4], is_over=False)
        assert violations(past) == []
        exits = [scene.finish(connections=4)[0]]
        scene.settle()
        past = scene.history(kills=[4], exits=exits)
    assert violations(past) == []
    assert summary(past).sent >= PEOPLE - 4


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@pytest.mark.live
def test_a_read_only_disk_is_refused_by_name_and_nothing_is_sent(disk: Path) -> None:
    with Scene(disk, people=20) as scene:
        subprocess.run(["mount", "-o", "remount,ro", str(scene.database.parent)], check=True)
        order = scene.order(alone=False)
        code, steps = scene.ended(scene.start(order))
        assert code in (2, 3)
        assert str(scene.database) in held(steps)
        assert scene.accepted() == []
        subprocess.run(["mount", "-o", "remount,rw", str(scene.database.parent)], check=True)
        assert scene.finish()[0] == 0
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    assert summary(past).sent == 20


def test_row_12_a_database_locked_for_too_long_lets_no_dot_leave(tmp_path: Path) -> None:
    with Scene(tmp_path, people=20) as scene:
        scene.shut()
        sender = scene.start(scene.order(connections=2, busy=0.2))
        scene.told.until(is_step("open"))
        with locked(scene.database):
            scene.open()
            code, steps = scene.ended(sender)
            scene.settle()
            assert code == 3
            assert "locked" in held(steps)
            assert scene.accepted() == []
        exits = [scene.finish(connections=2)[0]]
        scene.settle()
        past = scene.history(exits=exits)
    assert violations(past) == []
    assert summary(past).sent == 20


def test_row_12_a_database_locked_at_the_start_is_named(tmp_path: Path) -> None:
    with Scene(tmp_path, people=20) as scene:
        with locked(scene.database):
            code, steps = scene.ended(scene.start(scene.order(busy=0.2)))
            assert code in (2, 3)
            assert "locked" in held(steps)
        assert scene.finish()[0] == 0
        scene.settle()
        assert violations(scene.history()) == []


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Write to the database for the time of a block."""
    connection = driver().connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


@pytest.mark.parametrize("where", ["head", "middle", "end"])
def test_row_14_a_corrupted_database_is_refused_by_name(tmp_path: Path, where: str) -> None:
    with Scene(tmp_path, people=2000) as scene:
        size = scene.database.stat().st_size
        start = {"head": 0, "middle": size // 2 // 4096 * 4096, "end": size - 8192}[where]
        with scene.database.open("r+b") as file:
            file.seek(start)
            file.write(b"\xa5" * 8192)
        code, steps = scene.ended(scene.start(scene.order()))
        assert code == 2
        assert str(scene.database) in held(steps)
        assert "backup" in held(steps)
        assert scene.accepted() == []


@pytest.mark.long
def test_row_15_an_older_copy_put_back_is_held_until_a_person_lets_it_go_on(tmp_path: Path) -> None:
    with Scene(tmp_path, people=PEOPLE, sink=SLOW) as scene:
        copy = tmp_path / "backup.db"
        first = scene.start(scene.order(connections=2))
        scene.told.until(is_step("reply"))
        first.signal(SIGKILL)
        scene.ended(first)
        backup(scene.database, copy)
        assert scene.finish(connections=2)[0] == 0
        scene.settle()
        before = scene.accepted()
        for name in ("-wal", "-shm"):
            scene.database.with_name(scene.database.name + name).unlink(missing_ok=True)
        shutil.copyfile(copy, scene.database)
        code, steps = scene.finish(connections=2)
        scene.settle()
        assert code == 3
        assert "older copy" in held(steps)
        assert scene.accepted() == before
        stores = scene.stores()
        assert stores.ledger.gate(parts.SLUG) is Gate.RESTORED
        stores.deliveries.resume(parts.SLUG, now=now())
        stores.close()
        assert scene.finish(connections=2)[0] == 0
        assert {row.state for row in scene.rows()} <= {State.SENT, State.UNKNOWN}


def backup(source: Path, target: Path) -> None:
    """Copy a database as the backup command does."""
    reading, writing = driver().connect(source), driver().connect(target)
    reading.backup(writing)
    reading.close()
    writing.close()
    os.sync()
