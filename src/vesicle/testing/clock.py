"""A clock that stands where it was put."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class FixedClock:
    """Gives the same moment (aware) until it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        """Give the moment the clock stands at."""
        return self.at

    def forward(self, by: timedelta) -> None:
        """Move the clock by that much."""
        self.at += by
