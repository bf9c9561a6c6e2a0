"""When to leave a mail server alone, and for how long. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vesicle.model.errors import OutsideError

_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
_MOST_FAULTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The state of one server: closed (it works, as far as is known) or open until a moment.

    It opens at once for a server that refuses us or cannot be reached, and after three faults in a row
    (lost connections, 421, replies that are none) with no mail accepted between them: for 1 minute, then
    5, 15 and 60. One mail accepted, and it starts again.
    """

    error: OutsideError | None = None
    until: datetime | None = None
    times: int = 0
    faults: int = 0

    def is_open(self, now: datetime) -> bool:
        """Tell whether the server is to be left alone at *now*."""
        return self.until is not None and now < self.until

    def tripped(self, error: OutsideError, now: datetime) -> "Breaker":
        """Give the breaker, opened because of *error*; one that is open stays as it is."""
        if self.is_open(now):
            return self
        wait = _WAITS[min(self.times, len(_WAITS) - 1)]
        return Breaker(error=error, until=now + wait, times=self.times + 1)

    def faulted(self, error: OutsideError, now: datetime) -> "Breaker":
        """Give the breaker after a fault, the third of which opens it."""
        if self.faults + 1 >= _MOST_FAULTS:
            return self.tripped(error, now)
        return replace(self, faults=self.faults + 1)

    def worked(self, now: datetime) -> "Breaker":
        """Give the breaker after the server accepted a mail: as new, unless it is open."""
        return self if self.is_open(now) else Breaker()
