"""The one checker of what must hold after any fault: I1 to I8.

It compares what the sink accepted with what the ledger says. Pure: whoever calls it gathers both sides first.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from vesicle.model.delivery import OPEN, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One mail that the sink accepted."""

    message_id: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One delivery as the ledger has it; *recipient* is empty for somebody who was erased."""

    key: str
    recipient: str
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known of one send after its last run.

    *audience* are the addresses that were frozen, *suppressed* those of them that were barred before any
    take. *kills* has for each kill how many connections were open then. *resends* tells that the operator
    asked for the unknown to be sent again. *exits* are the exit codes of the runs nobody killed, in order;
    *is_over* tells that the last of them was to finish everything.
    """

    accepted: Sequence[Accepted]
    rows: Sequence[Row]
    audience: Collection[str]
    suppressed: Collection[str] = ()
    kills: Sequence[int] = ()
    resends: bool = False
    exits: Sequence[int] = (0,)
    is_over: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One invariant that does not hold, and where."""

    name: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a send ended, in numbers of people.

    *unsent* are those of the unknown whom the sink has nothing for, *duplicates* mails above one to a person,
    *lost* people whom the sink has nothing for although the ledger does not say so.
    """

    audience: int
    accepted: int
    sent: int
    unknown: int
    unsent: int
    duplicates: int
    lost: int


def violations(history: History) -> list[Violation]:
    """Give every violation of every invariant, in their order."""
    return [one for rule in _RULES for one in rule(history)]


def summary(history: History) -> Summary:
    """Count how a send ended."""
    got = {one.recipient for one in history.accepted}
    state = {row.recipient: row.state for row in history.rows}
    unknown = [name for name, one in state.items() if one is State.UNKNOWN]
    missed = set(history.audience) - got - set(history.suppressed)
    told = (State.UNKNOWN, State.FAILED, State.SKIPPED) if history.is_over else tuple({*State} - {State.SENT})
    return Summary(
        audience=len(history.audience),
        accepted=len(history.accepted),
        sent=sum(1 for one in state.values() if one is State.SENT),
        unknown=len(unknown),
        unsent=sum(1 for name in unknown if name not in got),
        duplicates=sum(times - 1 for times in Counter(one.recipient for one in history.accepted).values()),
        lost=sum(1 for name in missed if state.get(name) not in told),
    )


def _one_state_each(history: History) -> Iterator[Violation]:
    """I1: every recipient is in exactly one state, and in a last one when all is over."""
    rows = Counter(row.recipient for row in history.rows)
    for name in sorted(set(history.audience) | rows.keys()):
        expected = 1 if name in history.audience else 0
        if rows[name] != expected:
            yield Violation(name="I1", what=f"{name or 'nobody'} has {rows[name]} rows, not {expected}")
    if history.is_over:
        for row in history.rows:
            if row.state in OPEN:
                yield Violation(name="I1", what=f"{row.recipient} is still {row.state}")


def _at_most_once(history: History) -> Iterator[Violation]:
    """I2: nobody got two mails, unless the unknown were sent again; a person's Message-ID never changes."""
    ids: dict[str, set[str]] = {}
    for one in history.accepted:
        ids.setdefault(one.recipient, set()).add(one.message_id)
    for name, found in sorted(ids.items()):
        if len(found) > 1 or not all(found):
            yield Violation(name="I2", what=f"{name} got mails with the Message-IDs {sorted(found)}")
    times = Counter(one.message_id for one in history.accepted)
    for message_id, count in sorted(times.items()):
        if count > 1 and not history.resends:
            yield Violation(name="I2", what=f"{message_id} was accepted {count} times")


def _sent_is_true(history: History) -> Iterator[Violation]:
    """I3: whoever is `sent` is in the sink."""
    got = {one.recipient for one in history.accepted}
    for row in history.rows:
        if row.state is State.SENT and row.recipient not in got:
            yield Violation(name="I3", what=f"{row.recipient} is sent, and the sink has nothing")


def _accepted_is_known(history: History) -> Iterator[Violation]:
    """I4: whoever is in the sink is `sent` or `unknown`; while a send runs, in hand at the least."""
    in_hand = () if history.is_over else (State.SENDING,)
    state = {row.recipient: row.state for row in history.rows}
    for name in sorted({one.recipient for one in history.accepted}):
        if state.get(name) not in (State.SENT, State.UNKNOWN, *in_hand):
            yield Violation(name="I4", what=f"the sink has a mail to {name}, who is {state.get(name)}")


def _few_unknown(history: History) -> Iterator[Violation]:
    """I5: at most one unknown for each connection that was open at a kill, and each is named."""
    unknown = [row for row in history.rows if row.state is State.UNKNOWN]
    if len(unknown) > sum(history.kills):
        yield Violation(name="I5", what=f"{len(unknown)} are unknown, and {sum(history.kills)} may be")
    for row in unknown:
        if not (row.key and row.recipient and row.reason):
            yield Violation(name="I5", what=f"an unknown is not named, or not explained: {row}")


def _nobody_barred(history: History) -> Iterator[Violation]:
    """I6: nobody who was barred before the take is written to."""
    for name in sorted({one.recipient for one in history.accepted} & set(history.suppressed)):
        yield Violation(name="I6", what=f"{name} was barred and got a mail")


def _one_row_each(history: History) -> Iterator[Violation]:
    """I7: what was due is there once: each delivery has its own key."""
    for key, count in sorted(Counter(row.key for row in history.rows).items()):
        if count > 1:
            yield Violation(name="I7", what=f"{key} is there {count} times")


def _nothing_by_hand(history: History) -> Iterator[Violation]:
    """I8: starting again is all it takes: every run that nobody killed ends well."""
    for number, code in enumerate(history.exits, 1):
        if code != 0:
            yield Violation(name="I8", what=f"run {number} that nobody killed ended with {code}")


_RULES = (
    _one_state_each,
    _at_most_once,
    _sent_is_true,
    _accepted_is_known,
    _few_unknown,
    _nobody_barred,
    _one_row_each,
    _nothing_by_hand,
)
