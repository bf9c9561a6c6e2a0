"""Deliveries that failed while they were sent, as events. In the transaction of whoever asks."""

from datetime import timedelta

from sqlalchemy import Connection, func, select

from vesicle.model.delivery import REHEARSAL, State
from vesicle.model.event import Event
from vesicle.store.columns import AnyRow
from vesicle.store.identity import delivery_key
from vesicle.store.origins import Found
from vesicle.store.subscribers.rows import subscriber
from vesicle.store.tables import deliveries, events, frozen, subscribers
from vesicle.text.refusals import SOURCE, refusal

AT_ONCE = 200

_LATE = timedelta(hours=1)
"""How much later than others a failure may be written down that came before them."""


def refusals(connection: Connection, *, limit: int = AT_ONCE) -> list[tuple[Event, Found]]:
    """Give failed deliveries that are no events yet, the oldest first, of people who are still there.

    They are looked for from an hour before the latest known on: of those before, all are known.
    """
    known = (
        select(events.c.id)
        .where(events.c.subscriber_id == deliveries.c.subscriber_id)
        .where(events.c.frozen_id == deliveries.c.frozen_id, events.c.source == SOURCE)
    )
    latest = select(func.max(events.c.at)).where(events.c.source == SOURCE)
    since = connection.execute(latest).scalar_one_or_none()
    rows = (
        select(subscribers, deliveries.c.at.label("failed"), deliveries.c.reason.label("why"))
        .add_columns(frozen.c.id.label("frozen_id"), frozen.c.slug, frozen.c.channel)
        .select_from(deliveries)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .join(frozen, frozen.c.id == deliveries.c.frozen_id)
        .where(deliveries.c.state == State.FAILED, ~known.exists())
        .where(~frozen.c.slug.startswith(f"{REHEARSAL}/"))
        .order_by(deliveries.c.at)
        .limit(limit)
    )
    if since is not None:
        rows = rows.where(deliveries.c.at >= since - _LATE)
    return [_refusal(row) for row in connection.execute(rows)]


def _refusal(row: AnyRow) -> tuple[Event, Found]:
    told = refusal(row.why or "")
    event = Event(
        id=delivery_key(row.slug, row.channel, subscriber(row)),
        type=told.type,
        source=SOURCE,
        at=row.failed,
        recipient=row.email,
        is_permanent=told.is_permanent,
        code=told.code,
        reason=row.why or "",
    )
    return event, Found(person=row, frozen_id=row.frozen_id)
