"""What a channel is opened with in tests."""

from vesicle.ports import Clock, Desk
from vesicle.testing.memory import MemoryMeters

KEY = bytes(range(32))
"""The secret key of a desk in tests."""


def plain_desk(clock: Clock, *, name: str = "email", folder: str = "/nowhere") -> Desk:
    """Give a desk with meters of its own, in memory."""
    return Desk(
        name=name,
        folder=folder,
        site_url="https://news.example.org",
        key=KEY,
        clock=clock,
        meters=MemoryMeters(),
    )
