"""How the daemon is: when it last did something, and what each of its lanes waits for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAST_SILENCE = timedelta(seconds=120)
"""How long the daemon may be silent at least, however short its ticks are."""

TICKS_OF_SILENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What one lane does: when it last looked, how many slots are open, when the next one is (all UTC)."""

    last_look: datetime | None = None
    open_slots: int = 0
    next_slot: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The daemon at one moment; every time is UTC, and nothing in it is about a person.

    *every* is the time between two ticks. *last_sign* is when it last did anything, also within a tick that
    takes hours, *last_tick* when one last ended and *last_good_tick* when one last ended well. *last_error*
    is the name of the class of what the last tick ended with, empty where it was good. *generation* counts
    how often the configuration was read.
    """

    started: datetime
    every: timedelta
    last_sign: datetime
    last_tick: datetime | None = None
    last_good_tick: datetime | None = None
    last_error: str = ""
    generation: int = 1
    lanes: Mapping[str, Lane] = field(default_factory=dict)

    @property
    def longest_silence(self) -> timedelta:
        """Give how old the last sign may be: three ticks, or two minutes where that is longer."""
        return max(TICKS_OF_SILENCE * self.every, LEAST_SILENCE)

    def is_alive(self, now: datetime) -> bool:
        """Tell whether the last sign is young enough; one from the future counts by its distance.

        A clock that was put back must not let a daemon that died before look alive for hours.
        """
        return abs(now - self.last_sign) < self.longest_silence
