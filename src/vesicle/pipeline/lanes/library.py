"""The literature at its slots: sources are asked, what was kept is looked at again, what is old is tidied."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.errors import OutsideError
from vesicle.model.paper import Harvest
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.word import Cause
from vesicle.pipeline import words
from vesicle.pipeline.book import Book
from vesicle.pipeline.follow import Change
from vesicle.pipeline.send import Report
from vesicle.ports import Words

_log = logging.getLogger(__name__)

_PAUSES = (timedelta(minutes=10), timedelta(hours=1))
"""How long after the first and the second failure a slot is tried again; after the third it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryDesk:
    """What the literature needs to be watched by itself.

    *watch* asks one source, *follow_up* looks again at what was kept or published, None where there is
    nothing; *changes* gives the papers among these that no longer stand as they did; *tidy* deletes what is
    older than it is kept. What *watch* and *follow_up* raise is a run that failed.
    """

    watch: Callable[[str], Harvest]
    follow_up: Callable[[], Harvest | None]
    changes: Callable[[], Sequence[Change]]
    tidy: Callable[[datetime], None]
    words: Words


class LibraryLane:
    """Watches the literature. A run that a kill cut short is run again, from where the last one ended."""

    def __init__(self, book: Book, desk: LibraryDesk, *, stopping: Callable[[], bool]) -> None:
        self._book = book
        self._desk = desk
        self._stopping = stopping

    def tick(self, now: datetime) -> list[Report]:
        """Do what is due at *now*, one slot after the other."""
        found = self._book.look(now)
        self._book.settle(found.over)
        reports: list[Report] = []
        for slot in found.ready:
            if self._stopping():
                break
            reports += self._worked(slot, now)
        return reports

    def _worked(self, slot: Slot, now: datetime) -> list[Report]:
        if slot.job is Job.TIDY:
            self._desk.tidy(now)
            self._book.close(slot, SlotState.DONE)
            return []
        account = self._account(slot)
        changes = self._desk.changes()
        self._desk.words.note([words.paper_changed(one.candidate, one.standing) for one in changes], now=now)
        if account is None:
            self._book.close(slot, SlotState.SKIPPED, why="nothing is followed")
            return []
        return [self._ended(slot, account, now)]

    def _account(self, slot: Slot) -> Harvest | None:
        try:
            return self._desk.follow_up() if slot.job is Job.FOLLOW_UP else self._desk.watch(slot.about)
        except OutsideError as error:
            return Harvest(source=slot.about or slot.name, found=0, new=0, problem=str(error))

    def _ended(self, slot: Slot, account: Harvest, now: datetime) -> Report:
        name = slot.about or slot.name
        if not account.problem:
            self._desk.words.resolve(Cause.SOURCE, name)
            self._book.close(slot, SlotState.DONE)
            said = f"{account.new} new, {account.changed} changed of {account.found} found"
            return Report(slug=slot.name, channel="", said=said)
        attempts = slot.attempts + 1
        if attempts <= len(_PAUSES):
            retry_at = now + _PAUSES[attempts - 1]
            self._book.keep(slot, why=account.problem, attempts=attempts, retry_at=retry_at)
        else:
            self._desk.words.note([words.source_failing(name, account.problem, attempts)], now=now)
            self._book.close(slot, SlotState.DONE, why=account.problem)
        return Report(slug=slot.name, channel="", held=account.problem, has_failed=True)
