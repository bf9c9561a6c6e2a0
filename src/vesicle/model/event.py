"""What came back after a delivery."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What happened, in our words; each provider's own are translated in `learn/<provider>.py`."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    DEFERRED = "deferred"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one delivery.

    *id* is the same whenever the same thing is told again, and no other event of *source* (the file of
    `learn/` that read it) has it. *at* is UTC; None where nobody said. Which delivery it is about is told by
    as much as came back: *token* (what stands behind `b+` or `leave+` in our addresses, or an ENVID),
    *message_id* (ours, without angle brackets), *recipient* (the address that was written to).

    *is_permanent* is for `bounced`: the address will not work later either. *code* is the enhanced status
    (RFC 3463) or empty; *reason* is for people, one line of at most 300 characters.
    """

    id: str
    type: EventType
    source: str
    at: datetime | None = None
    token: str = ""
    message_id: str = ""
    recipient: str = ""
    is_permanent: bool = False
    code: str = ""
    reason: str = ""


class Effect(StrEnum):
    """What an event means for the person: nothing, they left, or are never written to again."""

    NONE = "none"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What became of an event.

    *is_new* tells that it was not told before, *is_matched* that it was found which person it is about.
    """

    event: Event
    is_new: bool = False
    is_matched: bool = False
    effect: Effect = Effect.NONE
