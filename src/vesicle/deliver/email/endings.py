"""How a mail ended, from what the server said or did not say. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.deliver.email.replies import Reply, Step
from vesicle.model.delivery import Delivery, Outcome, Receipt, State
from vesicle.model.errors import PermanentFailure, VesicleError

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The outcome of one delivery, and the error that ends the run where the channel cannot go on."""

    outcome: Outcome
    stop: VesicleError | None = None


def wait(attempts: int) -> timedelta:
    """Give the time until the next try: 1, 4, 16, 64 minutes, then 4 hours, after *attempts* tries."""
    quadrupled: int = 4 ** min(max(attempts - 1, 0), 8)
    return min(_FIRST_WAIT * quadrupled, _LONGEST_WAIT)


def sent(reply: Reply, *, message_id: str, at: datetime) -> Ending:
    """End a mail that the server has taken over."""
    receipt = Receipt(remote=message_id, raw=str(reply))
    return Ending(outcome=Outcome(state=State.SENT, at=at, receipt=receipt))


def failed(reason: str, *, at: datetime) -> Ending:
    """End a mail that can never reach this person."""
    return Ending(outcome=Outcome(state=State.FAILED, at=at, reason=reason))


def unknown(reason: str, *, at: datetime) -> Ending:
    """End a mail that was handed over whole and never answered: it may have arrived."""
    return Ending(outcome=Outcome(state=State.UNKNOWN, at=at, reason=reason))


def deferred(delivery: Delivery, reason: str, *, at: datetime, stop: VesicleError | None = None) -> Ending:
    """End a try that certainly delivered nothing; the next comes later."""
    outcome = Outcome(state=State.DEFERRED, at=at, reason=reason, retry_at=at + wait(delivery.attempts))
    return Ending(outcome=outcome, stop=stop)


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
    return deferred(delivery, reason, at=at)
