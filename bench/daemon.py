"""What `vesicle run` takes: idle, and over a simulated year.

    .venv/bin/python bench/daemon.py [--seconds 120]

Idle: the sample site with an editor who is told of its draft. The year is that
of `tests/rim/year.py`, in a process of its own: 365 days, restarts, outages, clocks that jump.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vesicle.testing.mailserver import MailServer

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
YEAR = """
import logging, sys, tempfile, time
from pathlib import Path
sys.path.insert(0, {root!r})
logging.disable(logging.CRITICAL)
from tests.rim.year import Year
from tests.rim.year_plan import Plan
start = time.perf_counter()
year = Year(Path(tempfile.mkdtemp()), 1, Plan())
year.run()
print(round(time.perf_counter() - start, 1), *(round(one, 1) for one in year.resident.values()))
"""


def resident(pid: int) -> float:
    """Give the memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [one for one in lines if one.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def spent(pid: int) -> float:
    """Give the CPU seconds of a process and of those it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def idle(folder: Path, seconds: int) -> tuple[float, float, float]:
    """Give memory at first and at last (MiB), and the share of one CPU, of an idle daemon."""
    vesicle = str(Path(sys.executable).with_name("vesicle"))
    site = folder / "site"
    subprocess.run([vesicle, "init", str(site)], check=True, capture_output=True)
    with (site / "config.yaml").open("a") as file:
        file.write("editor: {addresses: [editor@example.org]}\n")
    environ = os.environ | {"VESICLE_KEY": "k" * 64}
    with (
        MailServer(folder / "maildir") as server,
        subprocess.Popen(
            [vesicle, "run"],
            cwd=_at(site, server),
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as daemon,
    ):
        time.sleep(30)
        first, before, at = resident(daemon.pid), spent(daemon.pid), time.monotonic()
        time.sleep(seconds)
        share = (spent(daemon.pid) - before) / (time.monotonic() - at)
        last = resident(daemon.pid)
        daemon.terminate()
    return first, last, share


def _at(site: Path, server: MailServer) -> Path:
    """Let the site send to *server*."""
    config = site / "config.yaml"
    config.write_text(config.read_text().replace("port: 1025", f"port: {server.port}"))
    return site


def main() -> None:
    """Measure both, print tables, and write them as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=120)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        first, last, share = idle(Path(folder), seconds)
    print("| idle | |\n|---|---|")
    print(f"| memory after 30 s, and {seconds} s later | {first:.1f} MiB, {last:.1f} MiB |")
    print(f"| share of one CPU | {share:.3%} |\n")
    script = YEAR.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    took, *months = done.stdout.split()
    print("| a simulated year | |\n|---|---|")
    print(f"| took | {took} s |")
    print(f"| memory at the beginning of each month | {', '.join(months)} MiB |")
    RESULTS.mkdir(exist_ok=True)
    figures = {"idle_mib": [first, last], "idle_cpu": share, "year_seconds": took, "year_mib": months}
    (RESULTS / "daemon.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
