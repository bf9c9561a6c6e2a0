"""What becomes of a send that is killed, at random instants and at every system call, and of a full disk.

1. 200 kills during a send of 2,000 over 10 connections, started again each time (seed on the command line).
2. Each crash point of a send of 10: SIGKILL, EIO and ENOSPC at the N-th system call of a kind (strace).
3. The power goes during a send of 100: the disk as it may be then, at every sync and in between.

Usage: python bench/kills.py [SEED]
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.rim.sending import crash, kills, power  # noqa: E402 - they stand beside this folder
from tests.rim.sending.invariants import summary, violations  # noqa: E402
from tests.rim.sending.scene import Scene, ledger_rows  # noqa: E402

from vesicle.model.delivery import State  # noqa: E402

RESULTS = Path(__file__).parent / "results"
PEOPLE, KILLS, CONNECTIONS = 2000, 200, 10
BETWEEN_354_AND_REPLY = 20
"""At least so many of the kills have to fall there."""
KNOWN = (State.SENDING, State.UNKNOWN, State.SENT)


def random_kills(folder: Path, seed: int) -> dict[str, Any]:
    """Kill a send of 2,000 again and again."""
    with Scene(folder, people=PEOPLE, barred=3, sink=("--delay", "0.02", "--seed", str(seed))) as scene:
        account = kills.kill_again_and_again(scene, kills=KILLS, random=Random(seed), connections=CONNECTIONS)
        past = kills.history(scene, account)
    inside = account.fell(kills.BETWEEN_354_AND_REPLY)
    print(f"{len(account.kills)} kills (seed {seed}) during a send of {PEOPLE:,}\n\n{account.table()}\n")
    wrong = [asdict(one) for one in violations(past)]
    if inside < BETWEEN_354_AND_REPLY or len(account.kills) < KILLS:
        wrong.append({"name": "coverage", "what": f"{inside} of {len(account.kills)} kills fell inside"})
    if account.worst > 0:
        wrong.append({"name": "I5", "what": "a kill left more unknown than it had connections open"})
    found = asdict(summary(past))
    print(", ".join(f"{name} {value:,}" for name, value in found.items()), "\n")
    phases = {phase: account.fell([phase]) for phase in kills.PHASES}
    return {"kills": len(account.kills), "phases": phases, "summary": found, "violations": wrong}


def points() -> Iterator[tuple[crash.Point, int]]:
    """Yield the first crash point of each kind, and how far it is from one to the next that is looked at."""
    for at_gate in (False, True):
        for call in crash.CALLS:
            yield crash.Point(call=call, fault=crash.KILL, when=1, at_gate=at_gate), 1
        for call in crash.DISK_CALLS:
            for fault in ("error=EIO", "error=ENOSPC"):
                yield crash.Point(call=call, fault=fault, when=1, at_gate=at_gate), 1
                yield crash.Point(call=call, fault=fault, when=1, at_gate=at_gate, lasts=True), 5


def crash_points(folder: Path) -> dict[str, Any]:
    """Look at the crash points of a send of 10 over one connection; those that last are a sample."""
    with Scene(folder, people=10) as scene:
        found = [one for point, step in points() for one in crash.explore(scene, point, step=step)]
    print(crash.table(found), "\n")
    wrong = [asdict(broken) | asdict(one.point) for one in found for broken in one.violations]
    wrong += [
        {"name": "fault", "what": "ended by a fault"} | asdict(one.point) for one in found if one.is_fault
    ]
    return {"points": len(found), "violations": wrong}


def power_cuts(folder: Path, seed: int) -> dict[str, Any]:
    """Cut the power of a send of 100 at every sync and at 300 other moments."""
    count, forgotten = 0, 0
    with Scene(folder, people=100) as scene:
        traced = power.trace_send(scene, connections=CONNECTIONS)
        for cut in power.cuts(scene, traced, random=Random(seed), between=300, times=3):
            site = folder / f"cut-{count}"
            site.mkdir()
            power.put_down(cut, site)
            states = {row.recipient: row.state for row in ledger_rows(site / "vesicle.db", tuple(State))}
            forgotten += sum(1 for name in cut.handed_over if states.get(name) not in KNOWN)
            count += 1
    print(f"{count:,} power cuts: {forgotten} mails were handed over and forgotten\n")
    return {"cuts": count, "forgotten": forgotten}


def main(seed: int) -> int:
    """Do all three, print the tables, write JSON; 1 where a promise was broken."""
    document: dict[str, Any] = {"seed": seed}
    start = time.perf_counter()
    with TemporaryDirectory() as folder:
        document["random"] = random_kills(_new(folder, "kills"), seed)
    if crash.has_strace():
        with TemporaryDirectory() as folder:
            document["crash"] = crash_points(_new(folder, "crash"))
            document["power"] = power_cuts(_new(folder, "power"), seed)
    else:
        print("strace is not installed: crash points and power cuts were not looked at")
    document["seconds"] = round(time.perf_counter() - start)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "kills.json").write_text(json.dumps(document, indent=1) + "\n")
    broken = [*document["random"]["violations"], *document.get("crash", {}).get("violations", ())]
    for one in broken[:20]:
        print("BROKEN", one)
    return 1 if broken or document.get("power", {}).get("forgotten") else 0


def _new(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
