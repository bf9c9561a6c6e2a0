"""What a channel is opened with in tests."""

from datetime import date

from vesicle.model.limits import Frame, Length, Limits, Unit
from vesicle.model.message import Card
from vesicle.ports import Clock, Desk
from vesicle.testing.memory import MemoryMeters

KEY = bytes(range(32))
"""The secret key of a desk in tests."""

LIMITS = Limits(
    lengths=(Length(most=300, unit=Unit.GRAPHEMES),),
    checked=date(2026, 11, 22),
    has_threads=True,
    most_alt=400,
    frame=Frame(width=1600, height=900),
)
"""The limits of a channel in tests."""


class MemoryVault:
    """A `ports.Vault` in memory."""

    def __init__(self, kept: str = "") -> None:
        self.kept = kept

    def read(self) -> str:
        """Give what was kept last."""
        return self.kept

    def keep(self, text: str) -> None:
        """Keep *text* instead."""
        self.kept = text


def draw_nothing(card: Card) -> bytes:
    """Give a stand-in for the picture of *card*: the bytes of its name."""
    return card.name.encode()


def wait_not(seconds: float) -> None:
    """Wait no time at all."""


def plain_desk(
    clock: Clock,
    *,
    name: str = "email",
    folder: str = "/nowhere",
    limits: Limits = LIMITS,
    vault: MemoryVault | None = None,
) -> Desk:
    """Give a desk with meters and a vault of its own, in memory; its cards are no pictures."""
    return Desk(
        name=name,
        folder=folder,
        site_url="https://news.example.org",
        key=KEY,
        clock=clock,
        meters=MemoryMeters(),
        vault=vault or MemoryVault(),
        draw=draw_nothing,
        wait=wait_not,
        limits=limits,
    )
