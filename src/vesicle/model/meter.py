"""What a rate limit remembers from one message to the next."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One limit's memory.

    *free_at* (UTC) is when the next message fits its rate, *factor* (0 to 1] how much of that rate is
    used after the other side asked for less, and *count* how many went out on *day* (UTC).
    """

    free_at: datetime
    factor: float = 1.0
    day: date
    count: int = 0
