"""A list of people, issues that were sent to them, and what comes back, in a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from vesicle.deliver.email import verp
from vesicle.model.delivery import Frozen, Outcome, State
from vesicle.model.event import Effect, Event, EventType, Noted
from vesicle.model.message import Message
from vesicle.model.rates import Rates
from vesicle.model.subscriber import (
    Audience,
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from vesicle.pipeline.returned import effect
from vesicle.store.database import open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.returns import SqlReturns
from vesicle.store.subscribers import SqlSubscribers

KEY = b"k" * 32
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CONSENT = Consent(event=ConsentEvent.CONFIRMED, at=NOW, source="a form")
BOUNCE = Event(id="1", type=EventType.BOUNCED, source="mail", recipient="x@y.example")
HARD = replace(BOUNCE, is_permanent=True, code="5.1.1", reason="no such user")
COMPLAINT = replace(BOUNCE, type=EventType.COMPLAINED)
LEAVES = replace(BOUNCE, type=EventType.UNSUBSCRIBED)
LEASE = timedelta(minutes=1)


class Site:
    """A list of people, issues that were sent to them, and what comes back."""

    def __init__(self, folder: Path, *, people: int = 3, most: Rates | None = None) -> None:
        self.database = open_database(str(folder / "vesicle.db"))
        bind_key(self.database, KEY)
        tokens = count(1)
        self.subscribers = SqlSubscribers(self.database, key=KEY)
        self.ledger = SqlLedger(self.database, random_token=lambda: next(tokens))
        self.deliveries = SqlDeliveries(self.database)
        self.returns = SqlReturns(self.database, key=KEY, most=most or Rates())
        self.people = [person(number) for number in range(people)]
        self.subscribers.add([(one, CONSENT) for one in self.people])

    def close(self) -> None:
        self.ledger.close()
        self.database.close()

    def send(
        self, slug: str, *, at: datetime = NOW, state: State = State.SENT, reason: str = "", series: str = "a"
    ) -> None:
        """Freeze the issue *slug* at a moment, and end every delivery of it in one way."""
        text = Message(channel="email", slug=slug, lang="en", text="Hello")
        frozen = Frozen(slug=slug, channel="email", hash=slug, messages={"en": text}, series=series, at=at)
        self.ledger.freeze(frozen, Audience())
        for one in self.ledger.take("email", limit=10_000, now=at, lease=LEASE):
            assert self.ledger.begin(one, now=at).result()
            self.ledger.end(one, Outcome(state=state, at=at, reason=reason))
        self.ledger.flush()

    def about(self, event: Event, slug: str, *, person: int = 0) -> Event:
        """Give *event* with the token of the delivery of *slug* to one of the people."""
        token = verp.make(KEY, verp.BOUNCE, slug=slug, person_id=self.people[person].id)
        return replace(event, id=f"{event.type} {slug} {person}", token=token)

    def take(self, *events: Event, is_signed: bool = False, now: datetime = NOW) -> list[Effect]:
        return [one.effect for one in self.noted(*events, is_signed=is_signed, now=now)]

    def noted(self, *events: Event, is_signed: bool = False, now: datetime = NOW) -> list[Noted]:
        return list(self.returns.take(events, effect, is_signed=is_signed, now=now))

    def status(self, number: int = 0) -> SubscriberStatus:
        found = self.subscribers.with_id(self.people[number].id)
        assert found
        return found.status

    def suppression(self, number: int = 0) -> SuppressionReason | None:
        return self.subscribers.suppression(self.people[number].email)

    def count(self) -> int:
        with self.database.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one())


def person(number: int) -> Subscriber:
    return Subscriber(
        id=f"{number:032x}",
        email=f"reader{number}@x.example",
        status=SubscriberStatus.CONFIRMED,
        language="en",
    )
