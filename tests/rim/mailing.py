"""A crowd, its ledger and the channel `email`, for tests of how mails end; and what must hold however."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

from vesicle.deliver.email import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.meter import Meter
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.queue.clock import now
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger, MemoryMeters, MemorySubscribers
from vesicle.testing.smtpserver import Act, Moment, Now, Script, SmtpServer

SLUG = "2026-11-26-first"
STAND_IN = Personal.UNSUBSCRIBE_URL.value
MESSAGE = Message(
    channel="email",
    slug=SLUG,
    lang="en",
    subject="What vesicles carry",
    text=f"Hello.\n.\nLeave: {STAND_IN}\n",
    html=f'<p>Hello.</p>\n.\n<a href="{STAND_IN}">Leave</a>\n',
    sender=Mailbox(name="Conditioned Media", address="news@example.org"),
    headers=(("List-Id", "Conditioned Media <conditioned-media.example.org>"),),
)


@dataclass(slots=True)
class MovingClock:
    """The real time, and what it was moved by."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.by


class Ears:
    """Script that does one thing at a moment, the first so many times, for addresses with a text in them."""

    def __init__(self, moment: Moment, act: Act, *, to: str = "", times: int = 10**9, after: int = 0) -> None:
        self._moment, self._act, self._to = moment, act, to
        self._times, self._after = times, after
        self._lock = Lock()
        self.done = 0

    def __call__(self, now: Now) -> Act | None:
        if now.moment is not self._moment or self._to not in now.address:
            return None
        with self._lock:
            if self._after > 0:
                self._after -= 1
                return None
            if self.done >= self._times:
                return None
            self.done += 1
            return self._act


def either(*scripts: Script) -> Script:
    """Do what the first of *scripts* says that has something to say."""
    return lambda now: next((act for script in scripts if (act := script(now))), None)


class WatchedLedger(MemoryLedger):
    """A ledger that can be late to answer, or fail, and remembers what it was asked.

    *before_begin* runs in a thread of its own; what it raises is what beginning raises.
    """

    def __init__(self, people: MemorySubscribers) -> None:
        super().__init__(people)
        self.before_begin: Callable[[Delivery], None] | None = None
        self.renewals = 0
        self.flushes = 0

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        if self.before_begin is None:
            return super().begin(delivery, now=now)
        answer: Future[bool] = Future()
        Thread(target=self._begin_late, args=(self.before_begin, answer, delivery, now)).start()
        return answer

    def _begin_late(
        self, wait: Callable[[Delivery], None], answer: Future[bool], delivery: Delivery, now: datetime
    ) -> None:
        try:
            wait(delivery)
            answer.set_result(super().begin(delivery, now=now).result())
        except TemporaryFailure as error:
            answer.set_exception(error)

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        self.renewals += 1
        super().renew(now=now, lease=lease)

    def flush(self) -> None:
        self.flushes += 1


@dataclass(kw_only=True)
class Mailing:
    """One frozen newsletter for *people*, its ledger, and what a channel is opened with."""

    people: int = 3
    domain: str = "example.com"
    message: Message = MESSAGE
    give_up: timedelta | None = None
    stopping: Callable[[], bool] = lambda: False
    lease: timedelta = timedelta(minutes=2)
    clock: MovingClock = field(default_factory=MovingClock)
    meters: MemoryMeters = field(default_factory=MemoryMeters)
    ledger: WatchedLedger = field(init=False)
    channel: Channel | None = None

    def __post_init__(self) -> None:
        crowd = [
            Subscriber(
                id=f"{n:032x}",
                email=f"reader{n}@{self.domain}",
                status=SubscriberStatus.CONFIRMED,
                language="en",
            )
            for n in range(1, self.people + 1)
        ]
        self.ledger = WatchedLedger(MemorySubscribers(crowd))
        give_up = self.clock() + self.give_up if self.give_up else None
        frozen = Frozen(slug=SLUG, channel="email", hash="h", messages={"en": self.message}, give_up=give_up)
        self.ledger.freeze(frozen, Audience())

    def open(self, options: Options, **times: Any) -> Channel:
        desk = replace(plain_desk(self.clock), meters=self.meters, stopping=self.stopping)
        self.channel = Channel(options, desk=desk, lease=self.lease, **times)
        return self.channel

    def feed(self) -> Generator[Delivery, None, None]:
        taken = iter(self._take())
        try:
            while (delivery := next(taken, None)) or (delivery := next(taken := iter(self._take()), None)):
                yield delivery
        finally:
            self.ledger.release(list(taken))

    def _take(self) -> Sequence[Delivery]:
        return self.ledger.take("email", limit=20, now=self.clock(), lease=self.lease)

    def send(self, server: SmtpServer, **changes: Any) -> None:
        """Send what is due through *server*, with one channel for all calls that change nothing."""
        times = {name: changes.pop(name) for name in ("final_timeout", "grace") if name in changes}
        if self.channel is None or changes or times:
            self.open(reaching(server, **changes), **times)
        assert self.channel
        self.through(self.channel)

    def through(self, channel: Channel) -> None:
        """Send what is due, and give back what the channel left."""
        feed = self.feed()
        try:
            channel.deliver_all(feed, self.ledger)
        finally:
            feed.close()

    def send_until_done(self, server: SmtpServer, *, rounds: int = 20, **changes: Any) -> int:
        """Send, and again when what was deferred is due; return how often."""
        for count in range(1, rounds + 1):
            self.send(server, **(changes if count == 1 else {}))
            if self.ledger.tally(SLUG).is_done:
                return count
            self.clock.by += timedelta(hours=5)
        raise AssertionError(f"not done after {rounds} rounds: {self.states}")

    @property
    def states(self) -> dict[str, int]:
        return {state.value: count for state, count in self.ledger.tally(SLUG).counts.items()}

    def key(self, address: str) -> str:
        """The key of the delivery to *address*."""
        found = self.ledger.undelivered(SLUG, list(State))
        return next(one.key for one in found if one.to and one.to.email == address)

    def factor(self, name: str) -> float:
        """How much of its rate the limit called *name* uses."""

        def look(meter: Meter | None) -> tuple[Meter, float]:
            assert meter
            return meter, meter.factor

        return self.meters.change(name, look)

    def reasons(self, state: State) -> list[str]:
        return [one.reason for one in self.ledger.undelivered(SLUG, [state])]

    def outcomes(self) -> dict[str, tuple[State, Outcome | None]]:
        """The state of each reader's delivery, by address."""
        return {
            one.to.email: (one.state, self.ledger.outcome(one.key))
            for one in self.ledger.undelivered(SLUG, list(State))
            if one.to
        }

    def check(self, server: SmtpServer) -> None:
        """Invariants I1 to I4 of a mailing that has ended or stands still, and that no mail came torn."""
        found = self.outcomes()
        arrived = Counter(mail.recipient for mail in server.taken)
        assert len(found) == self.people
        assert {state for state, _ in found.values()}.isdisjoint({State.TAKEN, State.SENDING})
        assert max(arrived.values(), default=0) <= 1
        assert max(server.counts.values(), default=0) <= 1
        assert "" not in server.counts
        for address, (state, outcome) in found.items():
            if state is State.SENT:
                assert arrived[address] == 1
            if arrived[address]:
                assert state in (State.SENT, State.UNKNOWN)
            if state in (State.DEFERRED, State.FAILED, State.UNKNOWN):
                assert outcome is not None
                assert outcome.reason
        assert all(mail.content.endswith(b"--\r\n") for mail in server.taken)


def wait_for(event: Event) -> None:
    assert event.wait(10)


def reaching(server: SmtpServer, **changes: Any) -> Options:
    fields: dict[str, Any] = {"host": server.host, "port": server.port, "security": "none"}
    return Options(**(fields | {"ehlo": "test.example", "connections": 1, "timeout": 5.0} | changes))
