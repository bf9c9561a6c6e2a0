"""What the core asks for: the interfaces between the flow and the world."""

from vesicle.ports.checking import Case, Check, Part
from vesicle.ports.clock import Clock, Fetch
from vesicle.ports.content import ContentStore
from vesicle.ports.people import Subscribers
from vesicle.ports.sending import LEASE, Answer, Channel, Deliveries, Desk, Ledger, Meters, never
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
    "Known",
    "Ledger",
    "Meters",
    "Part",
    "Refetching",
    "Source",
    "Subscribers",
    "never",
]
