"""A copy made during a real send to the sink, put back on another machine, and gone on with there."""

import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from signal import SIGKILL

import pytest
from tests.rim.sending import parts
from tests.rim.sending.invariants import violations
from tests.rim.sending.scene import Scene, is_step, ledger_rows

from vesicle.model.backup import Restored
from vesicle.model.delivery import OPEN, Gate, State
from vesicle.pipeline.arrived import seals, settle_arrived
from vesicle.queue.clock import now
from vesicle.store.database import open_database
from vesicle.store.restoring import restore
from vesicle.store.snapshot import back_up

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and what the kernel closes then")

SIZES = (600, pytest.param(10_000, marks=pytest.mark.long))
CONNECTIONS = 4
IN_HAND = 2 * 200
"""At most so many are taken: 200 at a time, and the next before the last of these has ended."""


def copied(scene: Scene, target: Path) -> None:
    """Make a copy while the sender runs."""
    with closing(open_database(str(scene.database))) as database:
        back_up(database, target, now=now())


def half_way(scene: Scene) -> None:
    """Wait until a third has been accepted."""
    for _ in range(len(scene.audience) // 3):
        scene.told.until(is_step("reply"))


def move(scene: Scene, copy: Path) -> Restored:
    """Restore the copy on another machine, where the scene goes on."""
    scene.database = scene.folder / "elsewhere" / "vesicle.db"
    return restore(copy, scene.database, key=parts.KEY, now=now())


def resume(scene: Scene) -> None:
    """Let the issue go on, as the operator says, and send it to the end."""
    stores = scene.stores()
    assert stores.ledger.gate(parts.SLUG) is Gate.RESTORED
    stores.deliveries.resume(parts.SLUG, now=now())
    stores.close()
    assert scene.finish(connections=CONNECTIONS)[0] == 0
    scene.settle()


def most(scene: Scene) -> int:
    """How many mails the one who got most has got."""
    return max(Counter(one.message_id for one in scene.accepted()).values())


@pytest.mark.parametrize("people", SIZES)
def test_a_copy_of_the_moment_the_sender_died_goes_on_elsewhere_without_a_duplicate(
    tmp_path: Path, people: int
) -> None:
    with Scene(tmp_path, people=people, sink=("--delay", "0.005")) as scene:
        sender = scene.start(scene.order(connections=CONNECTIONS))
        half_way(scene)
        sender.signal(SIGKILL)
        scene.ended(sender)
        scene.settle()
        copied(scene, tmp_path / "copy.db")
        done = move(scene, tmp_path / "copy.db")
        assert not done.restoration.is_complete
        (held,) = done.held
        got = {one.recipient for one in scene.accepted()}
        rows = ledger_rows(scene.database, tuple(State))
        assert {row.recipient for row in rows if row.state in OPEN}.isdisjoint(got)
        resume(scene)
        past = scene.history(kills=[IN_HAND])
    assert violations(past) == []
    assert held.unknown <= IN_HAND
    assert len(past.accepted) >= people - held.unknown


@pytest.mark.parametrize("people", SIZES)
def test_a_copy_made_during_a_send_is_held_and_a_log_settles_whoever_got_it_since(
    tmp_path: Path, people: int
) -> None:
    with Scene(tmp_path, people=people, sink=("--delay", "0.005")) as scene:
        sender = scene.start(scene.order(connections=CONNECTIONS))
        half_way(scene)
        copied(scene, tmp_path / "copy.db")
        # It goes on after the copy was made, which cannot know of it.
        for _ in range(people // 10):
            scene.told.until(is_step("reply"))
        sender.signal(SIGKILL)
        scene.ended(sender)
        scene.settle()
        done = move(scene, tmp_path / "copy.db")
        (held,) = done.held
        assert held.owed
        code, steps = scene.finish(connections=CONNECTIONS)
        assert code == 3
        assert "older copy" in next(step.rest for step in steps if step.what == "held")
        # The sink's record stands for the mail server's log.
        log = [f"message-id={one.message_id}" for one in scene.accepted()]
        got = {one.recipient for one in scene.accepted()}
        rows = ledger_rows(scene.database, tuple(State))
        since = {row.recipient for row in rows if row.state is not State.SENT} & got
        stores = scene.stores()
        settled = settle_arrived(stores.deliveries, parts.SLUG, seals(log), key=parts.KEY)
        stores.close()
        assert settled == len(since) > 0
        resume(scene)
        past = scene.history(kills=[IN_HAND])
    assert violations(past) == []
    assert most(scene) == 1


@pytest.mark.parametrize("people", SIZES)
def test_a_copy_put_back_in_its_own_place_after_the_send_owes_nobody(tmp_path: Path, people: int) -> None:
    with Scene(tmp_path, people=people, sink=("--delay", "0.005")) as scene:
        sender = scene.start(scene.order(connections=CONNECTIONS))
        half_way(scene)
        copied(scene, tmp_path / "copy.db")
        assert scene.ended(sender)[0] == 0
        scene.settle()
        done = restore(tmp_path / "copy.db", scene.database, key=parts.KEY, now=now())
        assert done.restoration.is_complete
        assert done.carried > people // 10
        assert done.held == ()
        assert scene.finish(connections=CONNECTIONS)[0] == 0
        past = scene.history()
    assert violations(past) == []
    assert len(past.accepted) == people
