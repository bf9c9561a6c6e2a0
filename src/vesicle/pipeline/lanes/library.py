"""The literature at its slots: sources are asked, what was kept is looked at again, what is old is tidied."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.paper import Harvest
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.word import Cause
from vesicle.pipeline import words
from vesicle.pipeline.book import Book
from vesicle.pipeline.collect import Desk, harvest
from vesicle.pipeline.follow import Records, SecondOpinion, changed, follow, followed
from vesicle.pipeline.send import Report
from vesicle.ports import Source, Words

_log = logging.getLogger(__name__)

_PAUSES = (timedelta(minutes=10), timedelta(hours=1))
"""How long after the first and the second failure a slot is tried again; after the third it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryDesk:
    """What the literature needs to be watched by itself.

    *collecting* gives where papers go, *published* the PMIDs of papers that published findings rest on;
    *records* fetches papers again, where a source can; *tidy* deletes what is older than it is kept.
    """

    sources: Mapping[str, Source]
    collecting: Callable[[], Desk]
    published: Callable[[], Sequence[str]]
    records: Callable[[], Records | None]
    opinion: SecondOpinion
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
        account = self._followed() if slot.job is Job.FOLLOW_UP else self._watched(slot.about)
        self._tell_changes(now)
        if account is None:
            self._book.close(slot, SlotState.SKIPPED, why="nothing is followed")
            return []
        return [self._ended(slot, account, now)]

    def _watched(self, name: str) -> Harvest:
        return harvest(name, self._desk.sources[name], self._desk.collecting())

    def _followed(self) -> Harvest | None:
        desk = self._desk.collecting()
        pmids, records = followed(desk, self._desk.published()), self._desk.records()
        if not pmids or records is None:
            return None
        return follow(pmids, records, desk, opinion=self._desk.opinion)

    def _ended(self, slot: Slot, account: Harvest, now: datetime) -> Report:
        name = slot.about or slot.name
        if not account.problem:
            self._book.close(slot, SlotState.DONE)
            self._desk.words.resolve(Cause.SOURCE, name)
            said = f"{account.new} new, {account.changed} changed of {account.found} found"
            return Report(slug=slot.name, channel="", said=said)
        attempts = slot.attempts + 1
        if attempts <= len(_PAUSES):
            retry_at = now + _PAUSES[attempts - 1]
            self._book.keep(slot, why=account.problem, attempts=attempts, retry_at=retry_at)
        else:
            self._book.close(slot, SlotState.DONE, why=account.problem)
            self._desk.words.note([words.source_failing(name, account.problem, attempts)], now=now)
        return Report(slug=slot.name, channel="", held=account.problem, has_failed=True)

    def _tell_changes(self, now: datetime) -> None:
        desk = self._desk.collecting()
        found = changed(followed(desk, self._desk.published()), desk)
        self._desk.words.note([words.paper_changed(one.candidate, one.standing) for one in found], now=now)
