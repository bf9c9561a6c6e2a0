"""A database with people and issues, sent to by hand, for the tests of copies."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from vesicle.model.delivery import Frozen, Outcome, Receipt, State
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Consent, ConsentEvent, Subscriber, SubscriberStatus
from vesicle.store.database import Database, open_database
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.snapshot import back_up
from vesicle.store.subscribers import SqlSubscribers

KEY = bytes(range(32))
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
LEASE = timedelta(minutes=2)
AGREED = Consent(event=ConsentEvent.IMPORTED, at=NOW, source="people.csv")
LEFT = Consent(event=ConsentEvent.WITHDRAWN, at=NOW, source="one click")


def person(number: int) -> Subscriber:
    """One of the people."""
    return Subscriber(
        id=f"{number:032x}",
        email=f"{number}@example.org",
        status=SubscriberStatus.CONFIRMED,
        language="en",
    )


def frozen(slug: str, *, at: datetime = NOW) -> Frozen:
    """An issue, frozen."""
    message = Message(channel="email", slug=slug, lang="en", text="Nine donors.")
    return Frozen(slug=slug, channel="email", hash="h", messages={"en": message}, series="letter", at=at)


class Site:
    """A database in a folder of its own, with *people*, to be sent from."""

    def __init__(self, folder: Path, *, people: int = 0) -> None:
        self.path = folder / "vesicle.db"
        if people:
            with self.opened() as database:
                rows = [(person(number), AGREED) for number in range(people)]
                SqlSubscribers(database, key=KEY).add(rows)

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database, opened as the program does."""
        with closing(open_database(str(self.path))) as database:
            bind_key(database, KEY)
            yield database

    @contextmanager
    def sending(self, *, now: datetime = NOW) -> Iterator[SqlLedger]:
        """A sender's run."""
        with self.opened() as database:
            tokens = count(int(now.timestamp()))
            ledger = SqlLedger(database, random_token=tokens.__next__)
            ledger.recover(now=now)
            yield ledger
            ledger.close()

    def freeze(self, slug: str, *, now: datetime = NOW) -> None:
        """Owe an issue to everybody."""
        with self.sending(now=now) as ledger:
            ledger.freeze(frozen(slug, at=now), Audience())

    def send(self, people: int, *, now: datetime = NOW) -> list[str]:
        """Send to so many, or to all who are left; give their addresses."""
        with self.sending(now=now) as ledger:
            return send(ledger, people, now=now)

    def back_up(self, *, now: datetime = NOW) -> Path:
        """Make a copy, as the command does."""
        target = self.path.parent / "copy.db"
        with self.opened() as database:
            back_up(database, target, now=now)
        return target

    def states(self, slug: str) -> dict[State, int]:
        """How many are in each state."""
        with self.opened() as database:
            ledger = SqlLedger(database, random_token=lambda: 1)
            return dict(ledger.tally(slug).counts)


def send(ledger: SqlLedger, people: int, *, now: datetime = NOW) -> list[str]:
    """Send to so many, or to all who are left; give their addresses."""
    sent: list[str] = []
    for delivery in ledger.take("email", limit=people, now=now, lease=LEASE):
        if ledger.begin(delivery, now=now).result():
            ledger.end(delivery, Outcome(state=State.SENT, at=now, receipt=Receipt(raw="250 kept")))
            sent += [delivery.to.email] if delivery.to else []
    ledger.flush()
    return sent
