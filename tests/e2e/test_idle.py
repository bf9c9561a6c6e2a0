"""What `vesicle run` takes while nothing is due."""

import sys
import time
from pathlib import Path

import pytest
from tests.e2e.conftest import KEY, Site
from tests.rim.daemon.daemon import Daemon
from tests.rim.daemon.manager import Manager

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


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_idle_the_daemon_stays_small_though_it_has_rendered_and_told(site: Site) -> None:
    with (site.root / "config.yaml").open("a") as file:
        file.write("editor: {addresses: [editor@example.org]}\n")
    with Manager() as manager, Daemon(site.root, environ=manager.environ) as daemon:
        for _ in range(8):
            manager.tick()
        assert resident(daemon.process.pid) <= MOST_MEBIBYTES
        assert daemon.stop() == 0


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
