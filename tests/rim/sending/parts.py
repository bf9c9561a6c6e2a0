"""The real parts that a send is made of, put together in one place for the workers and the tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from vesicle.deliver.email import Channel, Options
from vesicle.model.issue import Approval
from vesicle.model.message import Message
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import Dispatch
from vesicle.ports import Clock, never
from vesicle.queue.randomness import random_number
from vesicle.store.database import Database, open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.meters import SqlMeters
from vesicle.store.subscribers import SqlSubscribers
from vesicle.testing import nouns
from vesicle.testing.desk import plain_desk

KEY = bytes(range(32))
SLUG = "issue"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LETTER = nouns.newsletter()
MESSAGE = Message(
    channel="email",
    slug=SLUG,
    lang="en",
    subject="What nine donors tell",
    text="Nine donors.",
    html="<p>Nine donors.</p>" + "<p>Skin, bone and time.</p>" * 40,
    sender=LETTER.sender,
    headers=(("List-Id", "Letter <letter.example.org>"),),
)

LedgerKind = Callable[[Database], SqlLedger]


def prepared() -> Prepared:
    """Give the issue, approved as it is."""
    fresh = Prepared(issue=nouns.issue(slug=SLUG), newsletter=LETTER, mails=(MESSAGE,), posts=(), problems=())
    approval = Approval(by="Editor", at=NOW, hash=fresh.hash)
    return replace(fresh, issue=replace(fresh.issue, approval=approval))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One database with its stores open."""

    database: Database
    ledger: SqlLedger
    deliveries: SqlDeliveries
    subscribers: SqlSubscribers

    def dispatch(self, clock: Clock, **more: Any) -> Dispatch:
        """Give what the pipeline sends with."""
        fields: dict[str, Any] = {"ledger": self.ledger, "channels": {}, "clock": clock}
        return Dispatch(**(fields | more))

    def close(self) -> None:
        """Write what is left and close."""
        try:
            self.ledger.close()
        finally:
            self.database.close()


def true_ledger(database: Database) -> SqlLedger:
    """Give the ledger that is shipped."""
    return SqlLedger(database, random_token=random_number)


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
    stores: Stores,
    port: int,
    *,
    connections: int,
    clock: Clock,
    stopping: Callable[[], bool] = never,
    grace: float = 30.0,
) -> Channel:
    """Give the real e-mail channel to the sink at *port*."""
    plain = plain_desk(clock, folder=str(stores.database.path.parent))
    desk = replace(plain, key=KEY, meters=SqlMeters(stores.database), stopping=stopping)
    options = Options(
        host="127.0.0.1", port=port, security="none", ehlo="sender.example.org", connections=connections
    )
    return Channel(options, desk=desk, grace=grace)
