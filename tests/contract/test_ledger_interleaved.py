"""Any interleaving of takes, begins, ends, expiries and departures, on the database and its double."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, invariant, multiple, rule

from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.store.database import open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.ledger import SqlLedger
from vesicle.store.subscribers import SqlSubscribers
from vesicle.testing.memory import MemoryLedger, MemorySubscribers

LEASE = timedelta(minutes=10)
ISSUE = Frozen(
    slug="issue",
    channel="email",
    hash="h",
    messages={"en": Message(channel="email", slug="issue", lang="en", text="Nine donors.")},
)
PEOPLE = [
    Subscriber(
        id=f"{number:032x}",
        email=f"{number}@example.org",
        status=SubscriberStatus.CONFIRMED,
        language="en",
    )
    for number in range(5)
]
AGREED = Consent(event=ConsentEvent.IMPORTED, at=datetime(2026, 1, 1, tzinfo=UTC), source="people.csv")
Pair = tuple[Delivery, Delivery]
"""One delivery as the database and as the double gave it."""


def name(delivery: Delivery) -> tuple[str, str, int]:
    return delivery.key, delivery.token, delivery.attempts


class Interleaved(RuleBasedStateMachine):
    """Honest channels that may be slow, die, or take at the same time.

    *accepted* counts how often a mail server took each message, *begun* tells for each begun take whether
    it did.
    """

    hands = Bundle("hands")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = open_database(str(Path(self.folder.name, "vesicle.db")))
        self.people = SqlSubscribers(self.database, key=bytes(32))
        for person in PEOPLE:
            self.people.add([(person, AGREED)])
        self.people_double = MemorySubscribers(PEOPLE)
        tokens = count(1)
        self.ledger = SqlLedger(self.database, random_token=lambda: next(tokens))
        self.double = MemoryLedger(self.people_double)
        self.ledger.freeze(ISSUE, Audience())
        self.double.freeze(ISSUE, Audience())
        self.now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
        self.left: set[str] = set()
        self.until = self.now
        self.held: set[tuple[str, str, int]] = set()
        self.begun: dict[tuple[str, str, int], bool] = {}
        self.accepted: Counter[str] = Counter()
        self.sent = 0

    def teardown(self) -> None:
        """Let everything left go its way: then nobody is lost and nobody got two."""
        try:
            for _ in range(3):
                self.now += timedelta(hours=2)
                for pair in self._take(len(PEOPLE)):
                    self.begin(pair, is_accepted=True)
                    self.end(pair, choice=0)
            self.agree_and_lose_nobody()
            assert self.ledger.tally("issue").is_done
        finally:
            self.ledger.close()
            self.database.close()
            self.folder.cleanup()

    @rule(target=hands, limit=st.integers(0, 6))
    def take(self, limit: int) -> MultipleResults[Pair]:
        return multiple(*self._take(limit))

    @rule(pair=hands, is_accepted=st.booleans())
    def begin(self, pair: Pair, is_accepted: bool) -> None:
        ours, theirs = pair
        may_send = self.ledger.begin(ours, now=self.now).result()
        assert may_send == self.double.begin(theirs, now=self.now).result()
        if may_send:
            assert name(ours) in self.held
            assert self.until > self.now
            self.begun[name(ours)] = is_accepted
            self.accepted[ours.key] += is_accepted

    @rule(pair=hands, choice=st.integers(0, 2))
    def end(self, pair: Pair, choice: int) -> None:
        ours, theirs = pair
        state = self._honest(ours)[choice]
        retry_at = self.now + timedelta(minutes=7) if choice == 0 else None
        outcome = Outcome(state=state, at=self.now, retry_at=retry_at)
        self.ledger.end(ours, outcome)
        self.double.end(theirs, outcome)
        self.held.discard(name(ours))

    @rule(pair=hands)
    def release(self, pair: Pair) -> None:
        ours, theirs = pair
        self.ledger.release([ours])
        self.double.release([theirs])
        if name(ours) not in self.begun:
            self.held.discard(name(ours))

    @rule()
    def renew(self) -> None:
        self.ledger.renew(now=self.now, lease=LEASE)
        self.double.renew(now=self.now, lease=LEASE)
        if self.until > self.now:
            self.until = self.now + LEASE

    @rule()
    def hold_and_resume(self) -> None:
        self.ledger.hold("issue")
        assert self.ledger.take("email", limit=5, now=self.now, lease=LEASE) == []
        SqlDeliveries(self.database).resume("issue", now=self.now)
        self.double.take("email", limit=0, now=self.now, lease=LEASE)
        self.until = self.now + LEASE if self.until > self.now else self._lost()

    @rule(minutes=st.sampled_from([1, 5, 10, 30]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: Subscriber) -> None:
        for people in (self.people, self.people_double):
            people.set_status(person.id, SubscriberStatus.UNSUBSCRIBED, AGREED)
        self.left.add(person.id)

    @invariant()
    def agree_and_lose_nobody(self) -> None:
        self.ledger.flush()
        tally, double = self.ledger.tally("issue"), self.double.tally("issue")
        assert {state: tally[state] for state in State} == {state: double[state] for state in State}
        assert tally.total == len(PEOPLE)
        assert tally[State.SENT] >= self.sent
        self.sent = tally[State.SENT]

    @invariant()
    def nobody_gets_two(self) -> None:
        assert all(times <= 1 for times in self.accepted.values())

    def _take(self, limit: int) -> Sequence[Pair]:
        ours = self.ledger.take("email", limit=limit, now=self.now, lease=LEASE)
        theirs = self.double.take("email", limit=limit, now=self.now, lease=LEASE)
        assert [(one.key, one.attempts) for one in ours] == [(one.key, one.attempts) for one in theirs]
        self.until = self.now + LEASE if self.until > self.now else self._lost()
        for delivery in ours:
            assert delivery.to
            assert delivery.to.id not in self.left
            assert delivery.key not in {key for key, _, _ in self.held}
            self.held.add(name(delivery))
        return list(zip(ours, theirs, strict=True))

    def _lost(self) -> datetime:
        """Remember that the lease had run out, and give the end of the new one."""
        self.held.clear()
        return self.now + LEASE

    def _honest(self, delivery: Delivery) -> tuple[State, State, State]:
        """Give what a channel may truly say of a delivery."""
        match self.begun.get(name(delivery)):
            case True:
                return State.SENT, State.SENT, State.UNKNOWN
            case False:
                return State.DEFERRED, State.FAILED, State.UNKNOWN
        return State.DEFERRED, State.DEFERRED, State.FAILED


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
