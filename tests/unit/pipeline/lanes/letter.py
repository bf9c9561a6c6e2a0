"""One newsletter, its lane, and everything about it in memory."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vesicle.app.timetables import of_newsletters
from vesicle.model.content import Content
from vesicle.model.issue import Approval, Issue, Newsletter
from vesicle.model.item import Item, Kind
from vesicle.model.message import Message
from vesicle.model.paper import FiledPaper
from vesicle.model.slot import Job
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.model.word import Cause
from vesicle.pipeline.book import Book
from vesicle.pipeline.lanes.issues import IssueDesk, IssueLane
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import Dispatch, Report
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemorySlots, MemorySubscribers, MemoryWords
from vesicle.testing.recording import RecordingChannel

DUE = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # nine on Thursday in Bangkok
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
START = DUE - timedelta(days=5)


class Folder:
    """Content in memory that a composed issue is written to."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}

    def read(self) -> Content:
        raise AssertionError("a lane reads what it is given")

    def write_new(self, path: str, text: str) -> bool:
        is_new = path not in self.written
        self.written.setdefault(path, text)
        return is_new

    def file_paper(self, paper: FiledPaper) -> str:
        raise AssertionError("a lane files no papers")

    def write_approval(self, issue: Issue) -> None:
        raise AssertionError("a lane approves nothing")


class Site:
    """One newsletter with two readers, and everything about it in memory."""

    def __init__(self, newsletter: Newsletter | None = None) -> None:
        self.newsletter = newsletter or nouns.newsletter()
        self.clock = FixedClock(START)
        people = [
            Subscriber(
                id=f"{number:032x}",
                email=f"{number}@readers.example",
                status=SubscriberStatus.CONFIRMED,
                language="en",
                zone=zone,
            )
            for number, zone in enumerate(("America/New_York", "Pacific/Kiritimati"), start=1)
        ]
        self.people = MemorySubscribers(people)
        self.ledger = MemoryLedger(self.people)
        self.slots = MemorySlots()
        self.words = MemoryWords(self.ledger)
        self.email = RecordingChannel(clock=self.clock)
        self.bluesky = RecordingChannel(clock=self.clock)
        self.folder = Folder()
        self.content: Content | None = Content()
        self.problems: tuple[str, ...] = ()
        self.obstacle = ""
        self.has_slots = False
        self.has_bluesky = True
        self.is_rehearsal = False
        self.lane = self.restarted()

    def restarted(self) -> IssueLane:
        """Give the lane of a new process."""
        found = {self.newsletter.slug: self.newsletter}
        jobs = frozenset({Job.ISSUE, Job.COMPOSE})
        desk = IssueDesk(
            newsletters=found,
            content=lambda _: self.content,
            prepared=lambda issue, _: self.prepared(issue),
            zones=self._zones,
            store=self.folder,
            words=self.words,
        )
        dispatch = Dispatch(
            ledger=self.ledger,
            channels={"email": self.email} | ({"bluesky": self.bluesky} if self.has_bluesky else {}),
            clock=self.clock,
            obstacle=lambda _: self.obstacle,
            slots=frozenset({"bluesky"}) if self.has_slots else frozenset(),
            is_rehearsal=self.is_rehearsal,
        )
        self.lane = IssueLane(Book(self.slots, of_newsletters(found), jobs=jobs), desk, dispatch)
        return self.lane

    def _zones(self, newsletter: Newsletter) -> Collection[str]:
        return self.people.zones(newsletter.audience)

    def prepared(self, issue: Issue) -> Prepared:
        text = f"{issue.subject} {issue.slug}"
        mail = Message(channel="email", slug=issue.slug, lang="en", text=text, html="<p>")
        post = Message(channel="bluesky", slug="item", lang="en", text=text)
        return Prepared(issue=issue, newsletter=self.newsletter, mails=(mail,), posts=(post,), problems=())

    def approved(self, **changes: object) -> Issue:
        issue = nouns.issue(**changes)
        approval = Approval(by="An editor", at=START, hash=self.prepared(issue).hash)
        return replace(issue, approval=approval)

    def has(self, *issues: Issue, items: tuple[Item, ...] = ()) -> None:
        self.content = Content(
            issues={one.slug: one for one in issues}, items={(one.slug, one.lang): one for one in items}
        )

    def at(self, moment: datetime) -> list[Report]:
        self.clock.at = moment
        return self.lane.tick(moment)

    def got(self) -> list[str]:
        return [one.frozen for one in self.email.delivered]

    def states(self) -> dict[datetime, str]:
        return {slot.due: slot.state.value for slot in self.slots.of("issue/letter", since=START)}

    def told(self) -> set[tuple[Cause, str]]:
        return {(word.cause, word.about.partition(" ")[0]) for word in self.words.untold()}


READERS = nouns.newsletter(readers_time="09:00")
ITEMS = tuple(nouns.item(slug=f"item-{number}", kind=Kind.EXPLAINER) for number in range(3))
COMPOSED = nouns.newsletter(compose_ahead=timedelta(days=3), min_items=2)
