"""Kills a send again and again, wherever it is, and starts it again each time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from signal import SIGKILL
from time import perf_counter
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
AIMS = ("pid", "opened", "recovered", "open", "data", "dot", "reply")
"""The steps that kills are aimed at, each as often as the others."""
ONCE = AIMS[:4]
LATE_SECONDS = 0.004
"""A kill comes up to so long after the step it is aimed at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: how many connections were in each phase, how many open, and to whom mails were being sent.

    A connection whose next mail is on its way while the last is not yet written down is in two phases. A
    sender that is killed before it has recovered leaves *sending* as the one before it did.
    """

    phases: "Counter[str]"
    connections: int
    sending: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Account:
    """What the kills of one send came to."""

    kills: list[Kill] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)

    def fell(self, phases: Sequence[str]) -> int:
        """Count the kills at which a connection was in one of *phases*."""
        return sum(1 for kill in self.kills if any(kill.phases[phase] for phase in phases))

    @property
    def in_doubt(self) -> frozenset[str]:
        """Name all to whom a mail was being sent at a kill."""
        return frozenset().union(*(kill.sending for kill in self.kills))

    @property
    def worst(self) -> int:
        """Give by how much the mails in doubt exceeded the open connections at a kill, at most."""
        before = [frozenset[str](), *(kill.sending for kill in self.kills)]
        over = (
            len(kill.sending - old) - kill.connections for kill, old in zip(self.kills, before, strict=False)
        )
        return max(over, default=0)

    def table(self) -> str:
        """Give the kills and the connections per phase."""
        lines = ["| phase | kills | connections |", "|---|---|---|"]
        for phase in PHASES:
            connections = sum(kill.phases[phase] for kill in self.kills)
            lines.append(f"| {phase} | {self.fell([phase])} | {connections} |")
        lines.append(f"| between the 354 and the reply | {self.fell(BETWEEN_354_AND_REPLY)} | |")
        return "\n".join(lines)


def kill_again_and_again(
    scene: Scene, *, kills: int, random: Random, aims: Sequence[str] = AIMS, **order: Any
) -> Account:
    """Kill a send *kills* times, start it again each time, and let it come to its end.

    Each instant is random: somewhat after a random one of the steps *aims*.
    """
    account = Account()
    while len(account.kills) < kills and not account.exits:
        _one(scene, account, _Plan(random, aims, kills - len(account.kills)), order)
    if not account.exits:
        account.exits.append(scene.finish(**order)[0])
        scene.settle()
    return account


def history(scene: Scene, account: Account, **changes: Any) -> History:
    """Gather both sides after the end."""
    kills = [kill.connections for kill in account.kills]
    return scene.history(**({"kills": kills, "exits": account.exits} | changes))


@dataclass(frozen=True, slots=True)
class _Plan:
    random: Random
    aims: Sequence[str]
    kills_left: int


def _one(scene: Scene, account: Account, plan: _Plan, order: dict[str, Any]) -> None:
    """Start a sender, let it take some steps, and kill it, unless it came to its end before."""
    aim = plan.random.choice(plan.aims)
    sender = scene.start(scene.order(**order))
    steps = _followed(scene, aim, times=1 if aim in ONCE else _times(scene, plan))
    if steps and steps[-1].what == "ended":
        account.exits.append(int(steps[-1].rest))
        return
    _spin(plan.random.uniform(0, LATE_SECONDS))
    sender.signal(SIGKILL)
    code, more = scene.ended(sender)
    steps += more + scene.settle()
    if code == -SIGKILL:
        account.kills.append(_judged(scene, steps))
    else:
        account.exits.append(code)


def _times(scene: Scene, plan: _Plan) -> int:
    """Give how many mails to allow, so that about as many are left for each of the kills to come."""
    owed = len(scene.rows(states=OPEN))
    return plan.random.randint(1, max(1, 2 * owed // (plan.kills_left + 2)))


def _followed(scene: Scene, aim: str, *, times: int) -> list[Step]:
    """Wait until a sender, which has told its `pid` already, takes a step for that many times, or ends."""
    steps: list[Step] = []
    left = times - (aim == "pid")
    while left > 0:
        steps.append(scene.told.next())
        left = 0 if steps[-1].what == "ended" else left - (steps[-1].what == aim)
    return steps


def _spin(seconds: float) -> None:
    """Let that time pass to the microsecond."""
    until = perf_counter() + seconds
    while perf_counter() < until:
        pass


def _judged(scene: Scene, steps: Sequence[Step]) -> Kill:
    """Tell in which phases each connection was, by what the sink saw last and what the ledger says now."""
    state = {row.recipient: row.state for row in scene.rows()}
    ours = {step.who for step in steps if step.what == "noop"}
    ends = [step for step in steps if step.what == "gone" and step.who not in ours]
    replied = {step.who: step.rest for step in steps if step.what == "reply"}
    phases = Counter(_phase(step, state) for step in ends)
    # With the next envelope on its way, the sink saw the last reply before the step it saw last.
    phases[PHASES[7]] += sum(
        1
        for step in ends
        if state.get(replied.get(step.who, "")) is State.SENDING
        and not step.rest.startswith("reply")
        and replied[step.who] != step.rest.partition(" ")[2]
    )
    if not ends:
        phases[PHASES[1] if State.TAKEN in state.values() else PHASES[0]] = 1
    sending = frozenset(name for name, one in state.items() if one is State.SENDING)
    return Kill(phases=phases, connections=len(ends), sending=sending)


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
