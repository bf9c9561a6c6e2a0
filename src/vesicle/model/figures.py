"""What is counted of a running daemon, for whoever draws curves of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vesicle.model.delivery import State
from vesicle.model.pulse import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one moment; none is about a person.

    *ended* counts the deliveries that this process has ended, by channel and state; *slots* all slots there
    ever were, by how they ended (`done`, `missed`); *sources* when each source last ran to its end. Sizes are
    in bytes; *free_bytes* is what the disk of the database still takes.
    """

    pulse: Pulse
    ended: Mapping[tuple[str, State], int] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, datetime] = field(default_factory=dict)
    database_bytes: int = 0
    free_bytes: int = 0
