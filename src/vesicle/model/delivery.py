"""A message owed to one address or channel, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber, SubscriberStatus


class State(StrEnum):
    """Where a delivery is: `pending > taken > sending > sent | deferred | failed | unknown | skipped`."""

    PENDING = "pending"
    TAKEN = "taken"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


OPEN = (State.PENDING, State.TAKEN, State.SENDING, State.DEFERRED)
"""The states of a delivery that is not done."""


REHEARSAL = "rehearsal"
"""What the name of an issue in a rehearsal starts with: its mails go to one address, not to readers."""


def is_rehearsed(slug: str) -> bool:
    """Tell whether what was frozen under *slug* was a rehearsal."""
    return slug.startswith(f"{REHEARSAL}/")


class Policy(StrEnum):
    """What becomes of a delivery whose outcome is unknown.

    `hold`: a person decides, since a newsletter must not come twice. `resend`: it is owed again, since a
    notice must not be lost, or since the channel of a post can find out whether it is there.
    """

    HOLD = "hold"
    RESEND = "resend"


RESEND_AFTER = timedelta(minutes=1)
"""How long what is owed again, when its outcome is unknown, stays so before it is."""

MOST_ATTEMPTS = 12
"""How often what is owed again is tried: of a notice, with the pauses, for about a day and a half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What was fixed before the first delivery: the messages by language, their hash, the channel.

    *slug* is unique in the ledger: an issue's slug for e-mail, `slug/item/channel` for a post of its item.
    The first of *messages* is for readers of every other language. Nothing is taken before *start* (UTC),
    the time to undo; whoever could not be reached by *give_up* (UTC) is not tried again. *series* is the
    newsletter's slug and *at* (UTC) when it was frozen: who pauses, or wants one a month, is left out by
    them. Only who has one of the statuses *reaches* gets it. With *wall*, a time without a zone, each
    reader gets it when that comes in their own zone, or in *zone* where they have none. Where there is an
    *address*, what is frozen without an audience goes there, whether it is a subscriber's or not.
    """

    slug: str
    channel: str
    hash: str
    messages: Mapping[str, Message]
    start: datetime | None = None
    give_up: datetime | None = None
    series: str = ""
    at: datetime | None = None
    policy: Policy = Policy.HOLD
    reaches: frozenset[SubscriberStatus] = frozenset({SubscriberStatus.CONFIRMED})
    wall: datetime | None = None
    zone: str = "UTC"
    address: str = ""


class Gate(StrEnum):
    """Whether a frozen message goes out: `held` waits for a person, `cancelled` never goes on.

    `restored` waits for a person too: the database is an older copy, and more may have gone out since.
    `as frozen` is open whatever became of the files since: a person said so.
    """

    OPEN = "open"
    HELD = "held"
    RESTORED = "restored"
    CANCELLED = "cancelled"
    AS_FROZEN = "as frozen"

    @property
    def is_open(self) -> bool:
        """Tell whether deliveries may begin."""
        return self in (Gate.OPEN, Gate.AS_FROZEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one address or channel.

    *key* identifies it for ever (idempotency); *to* is None for a post; *token* proves to the ledger
    that whoever holds this delivery is the one who took it. *row* is how the ledger finds it again and
    means nothing to anybody else. *attempts* counts the takes, this one included. *noted* is what its
    channel wrote down of it when it was tried before (`Ledger.note`).
    """

    key: str
    frozen: str
    message: Message
    token: str
    attempts: int
    to: Subscriber | None = None
    row: tuple[int, ...] = ()
    give_up: datetime | None = None
    noted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the other side said when it accepted a delivery."""

    remote: str = ""
    url: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a delivery ended; *reason* is for people, *retry_at* (UTC) only for `deferred`."""

    state: State
    at: datetime
    reason: str = ""
    receipt: Receipt = Receipt()
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many deliveries of one frozen message are in each state."""

    counts: Mapping[State, int]

    def __getitem__(self, state: State) -> int:
        return self.counts.get(state, 0)

    @property
    def total(self) -> int:
        """Count all deliveries."""
        return sum(self.counts.values())

    @property
    def is_done(self) -> bool:
        """Tell whether no delivery is owed or in hand any more."""
        return not any(self[state] for state in OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Somebody an issue did not reach, or not yet, and why; *to* is None once they are erased."""

    key: str
    state: State
    to: Subscriber | None
    reason: str
    attempts: int
    at: datetime | None
