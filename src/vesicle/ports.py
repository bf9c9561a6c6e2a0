"""What the core asks for: the interfaces between the flow and the world."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from vesicle.model.content import Content
from vesicle.model.delivery import Delivery, Frozen, Gate, Outcome, State, Tally, Undelivered
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Item
from vesicle.model.message import Message
from vesicle.model.meter import Meter
from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Cursor,
    FiledPaper,
    Harvest,
    Judgement,
    Link,
    Page,
    Paper,
    Standing,
    Stored,
)
from vesicle.model.problem import Problem
from vesicle.model.subscriber import (
    Added,
    Audience,
    Consent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)

Answer = TypeVar("Answer")

Clock = Callable[[], datetime]
"""Give the present moment, aware and in UTC."""

Fetch = Callable[[str], bytes]
"""Give what stands at a URL or in a file; raise TemporaryFailure or PermanentFailure."""


class Source(Protocol):
    """Where papers come from: `watch/<name>.py`."""

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield pages of papers since *cursor*, oldest page first.

        Raises TemporaryFailure or PermanentFailure when the outside world fails; the pages yielded
        before are whole.
        """
        ...


@runtime_checkable
class Refetching(Protocol):
    """A source that can fetch its records again by their PMIDs."""

    def papers(self, pmids: Sequence[str]) -> Iterator[Page]:
        """Yield the records of *pmids* as they are now, those that did not come named as missing."""
        ...


class Part(StrEnum):
    """A part of a case, for checks that say what they read."""

    ISSUE = "issue"
    ITEMS = "items"
    PAPERS = "papers"
    MESSAGES = "messages"
    STANDINGS = "standings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged: an issue with its items, their papers (by paper id), and the rendered messages.

    *issue* is None when items are judged by themselves. *standings* tells by paper id what has become of
    a paper; one that is not there is not known.
    """

    items: tuple[Item, ...]
    papers: Mapping[str, FiledPaper]
    issue: Issue | None = None
    newsletter: Newsletter | None = None
    messages: tuple[Message, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)


class Check(Protocol):
    """A rule that finds problems: `check/<name>.py`. Pure."""

    needs: ClassVar[frozenset[Part]]

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield every problem in *case*, and touch nothing else."""
        ...


LEASE = timedelta(minutes=2)
"""How long what was taken is its holder's; renewed while the holder lives."""


class Ledger(Protocol):
    """The deliveries owed, in hand and done, as a sender sees them.

    Safe with threads. What returns a value is durable on return (`begin`: when its future is done); `end`
    and `release` return at once and are durable before any later `begin` is, and after `flush`. Every
    method raises TemporaryFailure when the store cannot be written; what was ended is then kept and written
    as soon as it can be.
    """

    def freeze(self, frozen: Frozen, audience: Audience | None, *, posts: Iterable[Frozen] = ()) -> int:
        """Write down what is owed to whom, once; return how many deliveries of *frozen* there are.

        A second call for the same slug changes nothing. Raises UserError when it was frozen with another
        hash or for another channel. An *audience* of None stands for one delivery to the channel itself.
        *posts*, each owed to its channel, are written down with *frozen* or not at all.
        """
        ...

    def take(self, channel: str, *, limit: int, now: datetime, lease: timedelta) -> Sequence[Delivery]:
        """Reserve up to *limit* deliveries that are due on *channel* until *now* + *lease*.

        What was taken under a lease that has run out is owed again; what was being sent under one
        becomes `unknown`. A person who may no longer be written to becomes `skipped`. Nothing is taken of
        what is held, cancelled, or has not started.
        """
        ...

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        """Let all that this ledger's holder has in hand be theirs until *now* + *lease*."""
        ...

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        """Write down that *delivery* passes the point of no return.

        False: somebody else owns it, its lease has run out, or it is held; drop it and `release` it.
        """
        ...

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write down how *delivery* ended. A late `sent` with the same token settles an `unknown`."""
        ...

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give back what was taken and not begun; that take does not count as an attempt."""
        ...

    def flush(self) -> None:
        """Return when all that was told before is durable."""
        ...

    def recover(self, *, now: datetime) -> None:
        """End every lease of every holder but this one: for a sender that knows it is the only one alive."""
        ...

    def frozen(self, slug: str) -> Frozen | None:
        """Give what was frozen under *slug*, or None."""
        ...

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        ...

    def hold(self, slug: str) -> None:
        """Let nothing more of it begin, from this moment on, also in a send that is running.

        Raises UserError for a slug that was never frozen.
        """
        ...

    def gate(self, slug: str) -> Gate:
        """Tell whether a frozen message may go out; open for an unknown slug."""
        ...


class Deliveries(Protocol):
    """The same deliveries as an operator sees them. Every method is one transaction, durable on return.

    Each raises UserError for a slug that was never frozen.
    """

    def hold(self, slug: str) -> None:
        """Do what `Ledger.hold` does."""
        ...

    def resume(self, slug: str, *, as_frozen: bool = False) -> None:
        """Let it go on; UserError when it was cancelled. *as_frozen*: whatever became of its files since."""
        ...

    def cancel(self, slug: str, *, now: datetime) -> int:
        """End it for ever: what is owed or deferred becomes skipped; return how many. In hand stays."""
        ...

    def undelivered(self, slug: str, states: Collection[State]) -> Iterator[Undelivered]:
        """Yield the deliveries in *states*, in the order they were written down, as a stream."""
        ...

    def settle_unknown(self, slug: str, *, resend: bool, now: datetime) -> int:
        """Owe the unknown again, or skip them; return how many there were."""
        ...

    def compact(self, slug: str) -> int:
        """Keep of a done message only who got it and how each other ended; return how many rows."""
        ...


class Meters(Protocol):
    """What rate limits remember, shared by all connections and kept through restarts."""

    def change(self, name: str, how: Callable[[Meter | None], tuple[Meter, Answer]]) -> Answer:
        """Put the meter called *name* through *how* in one transaction, and give its answer."""
        ...


def never() -> bool:
    """Tell that nobody asked to stop."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a channel is opened with besides its own options.

    *name* is the channel's name in `config.yaml`, *folder* the site's folder, *site_url* the address of
    its public pages without a final slash, *key* the secret key of tokens and message ids. *stopping*
    tells whether to finish what is in hand and leave.
    """

    name: str
    folder: str
    site_url: str
    key: bytes = field(repr=False)
    clock: Clock
    meters: Meters | None = None
    stopping: Callable[[], bool] = never


class Channel(Protocol):
    """Where deliveries go: `deliver/<name>.py`, opened once per run."""

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once: `ledger.begin` before the point of no return, `ledger.end` after the answer.

        `begin` and the `end` before it may share a commit; nothing passes the point of no return before
        that. Raises nothing for a single delivery; PermanentFailure or TemporaryFailure when the channel
        itself cannot work (login refused, server away): what it was handed and did not begin is released,
        and what is left of *feed* untouched.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper on its way into the inbox, judged and linked."""

    paper: Paper
    judgement: Judgement
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored already about a paper that comes in: its standing, if it is known, and its relatives."""

    standing: Standing | None
    relatives: tuple[Paper, ...]


class Inbox(Protocol):
    """The candidates that sources found, the editor's decisions, and how each source's runs went.

    A *name* is a PMID, a DOI, or an identity (`text.identity`). Every method is one transaction.
    """

    def store(self, entries: Iterable[Entry], *, now: datetime) -> Stored:
        """Store papers, all or none: new ones become candidates, known ones are brought up to date.

        A paper is known by its PMID, else by its DOI (case folded), else by source and id. Of two versions
        of a PMID the higher is kept. A record without an abstract does not take away one that is there.
        The editor's decision and when it was first found stay. The same entries again change nothing.
        """
        ...

    def delete(self, pmids: Iterable[str], *, now: datetime) -> int:
        """Mark papers that their source has withdrawn as deleted; return how many were not so before."""
        ...

    def known(self, papers: Sequence[Paper]) -> tuple[Known, ...]:
        """Give for each of *papers*, in their order, its standing and its relatives.

        Relatives are stored papers that could belong with it, itself aside, in the order they were stored:
        they have the same DOI, the same title (`text.identity.title_key`), or one names the other's PMID in
        its corrections.
        """
        ...

    def candidates(self, state: CandidateState | None = None) -> tuple[Candidate, ...]:
        """Give candidates of one state or all: the highest score first, then the newest."""
        ...

    def find(self, name: str) -> Candidate | None:
        """Give the candidate called *name*, or None."""
        ...

    def decide(self, name: str, state: CandidateState, *, because: str = "", now: datetime) -> None:
        """Remember what the editor decided; raises UserError where nothing has that name."""
        ...

    def flag(self, name: str, standing: Standing, *, now: datetime) -> bool:
        """Remember that somebody was told of a paper's standing; False where that was done before."""
        ...

    def cursor(self, source: str) -> Cursor:
        """Give where the last complete run of *source* ended; an empty cursor before the first."""
        ...

    def finish(self, harvest: Harvest, cursor: Cursor | None, *, now: datetime) -> None:
        """Keep the account of a run and, where it was complete, the cursor it ended at."""
        ...

    def last(self, source: str) -> Harvest | None:
        """Give the account of the last run of *source*, complete or not; None before the first."""
        ...


class Subscribers(Protocol):
    """The people on the list, their consents, and the addresses that are never written to again.

    An address is known by the HMAC of its normal form under the site's key (`store.identity`).
    """

    def add(self, people: Sequence[tuple[Subscriber, Consent]]) -> Sequence[Added]:
        """Add people in one transaction, and tell of each what became of it, in their order.

        Whoever is there already is left as they are, also one who has left; a suppressed address is refused.
        """
        ...

    def find(self, email: str) -> Subscriber | None:
        """Give the person with that address, or None."""
        ...

    def with_id(self, person_id: str) -> Subscriber | None:
        """Give the person with that id, or None."""
        ...

    def all(self) -> Iterator[Subscriber]:
        """Yield everybody on the list as a stream; no transaction stays open."""
        ...

    def count(self, audience: Audience) -> int:
        """Count those who would be owed an issue: confirmed, not suppressed, and of *audience*."""
        ...

    def set_status(self, person_id: str, status: SubscriberStatus, consent: Consent) -> None:
        """Store a status with the consent that goes with it; UserError when nobody has that id."""
        ...

    def consents(self, person_id: str) -> Sequence[Consent]:
        """Give the consents of a person, oldest first."""
        ...

    def suppress(self, email: str, reason: SuppressionReason, *, now: datetime) -> None:
        """Never write to *email* again; nothing but a person at the database can lift it."""
        ...

    def suppression(self, email: str) -> SuppressionReason | None:
        """Tell why *email* is suppressed, or None."""
        ...

    def erase(self, person_id: str, *, now: datetime) -> None:
        """Forget a person and all of their consents; what stays is the suppression of their address.

        UserError when nobody has that id.
        """
        ...


class ContentStore(Protocol):
    """The content folder."""

    def read(self) -> Content:
        """Read every file; what is broken becomes a problem, and the others are there."""
        ...

    def write_new(self, path: str, text: str) -> bool:
        """Write a new file below the content folder; False when it exists, which is then left alone."""
        ...

    def file_paper(self, paper: FiledPaper) -> str:
        """Write what is known of a paper to its file, over one that is there; give its path."""
        ...

    def write_approval(self, issue: Issue) -> None:
        """Write the approval that *issue* carries into its file, every other byte unchanged."""
        ...
