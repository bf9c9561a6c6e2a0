"""The tables as queries see them; `migrations.py` makes them, with their indexes and constraints."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal,
)

from vesicle.model.delivery import State
from vesicle.store.codes import (
    ASK_PURPOSES,
    CANDIDATE_STATES,
    CONSENT_EVENTS,
    EVENT_TYPES,
    FREQUENCIES,
    GATES,
    POLICIES,
    SLOT_STATES,
    STANDINGS,
    STATES,
    STATUSES,
    SUPPRESSION_REASONS,
)
from vesicle.store.columns import Coded, CodedSet, Hexadecimal, Ticks, UtcDateTime

metadata = MetaData()

# An address is unique by `hash` (`identity.address_hash`), which is NULL only until the key is bound.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),  # never used again
    Column("public_id", Hexadecimal, nullable=False),  # `Subscriber.id`: random, for links
    Column("email", Text, nullable=False),
    Column("hash", LargeBinary),
    Column("status", Coded(STATUSES), nullable=False),
    Column("language", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("zone", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("since", Date),
    Column("frequency", Coded(FREQUENCIES), nullable=False),
    Column("paused_until", Date),
    Column("asked", Integer, nullable=False),  # the number of the last confirmation mail
    Column("settled", Integer, nullable=False),  # that of the last one that counts no more
)

# Addresses that are never written to again, on the list or not.
suppressions = Table(
    "suppressions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("reason", Coded(SUPPRESSION_REASONS), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What people were shown or what they came in by: thousands of consents have it in common.
forms = Table(
    "forms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("language", Text, nullable=False),
)

# Only ever added to: triggers refuse a change, and the deletion while its subscriber is there.
consents = Table(
    "consents",
    metadata,
    Column("subscriber_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),  # of this subscriber's consents, from 1
    Column("event", Coded(CONSENT_EVENTS), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("form_id", Integer, nullable=False),
)

# What was shown, by the SHA-256 that consents have of it.
wordings = Table(
    "wordings",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

# What came in by the public pages. Once settled, the address is gone and the row counts for limits alone.
asks = Table(
    "asks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("purpose", Coded(ASK_PURPOSES), nullable=False),
    Column("email", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("network", LargeBinary, nullable=False),
    Column("language", Text, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("frequency", Coded(FREQUENCIES), nullable=False),
    Column("form_id", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("settled", Ticks()),
    Column("is_owed", Boolean, nullable=False),
)

# Why people left, without who.
departures = Table(
    "departures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
)

# What came back, each thing once: `name` is the hash of its source and its id there.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("type", Coded(EVENT_TYPES), nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Ticks(), nullable=False),
    Column("frozen_id", Integer),
    Column("subscriber_id", Integer),
    Column("is_permanent", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# How far each import came (`model.enrolment.Enrolment`).
imports = Table(
    "imports",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("report", Integer, nullable=False),
    Column("is_done", Boolean, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# The record holds all of the paper; the other columns are what queries look for in it.
papers = Table(
    "papers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pmid", Text, nullable=False),
    Column("doi", Text, nullable=False),  # in lower case
    Column("title_key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("seen", Date),
    Column("changed", Date),
    Column("score", Float),  # with `standing` and `judgement` None: not judged yet
    Column("standing", Coded(STANDINGS)),
    Column("record", Text, nullable=False),  # with the abstract, which leaves this database nowhere
    Column("judgement", Text),
    Column("links", Text, nullable=False),
)

# Every name that a paper was ever stored under (`merging.paper_names`).
names = Table(
    "names",
    metadata,
    Column("name", Text, primary_key=True),
    Column("paper_id", Integer, nullable=False),
)

# The PMIDs that a paper's corrections name.
mentions = Table(
    "mentions",
    metadata,
    Column("paper_id", Integer, primary_key=True),
    Column("pmid", Text, primary_key=True),
)

candidates = Table(
    "candidates",
    metadata,
    Column("paper_id", Integer, primary_key=True),
    Column("found", UtcDateTime, nullable=False),
    Column("state", Coded(CANDIDATE_STATES), nullable=False),
    Column("because", Text, nullable=False),
    Column("decided", UtcDateTime),  # None: never, or before this was kept
)

# Of which standing of a paper somebody was told.
flags = Table(
    "flags",
    metadata,
    Column("paper_id", Integer, primary_key=True),
    Column("standing", Coded(STANDINGS), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

harvests = Table(
    "harvests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("harvest", Text, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

frozen = Table(
    "frozen",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("gate", Coded(GATES), nullable=False),
    Column("is_open", Boolean, nullable=False),  # whether anything is owed or in hand
    Column("start", Ticks()),
    Column("give_up", Ticks()),
    Column("series", Text, nullable=False),
    Column("at", Ticks()),
    Column("policy", Coded(POLICIES), nullable=False),
    Column("reaches", CodedSet(STATUSES), nullable=False),
    Column("why", Text, nullable=False),  # it is held; for people
    Column("resumed", Integer, nullable=False),  # the last event before a person let it go on
    Column("resumed_at", Ticks()),
    Column("pinned", Ticks()),  # when a post goes out, where a person said so
    Column("rank", Integer, nullable=False),  # posts of a channel go out in this order, then by number
    Column("wall", Text),  # ISO 8601 without a zone: each reader gets it then, in their own
    Column("zone", Text, nullable=False),  # of readers who have none
    Column("address", Text, nullable=False),  # it goes to instead of subscribers; empty for none
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("frozen_id", Integer, nullable=False),
    Column("lang", Text, nullable=False),
    Column("message", Text, nullable=False),
)

# Small, because there is one for each reader of each issue.
deliveries = Table(
    "deliveries",
    metadata,
    Column("frozen_id", Integer, primary_key=True),
    Column("subscriber_id", Integer, primary_key=True),  # 0: to the channel itself
    Column("state", Coded(STATES), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", Integer),  # the token, while in hand or unknown, never else
    Column("retry_at", Ticks()),  # while deferred, never else
    Column("at", Ticks()),  # when it was begun, then when it ended
    Column("reason", Text),
)

# What the other side said when it accepted a delivery, in the order it did.
# What the channel of a post has to know when it meets it again.
journal = Table(
    "journal",
    metadata,
    Column("frozen_id", Integer, primary_key=True),
    Column("noted", Text, nullable=False),
)

# How a post was taken, as counted last.
reactions = Table(
    "reactions",
    metadata,
    Column("frozen_id", Integer, primary_key=True),
    Column("at", Ticks(), nullable=False),
    Column("likes", Integer),
    Column("replies", Integer),
    Column("shares", Integer),
    Column("clicks", Integer),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("frozen_id", Integer, nullable=False),
    Column("subscriber_id", Integer, nullable=False),
    Column("said", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("token", Integer, primary_key=True),
    Column("until", Ticks(1000), nullable=False),
)

meters = Table(
    "meters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("meter", Text, nullable=False),
)

# How far each timetable is accounted for (`model.slot.Mark`).
timetables = Table(
    "timetables",
    metadata,
    Column("name", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("upto", Ticks(), nullable=False),
    Column("following", Ticks(), nullable=False),
)

slots = Table(
    "slots",
    metadata,
    Column("name", Text, primary_key=True),
    Column("due", Ticks(), primary_key=True),
    Column("state", Coded(SLOT_STATES), nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Ticks()),
)

# What the editor is told: `word` is there while it waits for that, `told` is the state they last heard of.
words = Table(
    "words",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("state", Text),  # None: it is not so any more
    Column("told", Text),
    Column("heard", Ticks()),
    Column("word", Text),
)

# The mails to the editor of the last day, and the last of all, so that no number is used again.
digests = Table(
    "digests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Ticks(), nullable=False),
)

generation = Table("generation", metadata, Column("number", Integer, nullable=False))

# A literal in the SQL: SQLite uses an index that has a condition for a literal, not for a parameter.
is_pending = deliveries.c.state == literal(State.PENDING, deliveries.c.state.type, literal_execute=True)
