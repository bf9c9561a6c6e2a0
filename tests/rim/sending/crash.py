"""Looks at every crash point: a sender dies, or its disk fails, at its N-th system call of a kind.

strace injects the fault. It counts the calls of each thread apart, so a sender is followed twice: from its
start, where the main thread is the first to reach a number, and from the moment at which all its connections
wait for the sink's greeting, from where on connections and ledger work. After each fault comes a run that
nothing is done to.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL

from tests.rim.sending.invariants import Summary, Violation, summary, violations
from tests.rim.sending.scene import Scene, is_step

KILL = "signal=SIGKILL"
CALLS = ("connect", "sendto", "recvfrom", "pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "write")
DISK_CALLS = ("pwrite64", "fdatasync", "fsync")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One crash point: the *when*-th *call* of a thread, and the *fault* injected there (strace's words).

    It counts from the sender's start, or *at_gate* from the moment at which its connections are there. A
    fault that *lasts* is there from then on.
    """

    call: str
    fault: str
    when: int
    at_gate: bool = False
    lasts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of one crash point: the sender's exit code, and all the rest after it was started again."""

    point: Point
    code: int
    summary: Summary
    violations: Sequence[Violation]

    @property
    def is_fault(self) -> bool:
        """Tell whether the sender ended by an error that nobody foresaw."""
        return self.code == 1


def has_strace() -> bool:
    """Tell whether strace is there and may follow a process."""
    return shutil.which("strace") is not None


def explore(scene: Scene, point: Point, *, connections: int = 1, step: int = 1) -> Iterator[Found]:
    """Yield what comes of every *step*-th crash point from *point* on, until the call is not reached."""
    while found := at(scene, point, connections=connections):
        yield found
        point = replace(point, when=point.when + step)


def at(scene: Scene, point: Point, *, connections: int) -> Found | None:
    """Send with the fault at *point*, start again, and judge; None where the call is not reached."""
    scene.reset()
    trace = scene.folder / "trace"
    start = _from_the_gate if point.at_gate else _from_the_start
    code = start(scene, point, connections, trace)
    scene.settle()
    if not _was_reached(trace, point, code):
        return None
    again, _ = scene.finish(connections=connections)
    scene.settle()
    past = scene.history(kills=[connections], exits=[again])
    return Found(point=point, code=code, summary=summary(past), violations=violations(past))


def _was_reached(trace: Path, point: Point, code: int) -> bool:
    return code == -SIGKILL if point.fault == KILL else "(INJECTED)" in trace.read_text()


def _from_the_start(scene: Scene, point: Point, connections: int, trace: Path) -> int:
    sender = scene.start(scene.order(connections=connections, waits=True))
    with _followed(sender.pid, point, trace):
        sender.go()
        return scene.ended(sender)[0]


def _from_the_gate(scene: Scene, point: Point, connections: int, trace: Path) -> int:
    scene.shut()
    sender = scene.start(scene.order(connections=connections))
    for _ in range(connections):
        scene.told.until(is_step("open"))
    with _followed(sender.pid, point, trace):
        scene.open()
        return scene.ended(sender)[0]


def _followed(pid: int, point: Point, trace: Path) -> AbstractContextManager[None]:
    """Inject the fault into a process, all its threads included, during the block."""
    when = f"{point.when}{'+' if point.lasts else ''}"
    inject = f"inject={point.call}:{point.fault}:when={when}"
    return attached(
        ["strace", "-f", "-o", str(trace), "-e", f"trace={point.call}", "-e", inject, "-p", str(pid)]
    )


@contextmanager
def attached(strace: Sequence[str]) -> Iterator[None]:
    """Run *strace*, which follows a process by its id, until the end of the block or of that process."""
    with subprocess.Popen(strace, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        first = process.stderr.readline()
        assert " attached" in first, f"strace may not follow a process: {first}"
        try:
            yield
        finally:
            process.terminate()
            process.stderr.read()


def table(found: Sequence[Found]) -> str:
    """Give the crash points and what came of them, by call and fault."""
    head = (
        "| call | fault | crash points | duplicates | lost | unknown (really not sent) | ended by a fault |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    for call, fault in dict.fromkeys((one.point.call, one.point.fault) for one in found):
        mine = [one for one in found if (one.point.call, one.point.fault) == (call, fault)]
        lines.append(_line(call, fault.partition("=")[2], mine))
    return "\n".join([*lines, _line("all", "", found)])


def _line(call: str, fault: str, mine: Sequence[Found]) -> str:
    ends = [one.summary for one in mine]
    duplicates, lost = sum(one.duplicates for one in ends), sum(one.lost for one in ends)
    unknown, unsent = sum(one.unknown for one in ends), sum(one.unsent for one in ends)
    faults = sum(one.is_fault for one in mine)
    return f"| {call} | {fault} | {len(mine)} | {duplicates} | {lost} | {unknown} ({unsent}) | {faults} |"
