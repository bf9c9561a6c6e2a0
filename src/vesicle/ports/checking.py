"""What judges an issue."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol

from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Item
from vesicle.model.limits import Outlet
from vesicle.model.message import Message
from vesicle.model.paper import (
    FiledPaper,
    Standing,
)
from vesicle.model.problem import Problem


class Part(StrEnum):
    """A part of a case, for checks that say what they read."""

    ISSUE = "issue"
    ITEMS = "items"
    PAPERS = "papers"
    MESSAGES = "messages"
    STANDINGS = "standings"
    OUTLETS = "outlets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged: an issue with its items, their papers (by paper id), and the rendered messages.

    *issue* is None when items are judged by themselves. *standings* tells by paper id what has become of
    a paper; one that is not there is not known. *outlets* are the channels of posts by name, and *glyphs*
    the characters that cards can show, none where that is not known.
    """

    items: tuple[Item, ...]
    papers: Mapping[str, FiledPaper]
    issue: Issue | None = None
    newsletter: Newsletter | None = None
    messages: tuple[Message, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    glyphs: Collection[int] = frozenset()


class Check(Protocol):
    """A rule that finds problems: `check/<name>.py`. Pure."""

    needs: ClassVar[frozenset[Part]]

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield every problem in *case*, and touch nothing else."""
        ...
