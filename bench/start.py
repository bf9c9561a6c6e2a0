"""How long `vesicle --help` takes: the median of 10 runs, in seconds, beside that of an empty Python."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
VESICLE = str(Path(sys.executable).with_name("vesicle"))


def median_seconds(command: list[str], *, runs: int = 10) -> float:
    """Give the median wall-clock time of *runs* runs of *command*, after one that warms the caches."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Measure, print a table, write JSON."""
    found = {
        "python -c pass": median_seconds([sys.executable, "-c", "pass"]),
        "vesicle --help": median_seconds([VESICLE, "--help"]),
    }
    print("| command | seconds (median of 10) |\n|---|---|")
    for name, seconds in found.items():
        print(f"| `{name}` | {seconds:.3f} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "start.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
