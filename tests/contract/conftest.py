"""Every implementation of the stores: each contract test runs on all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from vesicle.model.delivery import State
from vesicle.model.paper import Paper
from vesicle.model.subscriber import Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.ports import Deliveries, Inbox, Ledger, Meters, Posts, Readers, Slots, Subscribers, Words
from vesicle.store.database import Database, open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.inbox import SqlInbox
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.meters import SqlMeters
from vesicle.store.posts import SqlPosts
from vesicle.store.readers import SqlReaders
from vesicle.store.slots import SqlSlots
from vesicle.store.subscribers import SqlSubscribers
from vesicle.store.words import SqlWords
from vesicle.testing.memory import (
    MemoryInbox,
    MemoryLedger,
    MemoryMeters,
    MemoryPosts,
    MemoryReaders,
    MemorySlots,
    MemorySubscribers,
    MemoryWords,
)

KEY = b"k" * 32
CONSENT = Consent(event=ConsentEvent.CONFIRMED, at=datetime(2026, 11, 1, 9, 0, tzinfo=UTC), source="a form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One implementation of each store, and how to learn why a delivery ended as it did."""

    subscribers: Subscribers
    ledger: Ledger
    deliveries: Deliveries
    meters: Meters
    inbox: Inbox
    readers: Readers
    slots: Slots
    posts: Posts
    words: Words
    reason: Callable[[str], str]


@pytest.fixture(params=["memory", "sql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "memory":
        yield _in_memory()
        return
    database = open_database(str(tmp_path / "site" / "vesicle.db"))
    found = _in_database(database)
    yield found
    assert isinstance(found.ledger, SqlLedger)
    found.ledger.close()
    database.close()


@pytest.fixture
def subscribers(stores: Stores) -> Subscribers:
    return stores.subscribers


@pytest.fixture
def ledger(stores: Stores) -> Ledger:
    return stores.ledger


@pytest.fixture
def operator(stores: Stores) -> Deliveries:
    return stores.deliveries


@pytest.fixture
def meters(stores: Stores) -> Meters:
    return stores.meters


@pytest.fixture
def inbox(stores: Stores) -> Inbox:
    return stores.inbox


@pytest.fixture
def readers(stores: Stores) -> Readers:
    return stores.readers


@pytest.fixture
def slots(stores: Stores) -> Slots:
    return stores.slots


@pytest.fixture
def posts(stores: Stores) -> Posts:
    return stores.posts


@pytest.fixture
def words(stores: Stores) -> Words:
    return stores.words


@pytest.fixture
def reason(stores: Stores) -> Callable[[str], str]:
    return stores.reason


@pytest.fixture
def people(subscribers: Subscribers) -> list[Subscriber]:
    """Seven people, confirmed and on the list: more than two chunks of the database stores.

    The first three have the topic "first 3", and so on.
    """
    crowd = [
        Subscriber(
            id=f"{number:032x}",
            email=f"person-{number}@example.org",
            status=SubscriberStatus.CONFIRMED,
            language="en",
            name=f"Person {number}",
            topics=tuple(f"first {count}" for count in range(number + 1, 8)),
        )
        for number in range(7)
    ]
    for person in crowd:  # one by one: people who come together are in no order
        subscribers.add([(person, CONSENT)])
    return crowd


def _in_memory() -> Stores:
    people = MemorySubscribers()
    ledger = MemoryLedger(people)

    def reason(key: str) -> str:
        outcome = ledger.outcome(key)
        return outcome.reason if outcome else ""

    return Stores(
        subscribers=people,
        ledger=ledger,
        deliveries=ledger,
        meters=MemoryMeters(),
        inbox=MemoryInbox(),
        readers=MemoryReaders(people, ledger),
        slots=MemorySlots(),
        posts=MemoryPosts(ledger),
        words=MemoryWords(ledger),
        reason=reason,
    )


def _in_database(database: Database) -> Stores:
    tokens = count(1)
    bind_key(database, KEY)

    def reason(key: str) -> str:
        slug = key.partition(":")[0]
        rows = SqlDeliveries(database, chunk=3).undelivered(slug, set(State))
        return next(row.reason for row in rows if row.key == key)

    return Stores(
        subscribers=SqlSubscribers(database, key=KEY, chunk=3),
        ledger=SqlLedger(database, random_token=lambda: next(tokens)),
        deliveries=SqlDeliveries(database, chunk=3),
        meters=SqlMeters(database),
        inbox=SqlInbox(database),
        readers=SqlReaders(database, key=KEY),
        slots=SqlSlots(database),
        posts=SqlPosts(database),
        words=SqlWords(database),
        reason=reason,
    )


def alike(inbox: Inbox, paper: Paper) -> tuple[Paper, ...]:
    """Give what *inbox* has that could belong with one paper."""
    (known,) = inbox.known([paper])
    return known.relatives
