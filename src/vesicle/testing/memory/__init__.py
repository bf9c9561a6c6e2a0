"""Doubles of the stores that keep everything in memory and speak the same ports."""

from vesicle.testing.memory.inbox import MemoryInbox
from vesicle.testing.memory.ledger import MemoryLedger
from vesicle.testing.memory.meters import MemoryMeters
from vesicle.testing.memory.posts import MemoryPosts
from vesicle.testing.memory.readers import MemoryReaders
from vesicle.testing.memory.slots import MemorySlots
from vesicle.testing.memory.subscribers import MemorySubscribers
from vesicle.testing.memory.words import MemoryWords

__all__ = [
    "MemoryInbox",
    "MemoryLedger",
    "MemoryMeters",
    "MemoryPosts",
    "MemoryReaders",
    "MemorySlots",
    "MemorySubscribers",
    "MemoryWords",
]
