"""Picks the next mail for a connection: written, and within every limit."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from vesicle.deliver.email import endings
from vesicle.deliver.email.belt import Belt
from vesicle.deliver.email.endings import Ending
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.deliver.email.limits import Leave, Limits
from vesicle.deliver.email.relay import Relay
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, TemporaryFailure
from vesicle.ports import Clock

# Who has to wait longer for their domain makes room for others.
_SHORT_WAIT = 2.0
_NAP = 0.5


@dataclass(slots=True, kw_only=True)
class Job:
    """A delivery with its letter; *is_retry* once it was tried on a connection that turned out dead."""

    delivery: Delivery
    letter: Letter
    is_retry: bool = False


class Book(Protocol):
    """Where the ending of a delivery is written down."""

    def end(self, delivery: Delivery, ending: Ending) -> None:
        """Write down how *delivery* ended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """What every picker of a run shares."""

    belt: Belt
    letters: Letters
    limits: Limits
    book: Book
    clock: Clock


class Picker:
    """Gives one connection its mails. What cannot be written ends here, and what has to wait long."""

    def __init__(self, relay: Relay, sorting: Sorting) -> None:
        self._relay = relay
        self._sorting = sorting
        self._parked: Job | None = None

    def wait(self) -> Job | None:
        """Wait for the next mail that may go out; None where there is none for this server any more."""
        while (job := self._next(is_patient=True)) is not None:
            self._parked = job
            if self._may_go(job):
                self._parked = None
                return job
        return None

    def poll(self) -> Job | None:
        """Give the next mail if there is one that may go out at once."""
        job = self._next(is_patient=False)
        if job is not None and self._sorting.limits.ask(self._relay.name, job.letter.domain).wait:
            self._parked = job
            return None
        return job

    def close(self) -> None:
        """Give back what was picked and not given."""
        if self._parked:
            self._sorting.belt.give_back(self._parked.delivery)
            self._parked = None

    def _next(self, *, is_patient: bool) -> Job | None:
        if parked := self._parked:
            self._parked = None
            return parked
        belt = self._sorting.belt
        take = belt.take if is_patient else belt.poll
        while (delivery := take(self._relay)) is not None:
            if job := self._written(delivery):
                return job
        return None

    def _written(self, delivery: Delivery) -> Job | None:
        now = self._sorting.clock()
        try:
            letter = self._sorting.letters.write(delivery)
        except ContentError as error:
            self._end(delivery, endings.deferred(delivery, str(error), at=now, stop=error))
            return None
        if isinstance(letter, str):
            self._end(delivery, endings.failed(letter, at=now))
            return None
        return Job(delivery=delivery, letter=letter)

    def _end(self, delivery: Delivery, ending: Ending) -> None:
        self._parked = None
        self._sorting.book.end(delivery, ending)

    def _may_go(self, job: Job) -> bool:
        """Wait until *job* may go out; False where it was ended or given back instead."""
        limits, domain = self._sorting.limits, job.letter.domain
        lingers = False
        try:
            while (leave := limits.ask(self._relay.name, domain)).wait:
                if leave.is_domain:
                    lingers = lingers or limits.linger(domain, leave.wait, at_most=_SHORT_WAIT)
                if not self._waited(job, leave, lingers=lingers):
                    return False
            return True
        finally:
            if lingers:
                limits.leave(domain)

    def _waited(self, job: Job, leave: Leave, *, lingers: bool) -> bool:
        """Wait a moment for *leave*; False where there is no use in it, and *job* is out of hand."""
        belt = self._sorting.belt
        if leave.is_day:
            self._relay.spend(TemporaryFailure(leave.reason, wait=timedelta(seconds=leave.wait)))
        if belt.is_stopped or self._relay.error:
            self.close()
            if self._relay.error:
                belt.shut(self._relay)
            return False
        if leave.is_domain and not lingers:
            after = max(self._sorting.limits.turn(job.letter.domain), timedelta(seconds=leave.wait))
            now = self._sorting.clock()
            self._end(job.delivery, endings.deferred(job.delivery, leave.reason, at=now, after=after))
            return False
        belt.pause(min(leave.wait, _NAP))
        return True
