"""The slots of timetables, and the posts that wait for one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vesicle.model.delivery import Receipt
from vesicle.model.message import Message
from vesicle.model.reactions import Reactions
from vesicle.model.slot import Mark, Slot, SlotState


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a plan wants written down for one timetable: see `schedule.plan.Planned`."""

    name: str
    slots: Sequence[Slot]
    mark: Mark
    back_to: datetime | None = None


class Slots(Protocol):
    """What has become due, each moment once for ever. Every method is one transaction, durable on return."""

    def enter(self, plan: Callable[[Mapping[str, Mark]], Sequence[Entered]]) -> None:
        """Write down what *plan* makes of the marks there are. A slot that is there stays as it is.

        After a `back_to`, what was open or missed is forgotten: its time has yet to come.
        """
        ...

    def add(self, slots: Sequence[Slot]) -> None:
        """Write down slots of no calendar; one that is there stays as it is."""
        ...

    def unmark(self, names: Collection[str]) -> None:
        """Forget how far these timetables are accounted for: they are in the settings no more."""
        ...

    def bind(self, slot: Slot) -> Slot | None:
        """Write down what is done at an open slot, unless something is already; give it as it then is.

        None where it is open no more.
        """
        ...

    def waiting(self) -> Sequence[Slot]:
        """Give the open slots, earliest first."""
        ...

    def change(self, slots: Sequence[Slot]) -> Sequence[Slot]:
        """Write down what became of open slots; give those that were open until then."""
        ...

    def since(self, moment: datetime) -> Sequence[Slot]:
        """Give the slots due at *moment* or later, earliest first."""
        ...

    def of(self, name: str, *, since: datetime) -> Sequence[Slot]:
        """Give the slots of one timetable due at *since* or later, earliest first."""
        ...

    def marks(self) -> Mapping[str, Mark]:
        """Give how far each timetable is accounted for."""
        ...

    def count(self) -> Mapping[SlotState, int]:
        """Count the slots that are kept, by state."""
        ...

    def forget(self, *, before: datetime) -> int:
        """Delete the slots due before that and not open; return how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPost:
    """A post that was frozen and is not out: `issue/item/channel`.

    It goes out at *pinned* (UTC), where that is given, else in its turn.
    """

    slug: str
    channel: str
    item: str
    text: str
    pinned: datetime | None
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPost:
    """A post of which nobody knows whether it is out, and *why*: who has to look where, or publish it."""

    slug: str
    channel: str
    why: str
    at: datetime


BY_HAND = "by-hand-"
"""What the name of a post starts with that a person published by itself: `by-hand-…/item/channel`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was last given to a channel of an item, and when (UTC)."""

    at: datetime
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost:
    """A post that went out at *at* (UTC), and how it was taken, where the channel told that."""

    slug: str
    channel: str
    at: datetime
    receipt: Receipt
    reactions: Reactions | None = None


class Posts(Protocol):
    """The posts that wait for a slot of their channel, in the order they will go out.

    Every method is one transaction; those that name a post raise UserError where none such waits.
    """

    def waiting(self, channel: str) -> Sequence[WaitingPost]:
        """Give what waits on *channel*, the next first."""
        ...

    def pinned(self, *, until: datetime) -> Sequence[WaitingPost]:
        """Give what was pinned to a moment up to *until* (UTC), on any channel."""
        ...

    def pin(self, slug: str, at: datetime | None) -> None:
        """Let a post go out at a certain moment (UTC), or with None in its turn again."""
        ...

    def move(self, slug: str, *, before: str | None) -> None:
        """Put a post before another that waits on its channel, or with None behind all others."""
        ...

    def last(self, channel: str, items: Collection[str]) -> Mapping[str, Published]:
        """Tell what of *items* was last given to *channel*; one that never was is not there."""
        ...

    def by_hand(self) -> Sequence[WaitingPost]:
        """Give what a person began to publish by itself and what is still owed of it, on any channel."""
        ...

    def in_hand(self, channel: str, item: str) -> str:
        """Give the name of a post of *item* that *channel* has in hand at this moment, empty for none."""
        ...

    def unknown(self) -> Sequence[UnknownPost]:
        """Give the posts of which nobody knows whether they are out, and that no channel finds out."""
        ...

    def published(self, *, since: datetime) -> Sequence[PublishedPost]:
        """Give the posts that went out at *since* or later, the latest first."""
        ...

    def count(self, slug: str, reactions: Reactions, *, at: datetime) -> None:
        """Keep how a post was taken, as counted at *at*, instead of what was counted before."""
        ...
