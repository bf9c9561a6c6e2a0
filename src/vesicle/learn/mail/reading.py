"""What a mail turned out to be."""

from dataclasses import dataclass
from enum import StrEnum

from vesicle.model.event import Event


class Kind(StrEnum):
    """What a mail is to us: something happened, a machine answered for somebody, or nobody can tell."""

    EVENTS = "events"
    AUTOMATIC = "automatic"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mail as it was understood; *events* is empty unless it is of the kind `events`."""

    kind: Kind
    events: tuple[Event, ...] = ()

    @property
    def is_understood(self) -> bool:
        """Tell whether it need not be kept for a person to look at."""
        return self.kind is not Kind.UNMATCHED
