"""What is owed to whom, and where it goes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, runtime_checkable

from vesicle.model.call import Call
from vesicle.model.checkup import Line
from vesicle.model.delivery import Delivery, Frozen, Gate, Outcome, Receipt, State, Tally, Undelivered
from vesicle.model.limits import Limits
from vesicle.model.message import Card, Message
from vesicle.model.meter import Meter
from vesicle.model.reactions import Reactions
from vesicle.model.subscriber import (
    Audience,
)
from vesicle.ports.clock import Clock

Answer = TypeVar("Answer")


class Pledge(Protocol):
    """An answer that is on its way."""

    def done(self) -> bool:
        """Tell whether the answer is there."""
        ...

    def result(self) -> bool:
        """Wait for the answer; TemporaryFailure or DiskFailure where there is none."""
        ...

    def add_done_callback(self, call: Callable[[Any], None], /) -> None:
        """Let *call* be called, in whatever thread, when the answer is there; it may be called twice."""
        ...


LEASE = timedelta(minutes=2)
"""How long what was taken is its holder's; renewed while the holder lives."""


class Ledger(Protocol):
    """The deliveries owed, in hand and done, as a sender sees them.

    Safe with threads. What returns a value is durable on return (`begin`: when its pledge is kept); `end`
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

    def take(
        self,
        channel: str,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        of: Collection[str] | None = None,
    ) -> Sequence[Delivery]:
        """Reserve up to *limit* deliveries that are due on *channel* until *now* + *lease*.

        Where *of* is given, only of what was frozen under these slugs, and of the posts of these issues.
        What was taken under a lease that has run out is owed again; what was being sent under one
        becomes `unknown`. A person who may no longer be written to becomes `skipped`. Nothing is taken of
        what is held, cancelled, or has not started.
        """
        ...

    def may_be_due(self, channel: str, *, of: Collection[str]) -> bool:
        """Tell whether `take` might find anything frozen under *of*; False is certain, and cheap."""
        ...

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        """Let all that this ledger's holder has in hand be theirs until *now* + *lease*."""
        ...

    def begin(self, delivery: Delivery, *, now: datetime) -> Pledge:
        """Write down that *delivery* passes the point of no return.

        False: somebody else owns it, its lease has run out, or it is held; drop it and `release` it.
        """
        ...

    def note(self, delivery: Delivery, text: str) -> None:
        """Write down what the channel has to know, should it meet *delivery* again: `Delivery.noted`.

        Durable on return; what was noted before is gone. Nothing, when it is not ours any more. For what is
        owed to a channel itself.
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

    def is_frozen(self, slug: str) -> bool:
        """Tell whether anything was frozen under *slug*."""
        ...

    def last(self, slug: str) -> datetime | None:
        """Tell when something of it ended or was begun last (UTC), a person let it go on, or it was frozen.

        None where nothing was frozen under *slug*, or not since that is kept.
        """
        ...

    def tally(self, slug: str) -> Tally:
        """Count the deliveries of a frozen message by state; none for an unknown slug."""
        ...

    def owed(self, slug: str) -> Collection[str]:
        """Give the channels on which an issue or a post of it is owed or in hand; none when all is done."""
        ...

    def late(self, slug: str, *, before: datetime) -> int:
        """Count those whose own time for it came before *before*, and for whom it was never tried.

        None where it has no such times (`Frozen.wall`).
        """
        ...

    def hold(self, slug: str, why: str = "") -> None:
        """Let nothing more of it begin, from this moment on, also in a send that is running.

        *why* is what `why` then says. Raises UserError for a slug that was never frozen.
        """
        ...

    def why(self, slug: str) -> str:
        """Say why it was held, where not a person did so: too much came back, it is late; empty otherwise."""
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

    def resume(self, slug: str, *, now: datetime, as_frozen: bool = False) -> None:
        """Let it go on; UserError when it was cancelled. *as_frozen*: whatever became of its files since."""
        ...

    def cancel(self, slug: str, *, now: datetime) -> int:
        """End it for ever: what is owed or deferred becomes skipped; return how many. In hand stays."""
        ...

    def is_frozen(self, slug: str) -> bool:
        """Tell whether anything was frozen under *slug*; raises nothing."""
        ...

    def undelivered(self, slug: str, states: Collection[State]) -> Iterator[Undelivered]:
        """Yield the deliveries in *states*, in the order they were written down, as a stream."""
        ...

    def settle_unknown(self, slug: str, *, resend: bool, now: datetime) -> int:
        """Owe the unknown again, or skip them; return how many there were."""
        ...

    def settle_arrived(self, slug: str, people: Collection[str]) -> int:
        """Call sent what is owed to *people* (by their ids) or unknown, and not in hand; return how many."""
        ...

    def settle_published(self, slug: str, *, now: datetime) -> bool:
        """Call sent, at *now*, a post of which it was not known; tell whether there was one."""
        ...

    def compact(self, slug: str) -> int:
        """Keep of a done message only who got it and how each other ended; return how many rows."""
        ...


class Meters(Protocol):
    """What rate limits remember, shared by all connections and kept through restarts."""

    def change(self, name: str, how: Callable[[Meter | None], tuple[Meter, Answer]]) -> Answer:
        """Put the meter called *name* through *how* in one transaction, and give its answer."""
        ...


Watch = Callable[[Delivery, Outcome], None]
"""Hear how a delivery ended."""


def watch_nothing(delivery: Delivery, outcome: Outcome) -> None:
    """Hear nothing."""


def never() -> bool:
    """Tell that nobody asked to stop."""
    return False


class Vault(Protocol):
    """Where a channel keeps the tokens that its API gave it, in no dump, no log and no backup."""

    def read(self) -> str:
        """Give what was kept last, empty where nothing was."""
        ...

    def keep(self, text: str) -> None:
        """Keep *text*, durable on return, instead of what was kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a channel is opened with besides its own options.

    *name* is the channel's name in `config.yaml`, *folder* the site's folder, *site_url* the address of
    its public pages without a final slash, *key* the secret key of tokens and message ids. *stopping*
    tells whether to finish what is in hand and leave. *draw* gives the picture of a card, *wait* waits so
    many seconds. *limits* are those of the channel as posts were composed for it.
    """

    name: str
    folder: str
    site_url: str
    key: bytes = field(repr=False)
    clock: Clock
    meters: Meters
    vault: Vault
    draw: Callable[[Card], bytes]
    wait: Callable[[float], None]
    limits: Limits
    stopping: Callable[[], bool] = never


class Channel(Protocol):
    """Where deliveries go: `deliver/<name>.py`, opened once per run.

    One that has an attribute *policy* says what becomes of a post whose outcome is unknown: `resend` where
    it finds out by itself whether the post is there, else it is `hold`.
    """

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once: `ledger.begin` before the point of no return, `ledger.end` after the answer.

        `begin` and the `end` before it may share a commit; nothing passes the point of no return before
        that. Raises nothing for a single delivery; PermanentFailure or TemporaryFailure when the channel
        itself cannot work (login refused, server away): what it was handed and did not begin is released,
        and what is left of *feed* untouched.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A channel that can tell how its own account stands, for `vesicle doctor`."""

    def standing(self, now: datetime) -> Iterator[Line]:
        """Yield how its tokens stand, when they end, and whatever else keeps it from delivering.

        It publishes nothing. Raises OutsideError where the other side does not answer.
        """
        ...


@runtime_checkable
class Rehearsing(Protocol):
    """A channel that can show what it would ask of its API."""

    def rehearse(self, message: Message) -> Iterator[Call]:
        """Yield the requests that would publish *message*, in their order; ask for nothing."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A channel that tells, at no cost, how a post was taken."""

    def reactions(self, receipt: Receipt) -> Reactions | None:
        """Ask how the post with *receipt* was taken; None where it is not there any more.

        Raises OutsideError where the other side does not answer.
        """
        ...
