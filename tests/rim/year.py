"""A year of `vesicle run`, simulated: the clock is made up, the database and what a tick does are not."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from tests.rim.year_plan import NIGHTLY, START, ZONES, Fault, Plan, expected, faults, slug_of

from vesicle.app import App
from vesicle.app.running import Running, slots
from vesicle.model.content import Content
from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.model.issue import Issue, Section
from vesicle.model.item import Item, Kind
from vesicle.model.paper import Cursor, Page
from vesicle.model.problem import Place
from vesicle.model.slot import Slot
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.pipeline.prepare import Prepared
from vesicle.ports import Channel, Ledger
from vesicle.testing import nouns

KEY = "k" * 64
ISSUE_GRACE, POST_GRACE = timedelta(hours=6), timedelta(hours=1)
CHANNELS = ("bluesky", "mastodon")
READERS = 2
_REMEMBERED = 30
NEWSLETTER = """
  {slug}:
    name: Letter {slug}
    sender: Letter <letters@{slug}.example>
    postal_address: 1 Street, 12345 Town
    about: You signed up for it.
    zone: {zone}
    cadence: {cadence}
    approval: automatic
"""
NIGHTS = "every saturday and sunday"
CADENCES = ("every thursday at 09:00", "every sunday at 02:30")


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Clock:
    """The clock that the daemon sees: true time and an error. It may kill whoever asks it."""

    true: datetime
    wrong: timedelta = timedelta(0)
    fuse: int | None = None

    def __call__(self) -> datetime:
        """Give the time, or kill when the fuse has burnt down."""
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Killed
        return self.true + self.wrong


@dataclass(slots=True)
class Journal:
    """All that came out of the year: who got what, when by the daemon's clock and when in truth."""

    mails: list[tuple[str, str, datetime]] = field(default_factory=list)
    posts: list[tuple[str, str, datetime]] = field(default_factory=list)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class Recorder:
    """A channel that writes down what it delivers."""

    def __init__(self, name: str, clock: Clock, journal: Journal) -> None:
        self._name = name
        self._clock = clock
        self._journal = journal

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver what the ledger lets begin."""
        for delivery in feed:
            if not ledger.begin(delivery, now=self._clock()).result():
                ledger.release([delivery])
                continue
            self._record(delivery)
            ledger.end(delivery, Outcome(state=State.SENT, at=self._clock()))
        ledger.flush()

    def _record(self, delivery: Delivery) -> None:
        now = self._clock.true + self._clock.wrong
        if delivery.frozen.startswith("notice/"):
            self._journal.told.append(delivery.message.text)
        elif delivery.to is not None:
            self._journal.mails.append((delivery.frozen, delivery.to.email, now))
        else:
            self._journal.posts.append((self._name, delivery.frozen, now))


class Library:
    """A source that knows nothing new, and of which it is known when it was asked."""

    def __init__(self, name: str, clock: Clock, journal: Journal) -> None:
        self._name = name
        self._clock = clock
        self._journal = journal

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Give one empty page."""
        self._journal.asked.append((self._name, self._clock.true + self._clock.wrong))
        yield Page(papers=(), cursor=cursor, found=0)


class Folder:
    """The content of the whole year, in memory."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def read(self) -> Content:
        """Give it."""
        return self._content


class Year:
    """The year of one seed."""

    def __init__(self, folder: Path, seed: int, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(seed)
        self.journal = Journal()
        self.resident: dict[int, float] = {}
        self.excused: list[tuple[datetime, datetime]] = []
        self.clock = Clock(true=START)
        self.root = _site(folder)
        self.content = _content(plan)
        self._ready: dict[str, Prepared] = {}
        self.app = self._opened()
        self.app.subscribers.add([_reader(number) for number in range(READERS)])

    def run(self) -> None:
        """Live through it."""
        moments = self._moments()
        ahead = sorted(faults(self.random, self.plan), key=lambda fault: fault.at)
        while moments or ahead:
            moments = self._life(moments, ahead)

    def slots(self) -> dict[str, list[Slot]]:
        """Give what became of each slot, by timetable."""
        kept = slots(self.app)
        return {name: list(kept.of(name, since=START)) for name in kept.marks()}

    def is_excused(self, slot: Slot) -> bool:
        """Tell whether the process was away, or its clock wrong, when *slot* was due."""
        return any(start <= slot.due <= end for start, end in self.excused)

    def states(self, slug: str) -> Mapping[State, int]:
        """Give how many deliveries of *slug* are in each state."""
        return self.app.ledger.tally(slug).counts

    def _opened(self) -> App:
        """Open the site as a process does, but for channels, sources and content, which are made up."""
        app = App(self.root, clock=self.clock, environ={"VESICLE_KEY": KEY})
        channels: dict[str, Channel] = {
            name: Recorder(name, self.clock, self.journal) for name in ("email", *CHANNELS, "line")
        }
        sources = {name: Library(name, self.clock, self.journal) for name in app.settings.sources}
        made_up = {"channels": channels, "sources": sources, "content": Folder(self.content)}
        app.__dict__.update(made_up)
        prepare = app.prepare

        def remembered(issue: Issue, content: Content) -> Prepared:
            # Nothing that it is made of changes in this year.
            if issue.slug not in self._ready:
                self._ready[issue.slug] = prepare(issue, content)
            while len(self._ready) > _REMEMBERED:
                del self._ready[next(iter(self._ready))]
            return self._ready[issue.slug]

        app.__dict__["prepare"] = remembered
        return app

    def _moments(self) -> list[datetime]:
        """Give when it is looked: some seconds after every slot, and each seventh noon; the latest first."""
        regular = [START + timedelta(days=number, hours=12) for number in range(0, self.plan.days, 7)]
        due = sorted({one for dues in expected(self.plan).values() for one in dues})
        late = [one + timedelta(seconds=self.random.randrange(10)) for one in due]
        return sorted([*regular, *late], reverse=True)

    def _life(self, moments: list[datetime], faults: list[Fault]) -> list[datetime]:
        """Live from one start of the process to its end; give the moments that are left."""
        if self.random.random() < 0.1:
            self.app.database.close()
            self.app = self._opened()
        self.clock.fuse = None
        with self.app.dispatching(stopping=lambda: False) as dispatch:
            running = Running(self.app, dispatch)
            kill = self.random.randrange(400) if self.random.random() < self.plan.kills / 240 else None
            try:
                while moments:
                    now = moments.pop()
                    while faults and faults[0].at <= now:
                        fault = faults.pop(0)
                        if fault.by:
                            self._put(fault, faults)
                            self._tick(running, fault.at, None)
                            continue
                        moments.append(now)
                        return self._down(fault, moments)
                    self._tick(running, now, kill)
                    kill = None
            except Killed:
                moments.append(self.clock.true + timedelta(seconds=5))
                return moments
        faults.clear()
        return []

    def _put(self, fault: Fault, faults: list[Fault]) -> None:
        """Put the clock, and see that it is put right later."""
        self.clock.wrong += fault.by
        if fault.until is not None:
            around = abs(fault.by) + ISSUE_GRACE
            self.excused.append((fault.at - around, fault.until + around))
            faults.append(Fault(at=fault.until, by=-fault.by))
            faults.sort(key=lambda one: one.at)

    def _down(self, fault: Fault, moments: list[datetime]) -> list[datetime]:
        """Give the moments that are left after the process was away."""
        up = fault.at + fault.down
        self.excused.append((fault.at - timedelta(seconds=15), up))
        left = [one for one in moments if one > up]
        return [*left, up]

    def _tick(self, running: Running, now: datetime, kill: int | None) -> None:
        self.clock.true = max(now, self.clock.true)
        month = self.clock.true.month
        if month not in self.resident:
            gc.collect()
            self.resident[month] = _resident()
        self.clock.fuse = kill
        running.tick(self.clock())
        self.clock.fuse = None


def _site(folder: Path) -> Path:
    (folder / "content").mkdir(parents=True)
    letters = "".join(
        NEWSLETTER.format(slug=f"{slug_of(zone)}-{number}", zone=zone, cadence=cadence)
        for zone in ZONES
        for number, cadence in enumerate(CADENCES[: 1 + (zone in NIGHTLY)])
    )
    sources = "".join(
        f"  {slug_of(zone)}: {{by: feed, feed: nowhere.xml, zone: {zone}, "
        f"when: '{NIGHTS if zone in NIGHTLY else 'every sunday'} at 02:05'}}\n"
        for zone in ZONES
    )
    channels = """
  email: {host: localhost, port: 1025, security: none}
  bluesky: {by: outbox, when: "0 9 * * 1,4", zone: America/New_York, evergreen_weeks: 8}
  mastodon: {by: outbox, when: "NIGHTS at 02:05", zone: Australia/Lord_Howe}
  line: {by: outbox}
""".replace("NIGHTS", NIGHTS)
    (folder / "config.yaml").write_text(
        f"site: {{name: A year, url: 'https://year.example'}}\nnewsletters:{letters}"
        f"sources:\n{sources}channels:{channels}"
        "editor: {addresses: [editor@year.example], digest_minutes: 1440}\n"
    )
    return folder


def _content(plan: Plan) -> Content:
    """Give an issue for each slot of each newsletter, with an explainer of its own month."""
    items = {(f"item-{number}", "en"): _item(number) for number in range(13)}
    issues: dict[str, Issue] = {}
    for name, dues in expected(plan).items():
        job, _, slug = name.partition("/")
        zone = next((one for one in ZONES if slug.startswith(slug_of(one))), "UTC")
        for number, due in enumerate(dues if job == "issue" else ()):
            wall = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
            one = _issue(f"{wall:%Y-%m-%d}-{slug}", slug, number + 1, wall)
            issues[one.slug] = one
    return Content(items=items, issues=issues)


def _item(number: int) -> Item:
    return nouns.item(
        slug=f"item-{number}",
        kind=Kind.EXPLAINER,
        title=f"What number {number} is",
        author="A. Writer, editor",
        where=Place(file=f"content/explainers/item-{number}.md"),
    )


def _issue(slug: str, newsletter: str, number: int, due: datetime) -> Issue:
    where = Place(file=f"content/issues/{slug}.md")
    section = Section(heading="Explained", items=(f"item-{due.month}",), where=where)
    return nouns.issue(
        slug=slug,
        newsletter=newsletter,
        number=number,
        due=due,
        subject=f"Number {number} of {newsletter}",
        preheader="A line of some forty characters and a few more behind",
        sections=(section,),
        where=where,
    )


def _reader(number: int) -> tuple[Subscriber, Consent]:
    person = Subscriber(
        id=f"{number + 1:032x}",
        email=f"reader-{number}@readers.example",
        status=SubscriberStatus.CONFIRMED,
        language="en",
    )
    return person, Consent(event=ConsentEvent.CONFIRMED, at=START, source="made up")


def _resident() -> float:
    """Give the memory of this process in MiB, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    (line,) = [one for one in status.read_text().splitlines() if one.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def counted(pairs: Sequence[tuple[str, str, datetime]]) -> Counter[tuple[str, str]]:
    """Count by the first two."""
    return Counter((first, second) for first, second, _ in pairs)
