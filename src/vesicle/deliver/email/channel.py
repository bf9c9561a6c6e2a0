"""Sends newsletters through mail servers."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from vesicle.deliver.email.belt import Belt
from vesicle.deliver.email.crew import Crew, Watch
from vesicle.deliver.email.endings import Ending
from vesicle.deliver.email.letter import Letters
from vesicle.deliver.email.limits import Limits
from vesicle.deliver.email.options import Options
from vesicle.deliver.email.picker import Picker, Sorting
from vesicle.deliver.email.relay import Relay
from vesicle.deliver.email.session import FINAL_REPLY_SECONDS
from vesicle.deliver.email.worker import Round, Worker
from vesicle.model.delivery import Delivery
from vesicle.model.errors import OutsideError
from vesicle.ports import LEASE, Desk, Ledger

_log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How long a run that was asked to stop waits for servers to answer."""


class Channel:
    """Delivers by SMTP over several connections, which take turns in one thread.

    The point of no return is the final dot: without it a server must forget a mail, with it the mail is
    the server's, and an answer that never comes leaves the outcome unknown (RFC 1047). What is known of
    the servers (who refuses us, what they cannot do) lives as long as the channel.
    """

    def __init__(
        self,
        options: Options,
        *,
        desk: Desk,
        lease: timedelta = LEASE,
        final_timeout: float = FINAL_REPLY_SECONDS,
        grace: float = GRACE_SECONDS,
    ) -> None:
        """Open nothing yet; raise UserError when *desk* cannot serve for newsletters."""
        self._name = desk.name
        self._clock = desk.clock
        self._letters = Letters(options, desk)
        self._limits = Limits(options, desk)
        self._relays = [
            Relay(name, server, clock=desk.clock, final_timeout=final_timeout)
            for name, server in options.each().items()
        ]
        self._watch = Watch(clock=desk.clock, stopping=desk.stopping, lease=lease, grace=grace)

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises TemporaryFailure when no server can be reached or the day's mails are sent, PermanentFailure
        when every server refuses us (login, certificate, sender, policy), ContentError when a newsletter
        cannot be written, and what *feed* and *ledger* raise. What was not begun then is released, and the
        rest of *feed* untouched.
        """
        for relay in self._relays:
            relay.begin_run()
        belt = Belt(self._relays)
        book = _Book(channel=self._name, ledger=ledger, belt=belt)
        sorting = Sorting(belt=belt, letters=self._letters, limits=self._limits, book=book, clock=self._clock)
        shared = Round(belt=belt, ledger=ledger, book=book, limits=self._limits, clock=self._clock)
        crew = Crew(
            belt,
            lambda relay: Worker(relay, shared, Picker(relay, sorting)),
            relays=self._relays,
            watch=self._watch,
        )
        try:
            crew.run(feed, ledger)
        finally:
            self._limits.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """Writes endings into the ledger; raises the error of one that ends the run."""

    channel: str
    ledger: Ledger
    belt: Belt

    def end(self, delivery: Delivery, ending: Ending) -> None:
        """Write down how *delivery* ended."""
        self.ledger.end(delivery, ending.outcome)
        _log.info("deliver.%s channel=%s key=%s", ending.outcome.state, self.channel, delivery.key)
        self.belt.done()
        if ending.stop is not None and not isinstance(ending.stop, OutsideError):
            raise ending.stop
