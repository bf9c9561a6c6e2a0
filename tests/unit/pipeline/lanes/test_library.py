"""The literature at its slots."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Cursor, Harvest, Page, Standing
from vesicle.model.slot import Job, SlotState, Timetable
from vesicle.model.word import Cause
from vesicle.pipeline.book import Book
from vesicle.pipeline.collect import Desk, harvest
from vesicle.pipeline.follow import changed, follow
from vesicle.pipeline.lanes.library import LibraryDesk, LibraryLane
from vesicle.pipeline.send import Report
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryInbox, MemoryLedger, MemorySlots, MemoryWords

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SIX = START + 6 * HOUR


class Shelf:
    """A source that gives one new paper each time, or fails."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure = ""

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        self.asked += 1
        if self.failure:
            raise TemporaryFailure(self.failure)
        yield Page(papers=(nouns.paper(str(self.asked)),), cursor=Cursor(position=str(self.asked)))


class Site:
    """One source that is asked each day at six, and everything about it in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.slots = MemorySlots()
        self.words = MemoryWords(MemoryLedger())
        self.inbox = MemoryInbox()
        self.shelf = Shelf()
        self.tidied: list[datetime] = []
        self.published: tuple[str, ...] = ()
        self.standing = Standing.SOUND
        self.lane = self.restarted()

    def restarted(self) -> LibraryLane:
        timetables = [
            Timetable(job=Job.WATCH, about="shelf", rule="every day at 06:00", zone="UTC"),
            Timetable(job=Job.FOLLOW_UP, about="", rule="every monday at 05:00", zone="UTC"),
            Timetable(job=Job.TIDY, about="", rule="every day at 03:30", zone="UTC"),
        ]
        desk = LibraryDesk(
            watch=lambda name: harvest(name, self.shelf, self.collecting()),
            follow_up=self.follow_up,
            changes=lambda: list(changed(self.published, self.collecting())),
            tidy=self.tidied.append,
            words=self.words,
        )
        book = Book(self.slots, timetables, jobs=frozenset({Job.WATCH, Job.FOLLOW_UP, Job.TIDY}))
        self.lane = LibraryLane(book, desk, stopping=lambda: False)
        return self.lane

    def collecting(self) -> Desk:
        return Desk(inbox=self.inbox, rules=Rules(), now=self.clock())

    def follow_up(self) -> Harvest | None:
        if not self.published:
            return None
        return follow(self.published, self._records, self.collecting(), opinion=lambda _: self.standing)

    def _records(self, pmids: object) -> Iterator[Page]:
        yield Page(papers=(nouns.paper("7", doi="10.1/x"),), cursor=Cursor())

    def at(self, moment: datetime) -> list[Report]:
        self.clock.at = moment
        return self.lane.tick(moment)

    def states(self, name: str) -> list[SlotState]:
        return [slot.state for slot in self.slots.of(name, since=START)]


@pytest.fixture
def site() -> Site:
    made = Site()
    made.at(START)
    return made


def test_a_source_is_asked_at_its_slot_once(site: Site) -> None:
    site.at(SIX - MINUTE)
    (report,) = site.at(SIX)
    site.at(SIX + MINUTE)
    assert (site.shelf.asked, report.said) == (1, "1 new, 0 changed of 1 found")
    assert site.states("watch/shelf") == [SlotState.DONE]


def test_after_days_of_outage_it_is_asked_once_however_late(site: Site) -> None:
    site.restarted()
    site.at(SIX + timedelta(days=9))
    assert site.shelf.asked == 1
    assert site.states("watch/shelf") == [SlotState.SKIPPED] * 9 + [SlotState.DONE]


def test_a_source_that_fails_is_asked_again_and_the_third_time_told(site: Site) -> None:
    site.shelf.failure = "HTTP 503"
    site.at(SIX)
    site.at(SIX + 9 * MINUTE)
    assert site.shelf.asked == 1
    site.at(SIX + 10 * MINUTE)
    assert site.words.untold() == []
    (report,) = site.at(SIX + 70 * MINUTE)
    assert (site.shelf.asked, report.has_failed) == (3, True)
    assert [(word.cause, word.about) for word in site.words.untold()] == [(Cause.SOURCE, "shelf")]
    assert site.states("watch/shelf") == [SlotState.DONE]


def test_one_that_works_again_is_not_told_of(site: Site) -> None:
    site.shelf.failure = "HTTP 503"
    for moment in (SIX, SIX + 10 * MINUTE, SIX + 70 * MINUTE):
        site.at(moment)
    site.shelf.failure = ""
    site.at(SIX + timedelta(days=1))
    assert site.words.untold() == []


def test_what_was_published_is_looked_at_again_and_a_retraction_told_once(site: Site) -> None:
    site.published = ("7",)
    site.standing = Standing.RETRACTED
    site.at(START + 5 * HOUR)
    told = [(word.cause, word.about) for word in site.words.untold()]
    assert told == [(Cause.RETRACTED, "7")]
    site.at(START + timedelta(days=7, hours=5))
    assert [(word.cause, word.about) for word in site.words.untold()] == told


def test_with_nothing_to_follow_the_slot_is_skipped(site: Site) -> None:
    site.at(START + 5 * HOUR)
    assert site.states("follow-up") == [SlotState.SKIPPED]


def test_what_is_old_is_tidied_each_night(site: Site) -> None:
    site.at(START + 4 * HOUR)
    site.at(START + 4 * HOUR + MINUTE)
    assert site.tidied == [START + 4 * HOUR]
