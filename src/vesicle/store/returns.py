"""What came back, and what it did, in a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import State
from vesicle.model.event import Effect, Event, EventType, Noted
from vesicle.model.rates import Rates
from vesicle.model.subscriber import Consent, ConsentEvent, SubscriberStatus, SuppressionReason
from vesicle.ports import Rule
from vesicle.store import rates
from vesicle.store.database import Database
from vesicle.store.origins import Found, Origins
from vesicle.store.refused import refusals
from vesicle.store.subscribers.consent_log import log_consent
from vesicle.store.tables import deliveries, events, frozen, subscribers, suppressions

SOFT_WITHIN = timedelta(days=30)
"""How old an issue may be that counts for a row of bounces."""

_KEPT = frozenset({EventType.BOUNCED, EventType.COMPLAINED, EventType.UNSUBSCRIBED, EventType.REJECTED})
# What shows that a mail left us, whatever became of it.
_ARRIVED = _KEPT | {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED}
_WENT_OUT = (State.SENT, State.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What an effect does: the status, the statuses that are milder, and why it is suppressed, if it is."""

    status: SubscriberStatus
    over: tuple[SubscriberStatus, ...]
    reason: SuppressionReason | None = None


_ON_THE_LIST = (SubscriberStatus.PENDING, SubscriberStatus.CONFIRMED)
_CHANGES = {
    Effect.LEFT: _Change(status=SubscriberStatus.UNSUBSCRIBED, over=_ON_THE_LIST),
    Effect.BOUNCED: _Change(
        status=SubscriberStatus.BOUNCED,
        over=(*_ON_THE_LIST, SubscriberStatus.UNSUBSCRIBED),
        reason=SuppressionReason.BOUNCED,
    ),
    Effect.COMPLAINED: _Change(
        status=SubscriberStatus.COMPLAINED,
        over=(*_ON_THE_LIST, SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.BOUNCED),
        reason=SuppressionReason.COMPLAINED,
    ),
}


class SqlReturns:
    """A `ports.Returns` in a database that is bound to *key*; an issue is held beyond *most*."""

    def __init__(self, database: Database, *, key: bytes, most: Rates) -> None:
        self._database = database
        self._origins = Origins(key)
        self._most = most

    def take(self, events: Sequence[Event], rule: Rule, *, is_signed: bool, now: datetime) -> Sequence[Noted]:
        """Note *events*, each once, and do what *rule* says; tell what became of each."""
        with self._database.writing() as connection:
            about = [(event, self._origins.find(connection, event, is_signed=is_signed)) for event in events]
            return self._note_all(connection, about, rule, now)

    def take_refusals(self, rule: Rule, *, now: datetime) -> int:
        """Do the same with the deliveries that failed since the last time; give how many there were."""
        count = 0
        while found := self._take_some(rule, now):
            count += found
        return count

    def _take_some(self, rule: Rule, now: datetime) -> int:
        with self._database.reading() as connection:
            if not refusals(connection, limit=1):
                return 0
        with self._database.writing() as connection:
            return len(self._note_all(connection, refusals(connection), rule, now))

    def _note_all(
        self, connection: Connection, about: Sequence[tuple[Event, Found | None]], rule: Rule, now: datetime
    ) -> list[Noted]:
        noted = [_note(connection, event, found, rule, now) for event, found in about]
        rates.hold_beyond(connection, self._most, _issues(noted, about))
        return noted


def _issues(noted: Iterable[Noted], about: Iterable[tuple[Event, Found | None]]) -> set[int]:
    """Give what was frozen of which anything new came back."""
    pairs = zip(noted, about, strict=True)
    return {found.frozen_id for one, (_, found) in pairs if one.is_new and found and found.frozen_id}


def _note(connection: Connection, event: Event, found: Found | None, rule: Rule, now: datetime) -> Noted:
    if found is None:
        return Noted(event=event)
    _settle_unknown(connection, event, found)
    if event.type not in _KEPT:
        return Noted(event=event, is_matched=True)
    if not _is_new(connection, event, found, now):
        return Noted(event=event, is_matched=True)
    decided = rule(event, _bounces_in_a_row(connection, event, found, now))
    changed = decided in _CHANGES and _carry_out(connection, event, found, _CHANGES[decided], now)
    return Noted(event=event, is_new=True, is_matched=True, effect=decided if changed else Effect.NONE)


def _is_new(connection: Connection, event: Event, found: Found, now: datetime) -> bool:
    row = insert(events).values(
        name=_name(event),
        type=event.type,
        source=event.source,
        # Nobody can tell us of tomorrow.
        at=min(event.at or now, now),
        frozen_id=found.frozen_id,
        subscriber_id=found.person.id,
        is_permanent=event.is_permanent,
        code=event.code,
        reason=event.reason,
    )
    return connection.execute(row.on_conflict_do_nothing()).rowcount == 1


def _name(event: Event) -> bytes:
    return sha256(f"{event.source}\0{event.id}".encode("utf-8", "surrogatepass")).digest()[:16]


def _settle_unknown(connection: Connection, event: Event, found: Found) -> None:
    """Call a delivery sent of which nobody knew: what comes back has been there."""
    if event.type in _ARRIVED and found.frozen_id is not None:
        lost = (
            update(deliveries)
            .where(deliveries.c.frozen_id == found.frozen_id, deliveries.c.subscriber_id == found.person.id)
            .where(deliveries.c.state == State.UNKNOWN)
        )
        connection.execute(lost.values(state=State.SENT, lease=None, reason=None))


def _bounces_in_a_row(connection: Connection, event: Event, found: Found, now: datetime) -> int:
    if event.type is not EventType.BOUNCED or event.is_permanent or found.frozen_id is None:
        return 0
    issues = _issues_of(connection, found.person.id, now)
    return _in_a_row(issues, found.frozen_id)


def _issues_of(connection: Connection, subscriber_id: int, now: datetime) -> list[tuple[int, bool]]:
    """Give the issues of late that went out to somebody, in their order, each with whether it bounced."""
    bounced = (
        select(func.count())
        .where(events.c.subscriber_id == subscriber_id, events.c.frozen_id == frozen.c.id)
        .where(events.c.type == EventType.BOUNCED)
        .scalar_subquery()
    )
    state = (
        select(deliveries.c.state)
        .where(deliveries.c.frozen_id == frozen.c.id, deliveries.c.subscriber_id == subscriber_id)
        .scalar_subquery()
    )
    issues = (
        select(frozen.c.id, bounced.label("bounced"), state.label("state"))
        .where(frozen.c.series != "", frozen.c.at > now - SOFT_WITHIN)
        .order_by(frozen.c.at, frozen.c.id)
    )
    rows = connection.execute(issues).all()
    return [(row.id, bool(row.bounced)) for row in rows if row.bounced or row.state in _WENT_OUT]


def _in_a_row(issues: Sequence[tuple[int, bool]], frozen_id: int) -> int:
    """Count the issues in a row that bounced, with *frozen_id* among them: reports come in any order."""
    for has_bounced, row in groupby(issues, key=lambda issue: issue[1]):
        numbers = [number for number, _ in row]
        if has_bounced and frozen_id in numbers:
            return len(numbers)
    return 0


def _carry_out(connection: Connection, event: Event, found: Found, change: _Change, now: datetime) -> bool:
    """Do what an effect does; tell whether it did anything. A status never becomes milder."""
    person = found.person
    milder = (
        update(subscribers)
        .where(subscribers.c.id == person.id, subscribers.c.status.in_(change.over))
        .values(status=change.status, settled=subscribers.c.asked)
    )
    is_changed = connection.execute(milder).rowcount == 1
    if is_changed and change.status is not SubscriberStatus.BOUNCED:
        source = f"{event.type} {event.source}"
        log_consent(connection, person.id, Consent(event=ConsentEvent.WITHDRAWN, at=now, source=source))
    if change.reason is None:
        return is_changed
    row = insert(suppressions).values(hash=person.hash, reason=change.reason, at=now)
    return connection.execute(row.on_conflict_do_nothing()).rowcount == 1 or is_changed
