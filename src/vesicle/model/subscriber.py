"""A person on the list."""

from dataclasses import dataclass
from enum import StrEnum


class SubscriberStatus(StrEnum):
    """Only a confirmed subscriber is written to."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person on the list; *id* is random (128 bits, hex) and may appear in links, *email* never does."""

    id: str
    email: str
    status: SubscriberStatus
    language: str
    name: str = ""
