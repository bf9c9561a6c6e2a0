"""Senders that are killed at random instants, and the proof that the harness would see what goes wrong."""

import sys
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest
from tests.rim.sending.invariants import History, summary, violations
from tests.rim.sending.kills import BETWEEN_354_AND_REPLY, history, kill_again_and_again
from tests.rim.sending.scene import Scene, Sender, is_step

from vesicle.model.delivery import State

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and what the kernel closes then")

PEOPLE = 300
KILLS = 12
SINK = ("--delay", "0.02")


@pytest.mark.parametrize("sink", [SINK, (*SINK, "--keeps-first", "--plain")], ids=["usual", "keeps-first"])
def test_row_01_killed_at_random_instants_loses_nobody_and_sends_nothing_twice(
    tmp_path: Path, sink: tuple[str, ...]
) -> None:
    with Scene(tmp_path, people=PEOPLE, barred=3, sink=sink) as scene:
        account = kill_again_and_again(scene, kills=KILLS, random=Random(1))
        past = history(scene, account)
    assert len(account.kills) == KILLS
    assert account.fell(BETWEEN_354_AND_REPLY) >= 2, account.table()
    assert violations(past) == []
    found = summary(past)
    assert (found.duplicates, found.lost) == (0, 0)
    assert found.sent + found.unknown == PEOPLE - 3
    assert account.worst <= 0
    assert {row.recipient for row in past.rows if row.state is State.UNKNOWN} == account.in_doubt


def test_the_unknown_go_out_again_when_the_operator_asks(tmp_path: Path) -> None:
    with Scene(tmp_path, people=PEOPLE, sink=SINK) as scene:
        account = kill_again_and_again(scene, kills=4, random=Random(2))
        unknown = summary(history(scene, account)).unknown
        account.exits.append(scene.finish(policy="resend")[0])
        past = history(scene, account, resends=True)
    assert violations(past) == []
    found = summary(past)
    assert 0 < found.duplicates <= unknown
    assert (found.sent, found.unknown, found.lost) == (PEOPLE, 0, 0)


@pytest.mark.long
@pytest.mark.parametrize(
    ("ledger", "step", "invariant"), [("no-intent", "dot", "I2"), ("too-soon", "data", "I3")]
)
def test_the_harness_finds_a_ledger_that_is_wrong(
    tmp_path: Path, ledger: str, step: str, invariant: str
) -> None:
    """Without the intent a killed sender sends twice; with `sent` before the reply it loses people."""
    with Scene(tmp_path, people=PEOPLE, sink=SINK) as scene:
        account = kill_again_and_again(scene, kills=20, random=Random(3), aims=(step,), ledger=ledger)
        past = history(scene, account)
    assert invariant in {one.name for one in violations(past)}


@pytest.mark.parametrize("step", ["rcpt", "dot", "reply"])
def test_killed_at_a_step_of_the_first_mail_names_it_if_it_was_begun(tmp_path: Path, step: str) -> None:
    with Scene(tmp_path, people=20, sink=SINK) as scene:
        past = killed_and_finished(scene, scene.start(scene.order(connections=1)), step)
    assert violations(past) == []
    found = summary(past)
    assert found.sent + found.unknown == 20


def test_killed_before_it_was_greeted_leaves_nobody_unknown(tmp_path: Path) -> None:
    with Scene(tmp_path, people=20) as scene:
        scene.shut()
        past = killed_and_finished(scene, scene.start(scene.order(connections=1)), "open")
    assert violations(past) == []
    assert summary(past).sent == 20


def killed_and_finished(scene: Scene, sender: Sender, step: str) -> History:
    """Kill a sender at a step, and let the next come to its end."""
    scene.told.until(is_step(step))
    sender.signal(SIGKILL)
    assert scene.ended(sender)[0] == -SIGKILL
    scene.open()
    scene.settle()
    exits = [scene.finish()[0]]
    scene.settle()
    return scene.history(kills=[1], exits=exits)
