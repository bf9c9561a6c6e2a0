"""What the core asks for: the interfaces between the flow and the world."""

from vesicle.ports.checking import Case, Check, Part
from vesicle.ports.clock import Clock, Fetch
from vesicle.ports.content import ContentStore
from vesicle.ports.people import Subscribers
from vesicle.ports.readers import Judge, Readers
from vesicle.ports.returning import Keys, Mailbox, Reports, Returned, Returns, Rule
from vesicle.ports.sending import (
    LEASE,
    Answer,
    Channel,
    Deliveries,
    Desk,
    Ledger,
    Meters,
    Pledge,
    Telling,
    never,
)
from vesicle.ports.watching import Entry, Inbox, Known, Refetching, Source

__all__ = [
    "LEASE",
    "Answer",
    "Case",
    "Channel",
    "Check",
    "Clock",
    "ContentStore",
    "Deliveries",
    "Desk",
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
    "Readers",
    "Refetching",
    "Reports",
    "Returned",
    "Returns",
    "Rule",
    "Source",
    "Subscribers",
    "Telling",
    "never",
]
