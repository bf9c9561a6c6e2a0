"""What it costs to take a list of people in, with consent and suppression, once and again, and to export it.

Each size is a CSV file of made-up people, one line in a thousand no address and one in a thousand suppressed,
taken into a fresh site by `vesicle subscribers import`, as the operator does it. Each step is a process of
its own; its peak is VmHWM of Linux, and the seconds are those of the wall, with the start of the program
(about one) in them.

Usage: python bench/audience.py [SIZE ...]
"""

import atexit
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vesicle.cli import main as vesicle
from vesicle.model.subscriber import SuppressionReason
from vesicle.queue.clock import now
from vesicle.store.database import open_database
from vesicle.store.key import bind_key
from vesicle.store.subscribers import SqlSubscribers

RESULTS = Path(__file__).parent / "results"
VESICLE = str(Path(sys.executable).with_name("vesicle"))
KEY = "k" * 64
PEAK = "--tell-peak"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
GOAL_ROWS, GOAL_MB = 15_000, 100


def write_people(file: Path, size: int) -> None:
    """Write *size* people whose addresses are in no order."""
    with file.open("w", encoding="utf-8") as out:
        out.write("email,language,name,topics,zone\n")
        for number in range(size):
            if number % 1000 == 7:
                out.write("no address,en,Nobody,,\n")
            else:
                language = ("en", "th", "fa")[number % 3]
                out.write(f"{address(number)},{language},Person {number},sleep;moss,Asia/Bangkok\n")


def address(number: int) -> str:
    """Give the address of a person; a multiplication by an odd number shuffles them."""
    return f"person.{number * 2654435761 % (1 << 32):08x}.{number}@readers{number % 50}.example"


def suppress_some(site: Path, size: int) -> int:
    """Suppress one in a thousand before they come in; give how many."""
    database = open_database(str(site / ".vesicle" / "vesicle.db"))
    bind_key(database, KEY.encode())
    people = SqlSubscribers(database, key=KEY.encode())
    numbers = range(500, size, 1000)
    for number in numbers:
        people.suppress(address(number), SuppressionReason.BOUNCED, now=now())
    database.close()
    return len(numbers)


def run(site: Path, *words: str) -> dict[str, Any]:
    """Run a command of `vesicle subscribers`; give its seconds, CPU seconds, peak and what it said."""
    environ = os.environ | {"VESICLE_KEY": KEY}
    command = [sys.executable, str(Path(__file__).resolve()), PEAK, "subscribers", *words]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=site, env=environ, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise SystemExit(f"{words[0]} failed: {done.stderr}")
    told: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return {"seconds": round(seconds, 2), **told, "said": done.stdout}


def run_and_tell() -> None:
    """Be `vesicle`, and tell at the end on stderr what it took."""
    atexit.register(lambda: print(json.dumps(spent()), file=sys.stderr))
    sys.argv[:2] = ["vesicle"]
    vesicle()


def spent() -> dict[str, float]:
    """Give the CPU seconds of this process and the most memory it ever had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: what it says begins at the size of the process that started this one.
        peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu_seconds": round(time.process_time(), 2), "peak_mb": round(peak / 1e6, 1)}


def measure(size: int) -> dict[str, Any]:
    """Take *size* people in, again, and out."""
    with TemporaryDirectory() as folder:
        site = Path(folder, "site")
        subprocess.run([VESICLE, "init", str(site)], check=True, stdout=subprocess.DEVNULL)
        write_people(site / "people.csv", size)
        suppressed = suppress_some(site, size)
        command = ("import", "people.csv", "--consent", "bench", "--wording", "config.yaml", "--json")
        steps = {"import": run(site, *command), "import again": run(site, *command)}
        steps["export"] = run(site, "export", "--to", "all.csv")
        refused = suppressed + size // 1000
        for name, added in (("import", size - refused), ("import again", 0)):
            told = json.loads(steps[name].pop("said"))
            found = (told["added"], told["known"], told["refused"])
            if found != (added, size - refused - added, refused):
                raise SystemExit(f"{name} of {size}: {found}")
        del steps["export"]["said"]
        with (site / "all.csv").open("rb") as lines:
            exported = sum(1 for _ in lines) - 1
        if exported != size - refused:
            raise SystemExit(f"{exported} people exported")
        file = (site / ".vesicle" / "vesicle.db").stat().st_size
    for step in steps.values():
        step["rows_per_second"] = round(size / step["seconds"])
    return {"steps": steps, "database_bytes_per_person": round(file / size)}


def table(found: dict[int, dict[str, Any]]) -> str:
    """Give the results as a Markdown table."""
    heading = ("lines", "step", "seconds", "CPU s", "rows/s", "peak RSS MB")
    rows: list[Sequence[str]] = [heading, ("---",) * len(heading)]
    rows += [
        (
            f"{size:,}",
            name,
            f"{step['seconds']:.1f}",
            f"{step['cpu_seconds']:.1f}",
            f"{step['rows_per_second']:,}",
            f"{step['peak_mb']:.0f}",
        )
        for size, one in found.items()
        for name, step in one["steps"].items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(sizes: Sequence[int]) -> int:
    """Measure each size, print a table, write JSON; give 1 where a million misses the goals."""
    found = {size: measure(size) for size in sizes}
    print(table(found))
    largest = found[max(found)]
    print(f"\nThe database holds {largest['database_bytes_per_person']} bytes for each of the most people.")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "audience.json").write_text(json.dumps(found, indent=1) + "\n")
    first = largest["steps"]["import"]
    if max(found) < max(SIZES):
        return 0
    is_met = first["rows_per_second"] >= GOAL_ROWS and first["peak_mb"] <= GOAL_MB
    print(f"The goal of {GOAL_ROWS:,} rows/s and {GOAL_MB} MB is {'met' if is_met else 'missed'}.")
    return 0 if is_met else 1


if __name__ == "__main__":
    if sys.argv[1:2] == [PEAK]:
        run_and_tell()
    sys.exit(main([int(size) for size in sys.argv[1:]] or SIZES))
