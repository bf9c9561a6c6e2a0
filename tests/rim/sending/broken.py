"""Ledgers that are wrong on purpose, for the harness to find out, and connections with less patience."""

from concurrent.futures import Future
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import Pool
from tests.rim.sending.parts import LedgerKind, true_ledger

from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.ports import Pledge
from vesicle.queue.randomness import random_number
from vesicle.store.database import Database
from vesicle.store.ledger import SqlLedger


class NoIntent(SqlLedger):
    """Writes nothing down before the point of no return."""

    def begin(self, delivery: Delivery, *, now: datetime) -> Pledge:
        """Say yes and write nothing."""
        answer: Future[bool] = Future()
        answer.set_result(True)
        return answer


class TooSoon(SqlLedger):
    """Writes `sent` before the reply, as the intent."""

    def begin(self, delivery: Delivery, *, now: datetime) -> Pledge:
        """Write the intent and the outcome both."""
        answer = super().begin(delivery, now=now)
        if answer.result():
            self.end(delivery, Outcome(state=State.SENT, at=now))
            self.flush()
        return answer


def _not_synced(database: Database) -> SqlLedger:
    """Give a ledger whose commits do not wait for the disk, for the rest of this process."""
    event.listen(Pool, "checkout", _let_go)
    return true_ledger(database)


def impatient(seconds: float) -> None:
    """Let every connection of this process wait no longer than that for a locked database."""

    def limit(connection: DBAPIConnection, *_: object) -> None:
        connection.cursor().execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    event.listen(Pool, "checkout", limit)


def _let_go(connection: DBAPIConnection, *_: object) -> None:
    connection.cursor().execute("PRAGMA synchronous = NORMAL")


def ledger(name: str) -> LedgerKind:
    """Give the ledger called *name*; the true one for an empty name."""
    return {
        "no-intent": lambda database: NoIntent(database, random_token=random_number),
        "too-soon": lambda database: TooSoon(database, random_token=random_number),
        "not-synced": _not_synced,
        "": true_ledger,
    }[name]
