"""What taking in a whole update file of PubMed costs: read, judge, link and store, and then all of it again.

One run over `../shared/data/pubmed/pubmed21n1298_half.xml.gz` beside the repository (10,387 records of 2021)
into a fresh SQLite database, by the rules of `config.yaml`, and a second one of the same file into the same
database, which must find nothing new and change nothing. Each run is a process of its own.

Usage: python bench/ingest.py
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vesicle import settings
from vesicle.pipeline.collect import Desk, harvest
from vesicle.pipeline.ingest import FileSource
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.text.marked import parse

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "pubmed" / "pubmed21n1298_half.xml.gz"
CONFIG = ROOT / "config.yaml"
RESULTS = Path(__file__).parent / "results"
NOW = datetime(2021, 6, 8, 12, tzinfo=UTC)
"""The day the file was made: what is fresh in it counts as such."""
RUNS = ("first run", "second run")


def ingest(path: str) -> dict[str, Any]:
    """Take the file into the database at *path*; tell the account of it and what this process spent."""
    rules = settings.load(parse(CONFIG.read_text(encoding="utf-8"), file=CONFIG.name)).rules
    database = open_database(path)
    desk = Desk(inbox=SqlInbox(database), rules=rules, now=NOW)
    start, wall = time.process_time(), time.perf_counter()
    with DATA.open("rb") as file:
        account = harvest(DATA.name, FileSource(file), desk)
    seconds, waited = time.process_time() - start, time.perf_counter() - wall
    database.close()
    if account.problem:
        raise SystemExit(f"the file was not taken in: {account.problem}")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {
        "records": account.fetched,
        "new": account.new,
        "changed": account.changed,
        "deleted": len(account.deleted),
        "cpu_seconds": round(seconds, 2),
        "wall_seconds": round(waited, 2),
        "records_per_cpu_second": round(account.fetched / seconds),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1),
    }


def apart(path: str) -> dict[str, Any]:
    """Take the file in by a process of its own."""
    command = [sys.executable, __file__, "--into", path]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def table(found: dict[str, dict[str, Any]]) -> str:
    """Give the results as a Markdown table."""
    columns = {
        "records": "records",
        "new": "PMIDs new",
        "changed": "PMIDs changed",
        "deleted": "PMIDs deleted",
        "cpu_seconds": "CPU s",
        "records_per_cpu_second": "records/s (CPU)",
        "peak_mib": "peak RSS MiB",
    }
    rows: list[tuple[str, ...]] = [("", *columns.values()), ("---",) * (len(columns) + 1)]
    rows += [(name, *(f"{one[key]:,}" for key in columns)) for name, one in found.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> int:
    """Take the file in twice, print a table, write JSON."""
    if not DATA.exists():
        print(f"the update file is not there: {DATA.name} in ../shared/data/pubmed beside the repository")
        return 1
    with TemporaryDirectory() as folder:
        path = Path(folder, "vesicle.db")
        found = {name: apart(str(path)) for name in RUNS}
        size = round(path.stat().st_size / (1 << 20), 1)
    print(table(found))
    print(f"\nThe database holds {size:,} MiB.")
    RESULTS.mkdir(exist_ok=True)
    document = {"file": DATA.name, "database_mib": size, "runs": found}
    (RESULTS / "ingest.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--into":
        print(json.dumps(ingest(sys.argv[2])))
    else:
        sys.exit(main())
