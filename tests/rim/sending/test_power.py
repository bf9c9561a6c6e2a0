"""Power that goes at any moment: what was handed over is known, whatever the disk had not yet kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree

import pytest
from tests.rim.sending import parts
from tests.rim.sending.crash import has_strace
from tests.rim.sending.power import Cut, cuts, put_down, trace_send
from tests.rim.sending.scene import Scene, ledger_rows

from vesicle.model.delivery import Gate, State

pytestmark = [pytest.mark.live, pytest.mark.skipif(not has_strace(), reason="strace is not installed")]

PEOPLE = 20
KNOWN = (State.SENDING, State.UNKNOWN, State.SENT)


def all_cuts(folder: Path, *, ledger: str = "") -> Iterator[Cut]:
    with Scene(folder, people=PEOPLE) as scene:
        traced = trace_send(scene, connections=2, ledger=ledger)
        yield from cuts(scene, traced, random=Random(1), between=20, times=1)


@contextmanager
def after(cut: Cut, folder: Path) -> Iterator[str]:
    """Give the database as it is found after the power cut."""
    site = folder / "after"
    site.mkdir()
    put_down(cut, site)
    try:
        yield str(site / "vesicle.db")
    finally:
        rmtree(site)


def forgotten(path: str, cut: Cut) -> list[str]:
    """Name those who had been handed a mail of which the ledger knows nothing."""
    rows = {row.recipient: row.state for row in ledger_rows(Path(path), tuple(State))}
    assert len(rows) == PEOPLE
    return [name for name in cut.handed_over if rows[name] not in KNOWN]


def test_row_13_after_a_power_cut_the_ledger_knows_every_mail_that_was_handed_over(tmp_path: Path) -> None:
    count = 0
    for cut in all_cuts(tmp_path):
        with after(cut, tmp_path) as path:
            assert integrity(path) == "ok"
            assert forgotten(path, cut) == []
        count += 1
    assert count > 100
    assert len(cut.handed_over) == PEOPLE


def test_row_13_after_a_power_cut_nobody_has_to_do_anything_by_hand(tmp_path: Path) -> None:
    for cut in all_cuts(tmp_path):
        with after(cut, tmp_path) as path:
            assert gate_after_start(path) is Gate.OPEN, sorted(cut.files)


def test_commits_that_do_not_wait_for_the_disk_forget_mails(tmp_path: Path) -> None:
    """It is `synchronous=FULL` that keeps the promise: with NORMAL the same cuts forget."""
    found: list[str] = []
    for cut in all_cuts(tmp_path, ledger="not-synced"):
        with after(cut, tmp_path) as path:
            found += forgotten(path, cut)
    assert found


def integrity(path: str) -> str:
    stores = parts.open_stores(path)
    with stores.database.reading() as connection:
        found = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one())
    stores.close()
    return found


def gate_after_start(path: str) -> Gate:
    """Start as a sender does; tell whether the issue goes on by itself."""
    stores = parts.open_stores(path)
    stores.ledger.recover(now=parts.NOW)
    gate = stores.ledger.gate(parts.SLUG)
    stores.close()
    return gate
