"""Whether sending to a million is like sending to a thousand: CPU time a mail, memory, size of the ledger.

Our sender with its durable ledger over 20 connections to postfix's `smtp-sink` on loopback. The mails are
small (about 1.7 KB, with the same headers and personal values as a large one), so that a million fit into
some minutes: what is to be seen is what grows with the number of recipients. Each size is a process of its
own, with a database that another process has filled; what is measured runs from the freeze to the last
commit. The ledger's size is that of its tables and indexes in whole pages, without the write-ahead log.

Needs postfix's programs. Usage: python bench/scale.py [RECIPIENTS ...]
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
SIZES = (1_000, 10_000, 100_000, 1_000_000)
CONNECTIONS = 20
Row = dict[str, Any]
"""What was measured for one number of recipients."""


def measured(size: int) -> Row:
    """Send to *size* recipients; ends the program where not every mail arrives."""
    print(f"{size:,} recipients", file=sys.stderr)
    with TemporaryDirectory() as folder, Sink() as sink:
        shutil.move(database(folder, size), folder)
        job = Job(port=sink.port, connections=CONNECTIONS, count=size, folder=folder, small=True)
        said = apart("ours.at_scale", job)
        received = sink.received(size)
    if isinstance(said, str) or not said["sent"] == received == size:
        raise SystemExit(f"{size:,} recipients: {said}; the sink has {received:,}")
    return {
        "recipients": size,
        "mails_per_second": size / said["wall"],
        "cpu_ms": said["cpu"] / size * 1000,
        **{name: said[name] for name in ("peak_mib", "owed_bytes", "sent_bytes", "compacted_bytes")},
    }


def table(rows: list[Row]) -> str:
    """Give the results as a Markdown table."""
    columns = {
        "recipients": ("recipients", ",.0f"),
        "mails_per_second": ("mails/s", ",.0f"),
        "cpu_ms": ("CPU ms a mail", ".3f"),
        "peak_mib": ("peak RSS MiB", ".1f"),
        "owed_bytes": ("ledger, bytes a recipient: all owed", ".1f"),
        "sent_bytes": ("all sent", ".1f"),
        "compacted_bytes": ("compacted", ".1f"),
    }
    lines = [[title for title, _ in columns.values()], ["---"] * len(columns)]
    lines += [[format(row[name], shape) for name, (_, shape) in columns.items()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def goals(rows: list[Row]) -> list[tuple[str, bool]]:
    """Give each goal of the issue with what was found, and whether it is met."""
    cpu, peak = ([row[name] for row in rows] for name in ("cpu_ms", "peak_mib"))
    spread, growth = max(cpu) / min(cpu), max(peak) / min(peak)
    last = rows[-1]
    most = max(last["owed_bytes"], last["sent_bytes"])
    return [
        (f"CPU time linear within 15 %: {spread - 1:.0%} between the sizes", spread <= 1.15),
        (f"peak memory at most 120 MiB: {max(peak):.1f}", max(peak) <= 120),
        (f"peak memory flat within 20 %: {growth - 1:.0%}", growth <= 1.2),
        (f"ledger at most 110 bytes a recipient: {most:.1f}", most <= 110),
        (f"at most 40 when compacted: {last['compacted_bytes']:.1f}", last["compacted_bytes"] <= 40),
    ]


def main(sizes: list[int]) -> int:
    """Measure each size, print a table and the goals, write JSON."""
    if program("smtp-sink") is None:
        print("smtp-sink is not there: install Debian's postfix")
        return 1
    rows = [measured(size) for size in sizes or SIZES]
    print(table(rows) + "\n")
    found = goals(rows)
    for text, is_met in found:
        print(f"{'PASS' if is_met else 'FAIL'}: {text}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps({"rows": rows, "goals": found}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main([int(one) for one in sys.argv[1:]]))
