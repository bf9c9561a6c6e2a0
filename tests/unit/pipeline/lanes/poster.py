"""One channel with a slot each day at ten, and everything about it in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.delivery import Frozen
from vesicle.model.item import Item, Kind
from vesicle.model.message import Message
from vesicle.model.slot import Job, Timetable
from vesicle.pipeline.book import Book
from vesicle.pipeline.lanes.posts import PostDesk, PostLane
from vesicle.pipeline.send import Dispatch, Report
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemoryPosts, MemorySlots, MemoryWords
from vesicle.testing.recording import RecordingChannel

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TEN = START + 10 * HOUR
GRACE = HOUR


class Site:
    """The site, its clock, and what it said."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.ledger = MemoryLedger()
        self.slots = MemorySlots()
        self.posts = MemoryPosts(self.ledger)
        self.words = MemoryWords(self.ledger)
        self.bluesky = RecordingChannel(clock=self.clock)
        self.items = {("explained", "en"): nouns.item(slug="explained", kind=Kind.EXPLAINER, title="Old")}
        self.issues = {"one"}
        self.is_rehearsal = False
        self.obstacles: dict[str, str] = {}
        self.doubtful_until: datetime | None = None
        self.reasons: dict[str, str] = {}
        self.counted: list[datetime] = []
        self.lane = self.restarted()

    def restarted(self) -> PostLane:
        made = {"zone": "UTC", "grace": GRACE, "about": "bluesky"}
        timetables = [
            Timetable(job=Job.POST, rule="every day at 10:00", **made),  # type: ignore[arg-type]  # fields
            Timetable(job=Job.PIN, rule="", each=True, **made),  # type: ignore[arg-type]  # fields
        ]
        desk = PostDesk(
            posts=self.posts,
            rests={"bluesky": timedelta(weeks=4)},
            content=lambda _: self.content(),
            rendered=lambda item, channel, _: self.rendered(item),
            obstacle=lambda item, _: self.obstacles.get(item, ""),
            hold=self.ledger.hold,
            words=self.words,
            doubtful_until=self.doubtful_until,
            reason=lambda slug: self.reasons.get(slug, ""),
            count=self.counted.append,
        )
        channels = {"bluesky": self.bluesky}
        rehearsed = self.is_rehearsal
        dispatch = Dispatch(ledger=self.ledger, channels=channels, clock=self.clock, is_rehearsal=rehearsed)
        book = Book(self.slots, timetables, jobs=frozenset({Job.POST, Job.PIN}))
        self.lane = PostLane(book, desk, dispatch)
        return self.lane

    def content(self) -> Content:
        return Content(items=self.items, issues={one: nouns.issue(slug=one) for one in self.issues})

    def rendered(self, item: Item) -> Message:
        return Message(channel="bluesky", slug=item.slug, lang="en", text=item.title)

    def freeze(self, issue: str, *items: str) -> None:
        mail = Frozen(slug=issue, channel="email", hash=issue, messages={"en": nouns_message("email", issue)})
        posts = [
            replace(
                mail,
                slug=f"{issue}/{item}/bluesky",
                channel="bluesky",
                messages={"en": replace(nouns_message("bluesky", item), text="Old")},
            )
            for item in items
        ]
        self.ledger.freeze(mail, None, posts=posts)

    def at(self, moment: datetime) -> list[Report]:
        self.clock.at = moment
        return self.lane.tick(moment)

    def out(self) -> list[str]:
        return [one.frozen for one in self.bluesky.delivered]

    def states(self, name: str = "post/bluesky") -> list[str]:
        return [slot.state.value for slot in self.slots.of(name, since=START)]


def nouns_message(channel: str, slug: str) -> Message:
    return Message(channel=channel, slug=slug, lang="en", text=slug)
