"""How a mail ended, from what the server said or did not say. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from vesicle.deliver.email.replies import Reply, Step
from vesicle.model.delivery import Delivery, Outcome, Receipt, State
from vesicle.model.errors import PermanentFailure, VesicleError

_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
_LATEST = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The outcome of one delivery, and the error of ours that it shows, for which nobody is blamed."""

    outcome: Outcome
    stop: VesicleError | None = None


def wait(delivery: Delivery) -> timedelta:
    """Give the time until the next try: 1, 5, 15, 60 minutes, then 4 hours, and up to a quarter more.

    The same delivery always waits the same; different ones that failed together come back apart.
    """
    base = _WAITS[min(max(delivery.attempts - 1, 0), len(_WAITS) - 1)]
    return base * _jitter(delivery)


def sent(reply: Reply, *, at: datetime) -> Ending:
    """End a mail that the server has taken over."""
    return Ending(outcome=Outcome(state=State.SENT, at=at, receipt=Receipt(raw=str(reply))))


def failed(reason: str, *, at: datetime) -> Ending:
    """End a mail that can never reach this person."""
    return Ending(outcome=Outcome(state=State.FAILED, at=at, reason=reason))


def unknown(reason: str, *, at: datetime) -> Ending:
    """End a mail that was handed over whole and never answered: it may have arrived."""
    return Ending(outcome=Outcome(state=State.UNKNOWN, at=at, reason=reason))


def deferred(
    delivery: Delivery,
    reason: str,
    *,
    at: datetime,
    after: timedelta | None = None,
    stop: VesicleError | None = None,
) -> Ending:
    """End a try that certainly delivered nothing; the next comes *after* that time, else after `wait`.

    The last one is when the message is given up, and whoever is not reached then has failed.
    """
    retry_at = at + (wait(delivery) if after is None else after)
    if delivery.give_up is not None and at >= delivery.give_up:
        late = f"not reached by {delivery.give_up:%Y-%m-%d %H:%M} UTC, when it was given up; last: {reason}"
        return Ending(outcome=Outcome(state=State.FAILED, at=at, reason=late), stop=stop)
    if delivery.give_up is not None:
        retry_at = min(retry_at, delivery.give_up)
    return Ending(outcome=Outcome(state=State.DEFERRED, at=at, reason=reason, retry_at=retry_at), stop=stop)


def refused(delivery: Delivery, step: Step, reply: Reply, *, at: datetime) -> Ending:
    """End a mail that the server refused at *step*: this time, this person, or because of us."""
    reason = f"{step}: {reply}"
    if reply.is_ours(step):
        stop = PermanentFailure(
            f"the mail server refuses what we send ({reason}); nobody was marked as failed"
        )
        return deferred(delivery, reason, at=at, stop=stop)
    if reply.is_permanent:
        return failed(reason, at=at)
    if step is Step.DOT and not reply.is_temporary:
        return unknown(f"{step} was answered with something that is no answer: {reply}", at=at)
    # Who waits because there was too much to send at once waits as short as can be, however often.
    after = _WAITS[0] * _jitter(delivery) if reply.is_throttle else None
    return deferred(delivery, reason, at=at, after=after)


def _jitter(delivery: Delivery) -> float:
    """Give a number from 1 to 1.25 that is the delivery's own, another one for each attempt."""
    drawn = crc32(f"{delivery.key} {delivery.attempts}".encode()) / 0xFFFFFFFF
    return 1 + (_LATEST - 1) * drawn
