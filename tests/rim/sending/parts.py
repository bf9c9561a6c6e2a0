"""The real parts that a send is made of, put together in one place for the workers and the tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import randbits

from vesicle.store.keys import bind_key

from vesicle.deliver.email import Channel, Options
from vesicle.model.delivery import Frozen
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message
from vesicle.ports import Clock, Desk, Subscribers, never
from vesicle.store.database import Database, open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.ledger import SqlLedger
from vesicle.store.subscribers import SqlSubscribers

KEY = bytes(range(32))
SLUG = "issue"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MESSAGE = Message(
    channel="email",
    slug=SLUG,
    lang="en",
    subject="What nine donors tell",
    text="Nine donors.",
    html="<p>Nine donors.</p>" + "<p>Skin, bone and time.</p>" * 40,
    sender=Mailbox(name="Letter", address="letter@example.org"),
    headers=(("List-Id", "Letter <letter.example.org>"),),
)
ISSUE = Frozen(slug=SLUG, channel="email", hash="h", messages={"en": MESSAGE})

LedgerKind = Callable[[Database], SqlLedger]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One database with its stores open."""

    database: Database
    ledger: SqlLedger
    deliveries: SqlDeliveries
    subscribers: Subscribers

    def close(self) -> None:
        """Write what is left and close."""
        try:
            self.ledger.close()
        finally:
            self.database.close()


def true_ledger(database: Database) -> SqlLedger:
    """Give the ledger that is shipped."""
    return SqlLedger(database, random_token=random_token)


def random_token() -> int:
    """Give a lease's token."""
    return randbits(63)


def open_stores(path: str, ledger: LedgerKind = true_ledger) -> Stores:
    """Open the database at *path* with all its stores, as the program does at its start."""
    database = open_database(path)
    bind_key(database, KEY)
    return Stores(
        database=database,
        ledger=ledger(database),
        deliveries=SqlDeliveries(database),
        subscribers=SqlSubscribers(database, key=KEY),
    )


def email(
    port: int, *, connections: int, folder: str, clock: Clock, stopping: Callable[[], bool] = never
) -> Channel:
    """Give the real e-mail channel to the sink at *port*."""
    desk = Desk(
        name="email",
        folder=folder,
        site_url="https://news.example.org",
        key=KEY,
        clock=clock,
        stopping=stopping,
    )
    options = Options(
        host="127.0.0.1", port=port, security="none", ehlo="sender.example.org", connections=connections
    )
    return Channel(options, desk=desk)


def channels(channel: Channel) -> Mapping[str, Channel]:
    """Give the channels of a site that has e-mail alone."""
    return {"email": channel}
