"""Who is owed an issue, as a condition in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    TableValuedAlias,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)

from vesicle.model.delivery import State
from vesicle.model.subscriber import MONTH, Audience, Frequency, SubscriberStatus
from vesicle.store.tables import deliveries, frozen, subscribers, suppressions

_HAD = (State.PENDING, State.TAKEN, State.SENDING, State.SENT, State.DEFERRED, State.UNKNOWN)


def belongs(audience: Audience) -> ColumnElement[bool]:
    """Give the condition on `subscribers` that they are confirmed, not suppressed, and of *audience*.

    It says of topics, language, attributes and day what `Audience.includes` says.
    """
    confirmed = literal(SubscriberStatus.CONFIRMED, subscribers.c.status.type, literal_execute=True)
    suppressed = exists(select(1).where(suppressions.c.hash == subscribers.c.hash))
    conditions = [subscribers.c.status == confirmed, ~suppressed]
    if audience.languages:
        conditions.append(subscribers.c.language.in_(audience.languages))
    if audience.since:
        conditions.append(subscribers.c.since >= audience.since)
    if audience.topics:
        each = _each(subscribers.c.topics, "topic")
        conditions.append(exists(select(1).select_from(each).where(each.c.value.in_(audience.topics))))
    for number, (name, value) in enumerate(audience.attributes.items()):
        each = _each(subscribers.c.attributes, f"attribute_{number}")
        found = select(1).select_from(each).where(each.c.key == name, each.c.value == value)
        conditions.append(exists(found))
    return and_(*conditions)


def owed(audience: Audience, *, series: str, at: datetime | None) -> ColumnElement[bool]:
    """Give the condition that somebody is owed an issue of *series* that is frozen at *at* (UTC)."""
    return belongs(audience) & ~is_paused(at) & or_(wants_each(), ~had_one_lately(series, at))


def is_paused(at: datetime | None) -> ColumnElement[bool]:
    """Give the condition that a person wants no newsletter at *at*; without it, that they named any day."""
    until = subscribers.c.paused_until
    return until.is_not(None) & (until > at.date()) if at else until.is_not(None)


def wants_each() -> ColumnElement[bool]:
    """Give the condition that a person wants each issue."""
    return subscribers.c.frequency == Frequency.EVERY


def had_one_lately(series: str, at: datetime | None) -> ColumnElement[bool]:
    """Give the condition that a person was owed an issue of *series* in the four weeks before *at*."""
    if not series or at is None:
        return false()
    before = (
        select(1)
        .join(frozen, frozen.c.id == deliveries.c.frozen_id)
        .where(deliveries.c.subscriber_id == subscribers.c.id, deliveries.c.state.in_(_HAD))
        .where(frozen.c.series == series, frozen.c.at > at - MONTH)
    )
    return exists(before)


def _each(values: Column[Any], name: str) -> TableValuedAlias:
    return func.json_each(values).table_valued("key", "value", name=name)
