"""The rows of the ledger in memory."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vesicle.model.delivery import MOST_ATTEMPTS, Delivery, Frozen, Outcome, Policy, State
from vesicle.model.subscriber import MONTH, Subscriber
from vesicle.schedule.calendar import is_zone, moment
from vesicle.store.identity import addressee


@dataclass(slots=True, kw_only=True)
class Row:
    """A delivery, and where it is."""

    delivery: Delivery
    channel: str
    state: State = State.PENDING
    retry_at: datetime | None = None
    outcome: Outcome | None = None


def itself(frozen: Frozen) -> Subscriber | None:
    """Give whom a message with an address of its own goes to."""
    return addressee(frozen.slug, frozen.address) if frozen.address else None


def is_lately(frozen: Frozen, series: str, at: datetime) -> bool:
    """Tell whether it is an issue of *series* of the four weeks before *at*."""
    return frozen.series == series and frozen.at is not None and frozen.at > at - MONTH


def recall(row: Row, now: datetime) -> None:
    """Owe again what was put off until now."""
    if row.retry_at is not None and row.retry_at <= now:
        row.state, row.retry_at = State.PENDING, None


def cancelled(at: datetime | None) -> Outcome:
    """Give how a delivery of what was cancelled ends."""
    return Outcome(state=State.SKIPPED, at=at or datetime.min.replace(tzinfo=UTC), reason="cancelled")


def finish(row: Row, outcome: Outcome) -> None:
    """Note how a delivery ended."""
    row.state, row.outcome = outcome.state, outcome
    row.retry_at = (outcome.retry_at or outcome.at) if outcome.state is State.DEFERRED else None
    if outcome.state is not State.UNKNOWN:
        row.delivery = replace(row.delivery, token="")


def own_time(frozen: Frozen, person: Subscriber | None) -> datetime | None:
    """Give when *person* is owed it by their own clock; None where that does not matter."""
    if frozen.wall is None or person is None:
        return None
    return moment(frozen.wall, person.zone if is_zone(person.zone) else frozen.zone)


def comes_again(row: Row, frozen: Frozen) -> bool:
    """Tell whether nobody knows of *row* whether it went out, and it is owed again by and by."""
    is_unknown = row.state is State.UNKNOWN and row.delivery.attempts < MOST_ATTEMPTS
    return is_unknown and frozen.policy is Policy.RESEND
