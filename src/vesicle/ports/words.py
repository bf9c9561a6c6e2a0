"""What the editor is to be told, as a store keeps it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from vesicle.model.delivery import Frozen
from vesicle.model.word import Cause, Digest, Pace, Word

Writer = Callable[[Digest], Sequence[Frozen]]
"""Write the mails of a digest; it is called within a transaction, and does no I/O."""


class Words(Protocol):
    """What is so, and what of it the editor was told. Each method is one durable transaction."""

    def note(self, words: Iterable[Word], *, now: datetime) -> int:
        """Note what is so; return how many of *words* are news, which `tell` will tell.

        No news is what has the state that was told last, or that waits already to be told.
        """
        ...

    def resolve(self, cause: Cause, about: str) -> None:
        """Note that it is no longer so: what was not told is dropped, and if it comes back it is news."""
        ...

    def untold(self) -> Sequence[Word]:
        """Give what waits to be told, the most important first, else in the order first noted."""
        ...

    def tell(self, writer: Writer, *, now: datetime, pace: Pace) -> Sequence[Word]:
        """Freeze the mails that *writer* makes of the digest that *pace* finds due, and give what it tells.

        That the mails are owed and that the words are told is written down together or not at all. Where
        *writer* gives no mail the words count as told, and no digest as sent. What *writer* raises changes
        nothing.
        """
        ...
