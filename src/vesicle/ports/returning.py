"""What comes back after a delivery, and from where."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vesicle.model.event import Effect, Event, Noted

Rule = Callable[[Event, int], Effect]
"""Decide what an event means for the person it is about; called within a transaction, it does no I/O.

The number is that of issues in a row that bounced, that of the event among them; 0 where it is no such event.
"""


class Keys(Protocol):
    """What a provider's signature is verified with."""

    def secret(self, name: str) -> str:
        """Give the secret called *name* of the provider's settings; empty where there is none."""
        ...

    def certificate(self, url: str) -> bytes:
        """Give the certificate (PEM) at *url*, which the caller has seen to be the provider's own."""
        ...


class Reports(Protocol):
    """One provider's words for what happened: `learn/<provider>.py`. Pure but for what *keys* fetch."""

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield what *body* tells, each event with an id that is the same when it is told again.

        The names of *headers* are in small letters. Raises `Forged` where the signature is not the
        provider's, and UserError where the body has not the provider's shape.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One mail that came back; *id* is how its mailbox finds it again."""

    id: str
    content: bytes


class Mailbox(Protocol):
    """Where mails come back to: `mailbox/<kind>.py`."""

    def new(self) -> Iterator[Returned]:
        """Yield the mails that were not put aside yet, oldest first; TemporaryFailure where it is away."""
        ...

    def put_aside(self, mail_id: str, *, is_understood: bool) -> None:
        """Move a mail out of `new`, among those understood or those that nobody could read; never delete it.

        Doing so twice changes nothing.
        """
        ...


class Returns(Protocol):
    """What came back, and what it did. Each method is one durable transaction."""

    def take(self, events: Sequence[Event], rule: Rule, *, is_signed: bool, now: datetime) -> Sequence[Noted]:
        """Note *events*, each once however often told, and do what *rule* says; tell what became of each.

        Which person an event is about is told by our own token or Message-ID in it; only where a provider
        has signed it (*is_signed*) does the address count. An event about nobody does nothing. Whoever has
        a status keeps it where the new one is milder: complained, bounced, unsubscribed. An issue of which
        too much comes back is held.
        """
        ...

    def take_refusals(self, rule: Rule, *, now: datetime) -> int:
        """Do the same with the deliveries that failed since the last time; give how many there were."""
        ...
