"""A person holds, resumes and cancels while a send is running in another process."""

import sys
from pathlib import Path
from time import monotonic

import pytest
from tests.rim.sending import parts
from tests.rim.sending.invariants import summary, violations
from tests.rim.sending.scene import Scene, is_step

from vesicle.model.delivery import State
from vesicle.queue.clock import now

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the scene forks its senders")

SLOW = ("--delay", "0.02")
CONNECTIONS = 4


@pytest.mark.parametrize("word", ["hold", "cancel"])
def test_it_acts_on_a_running_send_within_a_second(tmp_path: Path, word: str) -> None:
    # A machine that does other things as well may be slow once, not every time.
    assert any(seconds_after(word, tmp_path / str(number)) < 1 for number in range(3))


def seconds_after(word: str, folder: Path) -> float:
    """Give how long a send goes on after it was held or cancelled; what it does then is looked at."""
    folder.mkdir()
    with Scene(folder, people=1000, sink=SLOW) as scene:
        sender = scene.start(scene.order(connections=CONNECTIONS))
        for _ in range(3 * CONNECTIONS):
            scene.told.until(is_step("reply"))
        stores = parts.open_stores(str(scene.database))
        if word == "hold":
            stores.deliveries.hold(parts.SLUG)
        else:
            stores.deliveries.cancel(parts.SLUG, now=now())
        said, before = monotonic(), len(scene.accepted())
        scene.ended(sender)
        seconds = monotonic() - said
        scene.settle()
        past = scene.history(is_over=False)
        # What had begun by then goes on to its end; nothing begins.
        assert len(past.accepted) - before <= CONNECTIONS
        assert violations(past) == []
        left = {row.state for row in past.rows}
        assert left == {State.SENT, State.PENDING if word == "hold" else State.SKIPPED}
        stores.close()
    return seconds


def test_what_is_resumed_goes_on_where_it_was_held(tmp_path: Path) -> None:
    with Scene(tmp_path, people=200, sink=SLOW) as scene:
        sender = scene.start(scene.order(connections=CONNECTIONS))
        scene.told.until(is_step("reply"))
        stores = parts.open_stores(str(scene.database))
        stores.deliveries.hold(parts.SLUG)
        scene.ended(sender)
        stores.deliveries.resume(parts.SLUG, now=now())
        stores.close()
        assert scene.finish(connections=CONNECTIONS)[0] == 0
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    assert summary(past).sent == 200
