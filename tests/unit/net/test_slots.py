"""The rate that processes keep together: with a clock of our own, and with real processes."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from vesicle.model.errors import PermanentFailure
from vesicle.net.slots import KEPT, SLACK, Slots

# Prints when each slot was granted: what the clock said last. A line later the process may be held up.
WORKER = """
import sys, time
from vesicle.net.slots import Slots
said = []
def clock():
    said.append(time.time())
    return said[-1]
slots = Slots(sys.argv[1], per_second=float(sys.argv[2]), clock=clock, wait=time.sleep)
for _ in range(int(sys.argv[3])):
    slots.take()
    print(repr(said[-1]))
"""


class Time:
    """A clock that stands still but for who waits; *late* is how much longer each wait takes, in turn."""

    def __init__(self, *late: float) -> None:
        self.now = 1_000_000.0
        self._late = list(late)

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds + (self._late.pop(0) if self._late else 0.0)


def times_of(take: Callable[[], None], time: Time, *, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        take()
        taken.append(time.now)
    return taken


def most_within_a_second(times: list[float]) -> int:
    return max(sum(start <= time < start + 1 for time in times) for start in times)


def made(folder: Path, time: Time, *, per_second: float = 3) -> Slots:
    return Slots(folder, per_second=per_second, clock=time.clock, wait=time.wait)


@pytest.mark.parametrize("per_second", [1, 3, 10])
def test_slots_stand_apart_so_that_no_second_holds_more_than_the_rate(
    tmp_path: Path, per_second: int
) -> None:
    time = Time()
    taken = times_of(made(tmp_path, time, per_second=per_second).take, time, count=40)
    assert most_within_a_second(taken) == per_second
    assert min(later - sooner for sooner, later in pairwise(taken)) > 1 / per_second


def test_two_clients_of_one_folder_share_the_rate(tmp_path: Path) -> None:
    time = Time()
    one, two = made(tmp_path, time), made(tmp_path, time)
    taken = [
        moment for _ in range(10) for slots in (one, two) for moment in times_of(slots.take, time, count=1)
    ]
    assert most_within_a_second(taken) == 3


def test_after_a_pause_no_slot_is_made_up(tmp_path: Path) -> None:
    time = Time()
    slots = made(tmp_path, time)
    times_of(slots.take, time, count=5)
    time.now += 30
    assert most_within_a_second(times_of(slots.take, time, count=12)) == 3


def test_whoever_sleeps_through_a_slot_takes_another(tmp_path: Path) -> None:
    time = Time(0.0, 10.0, 0.0)
    slots = made(tmp_path, time)
    taken = times_of(slots.take, time, count=2)
    length = (1 + SLACK) / 3
    assert taken[1] - taken[0] > 10
    assert min(taken[1] % length, length - taken[1] % length) < 0.001


def test_waking_a_little_late_still_keeps_the_rate(tmp_path: Path) -> None:
    time = Time(*([SLACK * 0.9, 0.0, 0.0] * 20))
    assert most_within_a_second(times_of(made(tmp_path, time).take, time, count=30)) == 3


def test_slots_that_are_past_are_removed_and_other_files_are_not(tmp_path: Path) -> None:
    time = Time()
    slots = made(tmp_path, time)
    (tmp_path / "notes.txt").write_text("mine")
    times_of(slots.take, time, count=20)
    time.now += 2 * KEPT
    slots.take()
    assert len(list(tmp_path.iterdir())) == 2
    assert (tmp_path / "notes.txt").exists()


def test_a_folder_that_cannot_be_made_is_a_named_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PermanentFailure, match="cannot be written to"):
        made(tmp_path / "file" / "slots", Time()).take()


@pytest.mark.parametrize(("per_second", "each"), [(10, 4)])
def test_processes_together_never_exceed_the_rate(tmp_path: Path, per_second: int, each: int) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path), str(per_second), str(each)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    printed = [process.communicate(timeout=60)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    taken = sorted(float(line) for lines in printed for line in lines.split())
    assert len(taken) == 4 * each
    assert most_within_a_second(taken) <= per_second
