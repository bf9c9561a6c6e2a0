"""Senders that are stopped, that meet, and whose clocks jump: rows 3 to 5, 31, 34, 36 to 38, 40 and 45."""

import sys
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1
from time import monotonic

import pytest
from tests.rim.sending import parts
from tests.rim.sending.invariants import summary, violations
from tests.rim.sending.scene import Scene, Sender, is_step, leave, person

from vesicle.model.delivery import OPEN, State
from vesicle.model.subscriber import SuppressionReason
from vesicle.pipeline.send import TAKEN_AT_ONCE, freeze
from vesicle.queue.clock import now

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals are what is tested")

SLOW = ("--delay", "0.02")
NEVER = ("--delay", "100000")
HOUR, DAY = 3600.0, 86400.0
JUMPS = (-DAY, *(pytest.param(one, marks=pytest.mark.long) for one in (HOUR, -HOUR, DAY)))


def test_row_03_stopped_for_longer_than_its_lease_a_sender_sends_nothing_that_another_has_taken_over(
    tmp_path: Path,
) -> None:
    with Scene(tmp_path, people=100, sink=SLOW) as scene:
        first = scene.start(scene.order(connections=4, alone=False, jump=HOUR))
        stop_between_two_writes(scene, first)
        second = scene.start(scene.order(connections=4, alone=False, offset=HOUR), scene.another_nursery())
        exits = [scene.ended(second)[0]]
        taken_over = len(scene.accepted())
        first.signal(SIGUSR1)
        first.signal(SIGCONT)
        exits.append(scene.ended(first)[0])
        scene.settle()
        past = scene.history(kills=[4], exits=exits)
    assert taken_over > 50
    assert violations(past) == []
    found = summary(past)
    assert (found.duplicates, found.lost) == (0, 0)


def stop_between_two_writes(scene: Scene, sender: Sender) -> None:
    """Stop a sender that is not writing: one that is would keep the database locked for as long."""
    scene.told.until(is_step("dot"))
    sender.signal(SIGSTOP)
    while scene.is_locked():
        sender.signal(SIGCONT)
        scene.told.until(is_step("dot"))
        sender.signal(SIGSTOP)


def test_row_34_with_the_lock_stolen_two_senders_at_once_send_each_mail_once(tmp_path: Path) -> None:
    with Scene(tmp_path, people=1000) as scene:
        senders = [
            scene.start(scene.order(connections=4, alone=False), nursery)
            for nursery in (scene.nursery(), scene.another_nursery())
        ]
        steps = scene.told.until(is_step("ended")) + scene.told.until(is_step("ended"))
        scene.settle()
        past = scene.history(exits=[int(step.rest) for step in steps if step.what == "ended"])
    assert {step.who for step in steps if step.what == "ended"} == {str(one.pid) for one in senders}
    assert violations(past) == []
    assert summary(past).sent == 1000


def test_row_34_a_second_sender_stands_aside(tmp_path: Path) -> None:
    with Scene(tmp_path, people=20) as scene:
        scene.shut()
        first = scene.start(scene.order(connections=2))
        scene.told.until(is_step("open"))
        second = scene.start(scene.order(connections=2), scene.another_nursery())
        code, steps = scene.ended(second)
        assert code == 3
        assert [one.rest for one in steps if one.what == "held"] == [
            f"Busy: another vesicle is sending from {scene.database}"
        ]
        scene.open()
        assert scene.ended(first)[0] == 0
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    assert summary(past).sent == 20


def test_row_04_asked_to_stop_a_sender_finishes_what_it_has_in_hand(tmp_path: Path) -> None:
    with Scene(tmp_path, people=500, sink=SLOW) as scene:
        sender = scene.start(scene.order())
        scene.told.until(is_step("reply"))
        asked = monotonic()
        sender.signal(SIGTERM)
        assert scene.ended(sender)[0] == 0
        assert monotonic() - asked < 30
        scene.settle()
        past = scene.history(is_over=False)
        assert violations(past) == []
        assert {row.state for row in past.rows} == {State.SENT, State.PENDING}
        assert scene.finish()[0] == 0
        past = scene.history()
    assert violations(past) == []
    assert summary(past).sent == 500


def test_row_04_whose_answer_does_not_come_in_time_is_unknown_and_named(tmp_path: Path) -> None:
    with Scene(tmp_path, people=50, sink=NEVER) as scene:
        sender = scene.start(scene.order(connections=3, grace=0.5))
        for _ in range(3):
            scene.told.until(is_step("dot"))
        sender.signal(SIGTERM)
        assert scene.ended(sender)[0] == 0
        rows = scene.rows()
    unknown = [row for row in rows if row.state is State.UNKNOWN]
    assert len(unknown) == 3
    assert all(row.recipient and row.reason for row in unknown)
    assert {row.state for row in rows} == {State.UNKNOWN, State.PENDING}


def test_row_05_asked_twice_a_sender_ends_at_once_and_the_next_names_what_it_had_in_hand(
    tmp_path: Path,
) -> None:
    with Scene(tmp_path, people=50, sink=NEVER) as scene:
        sender = scene.start(scene.order(connections=3))
        for _ in range(3):
            scene.told.until(is_step("dot"))
        sender.signal(SIGTERM)
        scene.told.until(is_step("stopping"))
        sender.signal(SIGTERM)
        assert scene.ended(sender)[0] == -SIGTERM
        assert len(scene.rows(states=[State.SENDING])) == 3
        stores = scene.stores()
        stores.ledger.recover(now=now())
        stores.close()
        rows = scene.rows()
    assert [row.state for row in rows].count(State.UNKNOWN) == 3
    assert all(row.reason for row in rows if row.state is State.UNKNOWN)
    assert {row.state for row in rows} == {State.UNKNOWN, State.PENDING}


@pytest.mark.parametrize("jump", JUMPS)
def test_row_31_a_clock_that_jumped_between_kill_and_start_costs_nobody_a_mail(
    tmp_path: Path, jump: float
) -> None:
    with Scene(tmp_path, people=100, sink=SLOW) as scene:
        sender = scene.start(scene.order(connections=4))
        scene.told.until(is_step("reply"))
        sender.signal(SIGKILL)
        scene.ended(sender)
        scene.settle()
        exits = [scene.finish(connections=4, offset=jump)[0]]
        scene.settle()
        past = scene.history(kills=[4], exits=exits)
    assert violations(past) == []
    assert summary(past).sent >= 96


@pytest.mark.parametrize("jump", JUMPS)
def test_row_31_a_clock_that_jumps_during_a_send_costs_nobody_a_mail(tmp_path: Path, jump: float) -> None:
    with Scene(tmp_path, people=400, sink=SLOW) as scene:
        sender = scene.start(scene.order(connections=4, jump=jump))
        scene.told.until(is_step("reply"))
        sender.signal(SIGUSR1)
        exits = [scene.ended(sender)[0], scene.finish(connections=4, offset=jump)[0]]
        scene.settle()
        past = scene.history(kills=[4], exits=exits)
    assert violations(past) == []
    assert summary(past).sent >= 396


def test_row_36_the_same_issue_again_changes_nothing(tmp_path: Path) -> None:
    with Scene(tmp_path, people=30) as scene:
        stores = scene.stores()
        freeze(parts.prepared(), stores.dispatch(now))
        assert stores.ledger.tally(parts.SLUG).counts == {State.PENDING: 30}
        stores.close()
        assert [scene.finish()[0], scene.finish()[0]] == [0, 0]
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    assert summary(past).accepted == 30


def test_row_37_who_leaves_during_the_run_gets_nothing_unless_already_taken(tmp_path: Path) -> None:
    with Scene(tmp_path, people=TAKEN_AT_ONCE + 100) as scene:
        scene.shut()
        sender = scene.start(scene.order(connections=1))
        scene.told.until(is_step("open"))
        stores = scene.stores()
        pending = [row.recipient for row in scene.rows(states=[State.PENDING])]
        leave(stores, pending[-1])
        stores.subscribers.suppress(pending[-2], SuppressionReason.COMPLAINED, now=now())
        stores.close()
        scene.open()
        assert scene.ended(sender)[0] == 0
        scene.settle()
        past = scene.history(suppressed=pending[-2:])
    assert violations(past) == []
    skipped = {row.recipient: row.reason for row in past.rows if row.state is State.SKIPPED}
    assert skipped == {pending[-1]: "unsubscribed", pending[-2]: "suppressed"}


def test_row_38_who_comes_during_the_run_belongs_to_the_next_issue(tmp_path: Path) -> None:
    with Scene(tmp_path, people=20) as scene:
        scene.shut()
        sender = scene.start(scene.order(connections=1))
        scene.told.until(is_step("open"))
        stores = scene.stores()
        stores.subscribers.add([person(number, f"late{number}@example.org") for number in range(900, 950)])
        stores.close()
        scene.open()
        assert scene.ended(sender)[0] == 0
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    assert summary(past).sent == 20


def test_row_40_an_address_that_cannot_be_written_to_fails_alone_and_by_name(tmp_path: Path) -> None:
    poison = ["nobody at all", "two words@example.org"]
    with Scene(tmp_path, people=20, poison=poison) as scene:
        assert scene.finish()[0] == 0
        scene.settle()
        past = scene.history()
    assert violations(past) == []
    failed = {row.recipient: row.reason for row in past.rows if row.state is State.FAILED}
    assert set(failed) == set(poison)
    assert all(failed.values())
    assert summary(past).sent == 20


@pytest.mark.long
def test_row_45_a_long_send_holds_no_more_files_threads_or_memory_at_its_end(tmp_path: Path) -> None:
    with Scene(tmp_path, people=3000) as scene:
        sender = scene.start(scene.order(connections=4))
        early = least_held(scene, sender.pid, replies=600)
        late = least_held(scene, sender.pid, replies=2200)
        assert scene.ended(sender)[0] == 0
        assert scene.rows(states=OPEN) == []
    assert late[0] <= early[0] + 1
    assert late[1] <= early[1] + 1
    assert late[2] <= early[2] + 4096, "KiB"


def least_held(scene: Scene, pid: int, *, replies: int) -> tuple[int, int, int]:
    """Wait for so many *replies* and give the least that was held at the last hundred of them.

    A thread that opens a connection lives for a moment; what leaks is there at every moment.
    """
    for _ in range(replies - 100):
        scene.told.until(is_step("reply"))
    files, threads, memory = zip(*(_held_at_reply(scene, pid) for _ in range(100)), strict=True)
    return min(files), min(threads), min(memory)


def _held_at_reply(scene: Scene, pid: int) -> tuple[int, int, int]:
    scene.told.until(is_step("reply"))
    return held(pid)


def held(pid: int) -> tuple[int, int, int]:
    """Give the open files, the threads and the memory (KiB) of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return files, int(status["Threads"]), int(status["VmRSS"].split()[0])
