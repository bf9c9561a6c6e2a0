"""How far an import of people has come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vesicle.model.subscriber import Added, Consent, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The account of an import, written down with each chunk of it.

    Everything before byte *position*, where line *line* starts, is done: so many people *added*, *known*
    already and left as they were, and *refused*. *report* is the length of the report of the refused, in
    bytes, up to there.
    """

    position: int = 0
    line: int = 1
    added: int = 0
    known: int = 0
    refused: int = 0
    report: int = 0
    is_done: bool = False

    @property
    def total(self) -> int:
        """Count the people whose lines are done."""
        return self.added + self.known + self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A line that nobody came onto the list by, and why; the reason never holds an address."""

    line: int
    reason: str


People = Sequence[tuple[Subscriber, Consent]]
"""People on their way onto the list, with what goes into the consent log for each."""

Settle = Callable[[Sequence[Added]], Enrolment]
"""Is told what became of people, and gives the account to write down with them."""
