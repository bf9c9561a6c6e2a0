"""Our own sender, as `vesicle send` runs it, and the same without its ledger."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from typing import Any

from sending.apart import apart
from sending.loopback import HOST
from sending.work import KEY, Job, Meter, Spent, deliveries, desk, issue, message, person
from vesicle.deliver.email import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Gate, Outcome, State, Tally
from vesicle.model.issue import ApprovalRule
from vesicle.model.subscriber import Audience, Consent, ConsentEvent
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import EMAIL, Dispatch, freeze, send_due
from vesicle.queue.clock import now
from vesicle.queue.randomness import random_number
from vesicle.store.database import Database, open_database
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.ledger import SqlLedger

DATABASE = "vesicle.db"
LEDGER_TABLES = ("deliveries", "receipts", "leases")
ADDED_AT_ONCE = 5000


def add_people(job: Job) -> dict[str, int]:
    """Make a database with *job*'s count of readers in its folder."""
    with opened(f"{job.folder}/{DATABASE}") as database:
        people = import_module("vesicle.store.subscribers").SqlSubscribers(database, key=KEY)
        consent = Consent(event=ConsentEvent.CONFIRMED, at=now(), source="measuring")
        readers = map(person, range(job.count))
        while some := [(one, consent) for one in islice(readers, ADDED_AT_ONCE)]:
            people.add(some)
    return {"people": job.count}


@contextmanager
def opened(path: str) -> Iterator[Database]:
    """Open the database at *path*, bound to our key."""
    database = open_database(path)
    try:
        import_module("vesicle.store.key").bind_key(database, KEY)
        yield database
    finally:
        database.close()


@contextmanager
def sending(job: Job) -> Iterator[tuple[Database, Dispatch, SqlLedger]]:
    """Give what sends the issue from the database in the job's folder, with the ledger open."""
    with opened(f"{job.folder}/{DATABASE}") as database:
        ledger = SqlLedger(database, random_token=random_number)
        try:
            yield database, Dispatch(ledger=ledger, channels={EMAIL: channel(job)}, clock=now), ledger
        finally:
            ledger.close()


def channel(job: Job) -> Channel:
    """Open our channel to the sink."""
    options: dict[str, Any] = {
        "host": HOST,
        "port": job.port,
        "security": "none",
        "connections": job.connections,
    }
    return Channel(Options(**options), desk=desk(job.folder))


def ready(*, small: bool) -> Prepared:
    """Give the issue as it is when its files are read and nobody need approve it."""
    found, series, _ = issue()
    return Prepared(
        issue=found,
        newsletter=replace(series, approval=ApprovalRule.AUTOMATIC),
        mails=(message(small=small),),
        posts=(),
        problems=(),
    )


def send(job: Job, dispatch: Dispatch) -> Tally:
    """Freeze the issue, where it is not, and deliver it; give what became of it."""
    (report,) = send_due([issue()[0]], lambda _: ready(small=job.small), dispatch)
    if report.held or report.tally is None or not report.tally.is_done:
        raise SystemExit(f"our own sender stopped: {report}"[:190])
    return report.tally


def with_ledger(job: Job) -> Spent:
    """Send as `vesicle send` does, from the freeze to the last commit."""
    message(small=job.small)
    with sending(job) as (_, dispatch, ledger):
        with Meter() as meter:
            tally = send(job, dispatch)
            ledger.flush()
        return meter.spent(tally[State.SENT])


def without_ledger(job: Job) -> Spent:
    """Send by the same channel with nothing written down: what the ledger costs is the difference."""
    ledger = Nothing(message(small=job.small).slug, job.count)
    sender = channel(job)
    with Meter() as meter:
        sender.deliver_all(deliveries(job), ledger)
    return meter.spent(ledger.sent)


class Nothing:
    """A ledger that writes nothing down and lets everything pass; it counts what was sent."""

    def __init__(self, slug: str, count: int) -> None:
        self._slug = slug
        self._count = count
        self._sent: list[None] = []

    @property
    def sent(self) -> int:
        """Count what was sent."""
        return len(self._sent)

    def freeze(self, frozen: Frozen, audience: Audience | None, *, posts: Iterable[Frozen] = ()) -> int:
        """Do nothing."""
        return self._count

    def take(
        self,
        channel: str,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        of: Collection[str] | None = None,
    ) -> Sequence[Delivery]:
        """Give nothing: what is owed comes by another way."""
        return ()

    def may_be_due(self, channel: str, *, of: Collection[str]) -> bool:
        """Owe nothing."""
        return False

    def renew(self, *, now: datetime, lease: timedelta) -> None:
        """Do nothing."""

    def begin(self, delivery: Delivery, *, now: datetime) -> "Future[bool]":
        """Let it pass at once."""
        done: Future[bool] = Future()
        done.set_result(True)
        return done

    def note(self, delivery: Delivery, text: str) -> None:
        """Do nothing."""

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Count it; to append is one step, so that threads need no lock."""
        if outcome.state is State.SENT:
            self._sent.append(None)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def recover(self, *, now: datetime) -> None:
        """Do nothing."""

    def hold(self, slug: str, why: str = "") -> None:
        """Do nothing."""

    def frozen(self, slug: str) -> Frozen | None:
        """Know of nothing."""
        return None

    def is_frozen(self, slug: str) -> bool:
        """Know of nothing."""
        return False

    def last(self, slug: str) -> datetime | None:
        """Know of nothing."""
        return None

    def owed(self, slug: str) -> Collection[str]:
        """Owe nothing."""
        return ()

    def late(self, slug: str, *, before: datetime) -> int:
        """Count nobody."""
        return 0

    def tally(self, slug: str) -> Tally:
        """Count what was sent."""
        return Tally(counts={State.SENT: self.sent})

    def why(self, slug: str) -> str:
        """Give nothing: nothing is held."""
        return ""

    def gate(self, slug: str) -> Gate:
        """Keep nothing back."""
        return Gate.OPEN


def at_scale(job: Job) -> dict[str, object]:
    """Send, and tell what the ledger takes when all are owed, when all are sent, and when it is compacted."""
    sizes = {}
    message(small=job.small)
    with sending(job) as (database, dispatch, ledger):
        with Meter() as freezing:
            freeze(ready(small=job.small), dispatch)
        sizes["owed_bytes"] = _size(job)
        with Meter() as meter:
            tally = send(job, dispatch)
            ledger.flush()
        sizes["sent_bytes"] = _size(job)
        SqlDeliveries(database).compact(message(small=job.small).slug)
        sizes["compacted_bytes"] = _size(job)
    return {
        "sent": tally[State.SENT],
        "wall": freezing.wall + meter.wall,
        "cpu": freezing.cpu + meter.cpu,
        "peak_mib": max(freezing.peak_mib, meter.peak_mib),
        **sizes,
    }


def _size(job: Job) -> float:
    # In another process: two SQLite libraries in one undo each other's locks (howtocorrupt.html, 2.2.1).
    said = apart("ours.ledger_size", job)
    if isinstance(said, str):
        raise SystemExit(f"the size of the ledger: {said}")
    return float(said["bytes"]) / job.count


def ledger_size(job: Job) -> dict[str, int]:
    """Give the bytes of the ledger's tables and their indexes, in whole pages.

    By Python's own SQLite, which has `dbstat` in most builds; that of our package has not.
    """
    names = ", ".join(f"'{name}'" for name in LEDGER_TABLES)
    belongs = f"name IN (SELECT name FROM sqlite_schema WHERE tbl_name IN ({names}))"
    database = sqlite3.connect(f"file:{job.folder}/{DATABASE}?mode=ro", uri=True)
    (size,) = database.execute(f"SELECT sum(pgsize) FROM dbstat WHERE {belongs}").fetchone()
    database.close()
    return {"bytes": size}
