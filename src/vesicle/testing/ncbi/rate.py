"""NCBI's limit on requests per second."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from vesicle.testing.ncbi.replies import Reply
from vesicle.testing.ncbi.script import rate_exceeded

WITH_KEY = 10 / 3
"""As many times more requests as a key allows."""


@dataclass(slots=True)
class Rate:
    """Counts the requests of the last second by key or address; *limit* is without a key, None for none."""

    limit: float | None
    clock: Callable[[], float]
    _seen: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def refusal(self, *, key: str, address: str) -> Reply | None:
        """Give the 429 where this request is one too many in a second; refused ones do not count."""
        if self.limit is None:
            return None
        limit = round(self.limit * WITH_KEY) if key else int(self.limit)
        who = key or address
        now, seen = self.clock(), self._seen[who]
        while seen and now - seen[0] >= 1:
            seen.popleft()
        if len(seen) >= limit:
            return rate_exceeded(who, count=limit + 1, limit=limit)
        seen.append(now)
        return None
