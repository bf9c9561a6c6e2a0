"""What is kept for a time only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Shelf(Protocol):
    """Lets go of what is old. Every number that a method yields is a short transaction, durable by then.

    It may be left after any of them: the next time goes on from there. What is owed or in hand stays, and so
    does that an issue was frozen at all, for ever: else it would go out again.
    """

    def last(self) -> datetime | None:
        """Give when it was tidied last; None where it never was."""
        ...

    def note(self, now: datetime) -> None:
        """Write down that it is tidied at *now*."""
        ...

    def receipts(self, before: datetime) -> Iterator[int]:
        """Forget in which words mails were accepted before that moment."""
        ...

    def compacted(self, before: datetime) -> Iterator[int]:
        """Forget when, of issues frozen before, each reader got it; that they did stays."""
        ...

    def deliveries(self, before: datetime) -> Iterator[int]:
        """Forget of issues frozen before who was owed them."""
        ...

    def notices(self, before: datetime) -> Iterator[int]:
        """Forget which notices ended before, and what those say that nobody is owed any more."""
        ...

    def events(self, before: datetime) -> Iterator[int]:
        """Forget what came back before."""
        ...

    def harvests(self, before: datetime) -> Iterator[int]:
        """Forget the accounts of sources from before, but for the last of each."""
        ...

    def departures(self, before: datetime) -> Iterator[int]:
        """Forget the reasons for leaving from before."""
        ...
