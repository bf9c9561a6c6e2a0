"""What `vesicle run` takes while nothing is due."""

import json
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.conftest import KEY, Site

from vesicle.app import App
from vesicle.app.running import Running
from vesicle.queue.clock import now

MOST_MEBIBYTES = 80
MOST_SECONDS_A_TICK = 0.01
"""A thousandth of the ten seconds from one tick to the next."""


def resident(pid: int) -> float:
    """Give the memory of a process in MiB."""
    (line,) = [
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS:")
    ]
    return int(line.split()[1]) / 1024


def ticks(site: Site, *, after: str = "") -> str:
    """Wait for the next tick; give when it was."""
    health = site.root / ".vesicle" / "health.json"
    for _ in range(600):
        if health.exists():
            found = str(json.loads(health.read_text())["last_tick"])
            if found not in ("None", after):
                return found
        time.sleep(0.1)
    raise AssertionError("no tick came")


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_idle_the_daemon_stays_small_though_it_has_rendered_and_told(site: Site) -> None:
    with (site.root / "config.yaml").open("a") as file:
        file.write("editor: {addresses: [editor@example.org]}\n")
    with site.started("run", "--every", "1") as daemon:
        last = ""
        for _ in range(8):
            last = ticks(site, after=last)
        assert resident(daemon.pid) <= MOST_MEBIBYTES
        daemon.terminate()
        assert daemon.wait(timeout=20) == 0


def test_a_tick_at_which_nothing_is_due_takes_a_few_milliseconds(site: Site) -> None:
    app = App(site.root, clock=now, environ={"VESICLE_KEY": KEY})
    with app.dispatching(stopping=lambda: False) as dispatch:
        running = Running(app, dispatch)
        running.tick(now())
        running.tick(now())
        start = time.process_time()
        for _ in range(50):
            running.tick(now())
        assert (time.process_time() - start) / 50 < MOST_SECONDS_A_TICK
    app.database.close()
