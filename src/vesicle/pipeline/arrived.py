"""Who got an issue, by the log of a mail server: what a lost or restored database cannot know."""

import re
from collections.abc import Collection, Iterable

from vesicle.deliver.email.verp import message_seal
from vesicle.model.delivery import OPEN, State
from vesicle.ports import Deliveries

_SEAL = re.compile(r"\.([0-9a-f]{32})@", re.IGNORECASE)

DOUBTFUL = frozenset({*OPEN, State.UNKNOWN})
"""The states in which somebody may have got an issue without our knowing."""


def seals(lines: Iterable[str]) -> frozenset[str]:
    """Give what the Message-IDs in *lines* of any text end with: a log, or a list of a provider."""
    return frozenset(found.lower() for line in lines for found in _SEAL.findall(line))


def settle_arrived(deliveries: Deliveries, slug: str, found: Collection[str], *, key: bytes) -> int:
    """Call sent whatever is owed or unknown of *slug* and whose Message-ID is *found*; return how many.

    A Message-ID is of one issue to one reader, and nobody can make it without *key*.
    """
    arrived = [
        row.to.id
        for row in deliveries.undelivered(slug, DOUBTFUL)
        if row.to is not None and message_seal(key, row.key) in found
    ]
    return deliveries.settle_arrived(slug, arrived)
