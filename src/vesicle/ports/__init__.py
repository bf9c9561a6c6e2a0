"""What the core asks for: the interfaces between the flow and the world."""

from vesicle.ports.checking import Case, Check, Part
from vesicle.ports.clock import Clock, Fetch
from vesicle.ports.content import ContentStore
from vesicle.ports.keeping import Shelf
from vesicle.ports.people import Subscribers
from vesicle.ports.readers import Judge, Readers
from vesicle.ports.returning import Keys, Mailbox, Reports, Returned, Returns, Rule
from vesicle.ports.scheduling import (
    BY_HAND,
    Entered,
    Posts,
    Published,
    PublishedPost,
    Slots,
    UnknownPost,
    WaitingPost,
)
from vesicle.ports.sending import (
    LEASE,
    Answer,
    Channel,
    Counting,
    Deliveries,
    Desk,
    Ledger,
    Meters,
    Pledge,
    Rehearsing,
    Telling,
    Vault,
    Watch,
    never,
    watch_nothing,
)
from vesicle.ports.watching import Entry, Inbox, Known, Refetching, Source
from vesicle.ports.words import Words, Writer

__all__ = [
    "BY_HAND",
    "LEASE",
    "Answer",
    "Case",
    "Channel",
    "Check",
    "Clock",
    "ContentStore",
    "Counting",
    "Deliveries",
    "Desk",
    "Entered",
    "Entry",
    "Fetch",
    "Inbox",
    "Judge",
    "Keys",
    "Known",
    "Ledger",
    "Mailbox",
    "Meters",
    "Part",
    "Pledge",
    "Posts",
    "Published",
    "PublishedPost",
    "Readers",
    "Refetching",
    "Rehearsing",
    "Reports",
    "Returned",
    "Returns",
    "Rule",
    "Shelf",
    "Slots",
    "Source",
    "Subscribers",
    "Telling",
    "UnknownPost",
    "Vault",
    "WaitingPost",
    "Watch",
    "Words",
    "Writer",
    "never",
    "watch_nothing",
]
