"""One post in hand: from its take to its end, each step written down before it is made."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from vesicle.model.delivery import Delivery, Outcome, Receipt, State
from vesicle.model.errors import (
    OutcomeUnknown,
    OutsideError,
    PermanentFailure,
    TemporaryFailure,
    UserError,
    VesicleError,
)
from vesicle.model.message import Message
from vesicle.ports import LEASE, Clock, Ledger

_log = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)


class NotOurs(VesicleError):
    """Somebody else has the post, or it is held."""


class Closed(VesicleError):
    """The channel itself cannot work, for the reason *failure*; nothing came of the post in hand."""

    def __init__(self, failure: OutsideError) -> None:
        super().__init__(str(failure))
        self.failure = failure


def nothing() -> None:
    """Do nothing."""


class Attempt:
    """A post that a channel has in hand, and what was noted of it."""

    def __init__(self, delivery: Delivery, ledger: Ledger, clock: Clock) -> None:
        self.delivery = delivery
        self.clock = clock
        self._ledger = ledger
        self._facts: dict[str, Any] = json.loads(delivery.noted or "{}")
        self._is_begun = False

    @property
    def message(self) -> Message:
        """Give what is to be published."""
        return self.delivery.message

    @property
    def facts(self) -> Mapping[str, Any]:
        """Give what was noted so far, also by earlier attempts; empty at the first."""
        return self._facts

    def note(self, **facts: Any) -> None:  # noqa: ANN401 - what JSON can say
        """Keep *facts* beside those noted before; durable on return. The lease is renewed."""
        self._facts |= facts
        self._ledger.renew(now=self.clock(), lease=LEASE)
        self._ledger.note(self.delivery, json.dumps(self._facts, ensure_ascii=False))

    def begin(self) -> None:
        """Pass the point of no return: call it before the first request that leaves something behind.

        Raises NotOurs where the post may not go out; what was begun before stays so.
        """
        if not self._is_begun:
            if not self._ledger.begin(self.delivery, now=self.clock()).result():
                raise NotOurs
            self._is_begun = True


def publish_each(
    feed: Iterator[Delivery],
    ledger: Ledger,
    publish: Callable[[Attempt], Receipt],
    *,
    clock: Clock,
    name: str,
    look: Callable[[], None] = nothing,
) -> None:
    """Publish each post of *feed* on the channel called *name* once, and write down how it ended.

    *look* is called once, before the first: what it raises means that the channel itself cannot work, and
    goes on to the caller. *publish* publishes one, and calls `Attempt.begin` before anything that stays.
    Where it raises TemporaryFailure the post is deferred, longer each time and at least as long as the
    other side asked; after its time it has failed or, if anything was noted of it, is unknown.
    PermanentFailure fails it, and so does UserError, for a card that cannot be drawn. OutcomeUnknown leaves
    it unknown. After Closed it is deferred, and the failure raised.
    """
    is_seen = False
    for delivery in feed:
        try:
            if not is_seen:
                look()
                is_seen = True
        except OutsideError:
            ledger.release([delivery])
            ledger.flush()
            raise
        _publish(delivery, ledger, publish, clock=clock, name=name)
    ledger.flush()


def _publish(
    delivery: Delivery, ledger: Ledger, publish: Callable[[Attempt], Receipt], *, clock: Clock, name: str
) -> None:
    closed: Closed | None = None
    try:
        receipt = publish(Attempt(delivery, ledger, clock))
        outcome = Outcome(state=State.SENT, at=clock(), receipt=receipt)
    except NotOurs:
        ledger.release([delivery])
        return
    except (TemporaryFailure, Closed) as failure:
        closed = failure if isinstance(failure, Closed) else None
        outcome = _put_off(delivery, failure, clock)
    except (PermanentFailure, UserError) as failure:
        outcome = Outcome(state=State.FAILED, at=clock(), reason=str(failure))
    except OutcomeUnknown as doubt:
        outcome = Outcome(state=State.UNKNOWN, at=clock(), reason=str(doubt))
    ledger.end(delivery, outcome)
    _log.info("deliver.%s channel=%s key=%s", outcome.state.value, name, delivery.key)
    if closed:
        ledger.flush()
        raise closed.failure


def _put_off(delivery: Delivery, failure: TemporaryFailure | Closed, clock: Clock) -> Outcome:
    now = clock()
    if delivery.give_up is not None and delivery.give_up <= now:
        # What was tried before may be out, although no answer said so.
        state = State.UNKNOWN if delivery.noted else State.FAILED
        return Outcome(state=state, at=now, reason=f"{failure}; it was tried until its time was over")
    pause = min(_FIRST_PAUSE * 2 ** min(delivery.attempts - 1, 10), _LONGEST_PAUSE)
    wait = failure.wait if isinstance(failure, TemporaryFailure) else None
    retry_at = now + max(pause, wait or pause)
    return Outcome(state=State.DEFERRED, at=now, reason=str(failure), retry_at=retry_at)
