"""The history server: lists of ids that a search has left behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from vesicle.testing.ncbi.replies import Params

ENVIRONMENT = "MCID_made_up"


@dataclass(slots=True)
class History:
    """Keeps the ids of each saved search by its query key."""

    _saved: dict[str, Sequence[str]] = field(default_factory=dict)
    _keys: "count[int]" = field(default_factory=lambda: count(1))

    def save(self, ids: Sequence[str]) -> dict[str, str]:
        """Keep *ids*; give the names under which they are found again."""
        key = str(next(self._keys))
        self._saved[key] = ids
        return {"querykey": key, "webenv": ENVIRONMENT}

    def ids(self, params: Params) -> Sequence[str] | None:
        """Give the ids that the request names, or None where there are none under that name."""
        if params.get("WebEnv") != ENVIRONMENT:
            return None
        return self._saved.get(params.get("query_key", ""))
