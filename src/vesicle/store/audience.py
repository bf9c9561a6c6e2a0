"""Who is owed an issue, as a condition in SQL."""

from typing import Any

from sqlalchemy import Column, ColumnElement, TableValuedAlias, and_, exists, func, literal, select

from vesicle.model.subscriber import Audience, SubscriberStatus
from vesicle.store.tables import subscribers, suppressions


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


def _each(values: Column[Any], name: str) -> TableValuedAlias:
    return func.json_each(values).table_valued("key", "value", name=name)
