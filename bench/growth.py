"""Whether a send is as fast beside years of old deliveries, what tidying takes, and what a backup costs.

Three databases with the same readers: one that never sent, one with old deliveries of 200 weekly issues to
numbers that are nobody any more, and that one tidied by the default `retention:`. Each sends the same issue
over 20 connections to postfix's `smtp-sink` on loopback. Then the large one is copied while a connection
commits without a pause.

Needs postfix's programs. Usage: python bench/growth.py [OLD_DELIVERIES [READERS]]
"""

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sending.apart import apart, database
from sending.loopback import Sink, program
from sending.work import Job

RESULTS = Path(__file__).parent / "results"
OLD, READERS = 5_000_000, 20_000
CONNECTIONS = 20
Row = dict[str, Any]


def asked(function: str, job: Job) -> Row:
    """Give the answer of another process; ends the program where it has none."""
    said = apart(function, job)
    if isinstance(said, str):
        raise SystemExit(f"{function}: {said}")
    return said


def sent(folder: Path, readers: int) -> float:
    """Send to all readers from a copy of the database in *folder*; give mails a second."""
    with TemporaryDirectory() as apart_from, Sink() as sink:
        shutil.copy(folder / "vesicle.db", apart_from)
        job = Job(port=sink.port, connections=CONNECTIONS, count=readers, folder=apart_from, small=True)
        said = asked("ours.with_ledger", job)
        if sink.received(readers) != readers:
            raise SystemExit("not every mail arrived")
    return readers / float(said["wall"])


def measured(home: Path, old: int, readers: int) -> tuple[list[Row], Row, Row]:
    """Measure all three; give their speeds, what tidying took and what a backup costs."""
    empty, grown = home / "empty", home / "grown"
    for folder in (empty, grown):
        folder.mkdir()
    shutil.copy(database(str(home), readers), empty)
    shutil.copy(empty / "vesicle.db", grown)
    job = Job(port=0, connections=0, count=old, folder=str(grown))
    asked("grown.grow", job)
    rows = [_row("never sent", empty, readers), _row(f"{old:,} old deliveries", grown, readers)]
    backup = asked("grown.copied", job)
    tidied = asked("grown.tidied", job)
    return [*rows, _row("tidied", grown, readers)], tidied, backup


def _row(what: str, folder: Path, readers: int) -> Row:
    size = (folder / "vesicle.db").stat().st_size
    return {"database": what, "mib": size / 2**20, "mails_per_second": sent(folder, readers)}


def main(numbers: list[int]) -> int:
    """Measure, print tables, write JSON."""
    if program("smtp-sink") is None:
        print("smtp-sink is not there: install Debian's postfix")
        return 1
    old, readers = [*numbers, *(OLD, READERS)[len(numbers) :]]
    with TemporaryDirectory() as home:
        rows, tidied, backup = measured(Path(home), old, readers)
    print("| database | MiB | mails/s |\n|---|---|---|")
    for row in rows:
        print(f"| {row['database']} | {row['mib']:,.0f} | {row['mails_per_second']:,.0f} |")
    print(f"\ntidied: {json.dumps(tidied)}\nbackup: {json.dumps(backup)}")
    RESULTS.mkdir(exist_ok=True)
    found = {"rows": rows, "tidied": tidied, "backup": backup}
    (RESULTS / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main([int(one) for one in sys.argv[1:]]))
