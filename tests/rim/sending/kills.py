"""Kills a send again and again, wherever it is, and starts it again each time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from signal import SIGKILL
from typing import Any

from tests.rim.sending.invariants import History
from tests.rim.sending.scene import Scene, Step

from vesicle.model.delivery import OPEN, State

PHASES = (
    "before the take",
    "taken, no connection",
    "connected, no envelope",
    "after MAIL or RCPT",
    "after the 354, before the intent",
    "after the intent, before the dot",
    "after the dot, before the reply",
    "after the reply, before the commit",
    "between two mails",
)
BETWEEN_354_AND_REPLY = PHASES[4:7]
STEPS_OF_A_MAIL = 5
"""`mail`, `rcpt`, `data`, `dot`, `reply`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: the phase of each connection, and how many connections were open."""

    phases: "Counter[str]"
    connections: int


@dataclass(slots=True, kw_only=True)
class Account:
    """What the kills of one send came to."""

    kills: list[Kill] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)

    def fell(self, phases: Sequence[str]) -> int:
        """Count the kills at which a connection was in one of *phases*."""
        return sum(1 for kill in self.kills if any(kill.phases[phase] for phase in phases))

    def table(self) -> str:
        """Give the kills and the connections per phase."""
        lines = ["| phase | kills | connections |", "|---|---|---|"]
        for phase in PHASES:
            connections = sum(kill.phases[phase] for kill in self.kills)
            lines.append(f"| {phase} | {self.fell([phase])} | {connections} |")
        lines.append(f"| between the 354 and the reply | {self.fell(BETWEEN_354_AND_REPLY)} | |")
        return "\n".join(lines)


def kill_again_and_again(scene: Scene, *, kills: int, random: Random, **order: Any) -> Account:
    """Kill a send *kills* times at random instants, start it again each time, and let it come to its end."""
    account = Account()
    while len(account.kills) < kills and not account.exits:
        _one(scene, account, kills - len(account.kills), random, order)
    if not account.exits:
        account.exits.append(scene.finish(**order)[0])
        scene.settle()
    return account


def history(scene: Scene, account: Account, **changes: Any) -> History:
    """Gather both sides after the end."""
    kills = [kill.connections for kill in account.kills]
    return scene.history(**({"kills": kills, "exits": account.exits} | changes))


def _one(scene: Scene, account: Account, kills_left: int, random: Random, order: dict[str, Any]) -> None:
    """Start a sender, let it take some steps, and kill it, unless it came to its end before."""
    sender = scene.start(scene.order(**order))
    steps = _followed(scene, _length(scene, kills_left, random))
    if steps[-1].what == "ended":
        account.exits.append(int(steps[-1].rest))
        return
    sender.signal(SIGKILL)
    code, more = scene.ended(sender)
    steps += more + scene.settle()
    if code == -SIGKILL:
        account.kills.append(_judged(scene, steps))
    else:
        account.exits.append(code)


def _length(scene: Scene, kills_left: int, random: Random) -> int:
    """Give how many steps to allow, so that about as much is left for each of the kills to come."""
    owed = len(scene.rows(states=OPEN))
    share = max(1, STEPS_OF_A_MAIL * owed // (kills_left + 2))
    return random.randint(1, 2 * share)


def _followed(scene: Scene, length: int) -> list[Step]:
    steps = [scene.told.next()]
    while len(steps) < length and steps[-1].what != "ended":
        steps.append(scene.told.next())
    return steps


def _judged(scene: Scene, steps: Sequence[Step]) -> Kill:
    """Tell in which phase each connection was, by what the sink saw last and what the ledger says now."""
    state = {row.recipient: row.state for row in scene.rows()}
    greeted = {step.who for step in steps if step.what == "noop"}
    ends = [step for step in steps if step.what == "gone" and step.who not in greeted]
    phases = Counter(_phase(step, state) for step in ends)
    if not ends:
        phases[PHASES[1] if State.TAKEN in state.values() else PHASES[0]] = 1
    return Kill(phases=phases, connections=len(ends))


def _phase(end: Step, state: dict[str, State]) -> str:
    """Name the phase of a connection that ended."""
    last, _, recipient = end.rest.partition(" ")
    is_sending = state.get(recipient) is State.SENDING
    return {
        "open": PHASES[2],
        "mail": PHASES[3],
        "rcpt": PHASES[3],
        "data": PHASES[5] if is_sending else PHASES[4],
        "dot": PHASES[6],
        "reply": PHASES[7] if is_sending else PHASES[8],
    }[last]
