"""What rate limits remember, in memory."""

from collections.abc import Callable
from threading import Lock

from vesicle.model.meter import Meter
from vesicle.ports import Answer


class MemoryMeters:
    """A `ports.Meters` in memory; safe with threads."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}
        self._lock = Lock()

    def change(self, name: str, how: Callable[[Meter | None], tuple[Meter, Answer]]) -> Answer:
        """Put the meter called *name* through *how*, and give its answer."""
        with self._lock:
            self._meters[name], answer = how(self._meters.get(name))
            return answer
