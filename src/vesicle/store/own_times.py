"""When each reader is owed a mail that comes at a time of day of their own zone, as expressions in SQL."""

import json
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, literal, null, select

from vesicle.model.delivery import Frozen, State
from vesicle.schedule.calendar import is_zone, moment
from vesicle.store.columns import ticks
from vesicle.store.tables import deliveries, subscribers


def own_times(connection: Connection, new: Frozen) -> tuple[ColumnElement[State], ColumnElement[int]]:
    """Give state and `retry_at` of what is owed to a row of `subscribers`.

    Whose time has come by `new.at` is owed it now, as is everybody where it has no such time.
    """
    pending = literal(State.PENDING, deliveries.c.state.type)
    if new.wall is None or new.at is None:
        return pending, cast(null(), Integer)
    known = connection.execute(select(subscribers.c.zone).distinct()).scalars()
    moments = {zone: ticks(moment(new.wall, zone)) for zone in known if is_zone(zone)}
    there = func.json_extract(json.dumps(moments), literal('$."') + subscribers.c.zone + literal('"'))
    due = func.coalesce(there, ticks(moment(new.wall, new.zone)))
    is_later = due > ticks(new.at)
    deferred = literal(State.DEFERRED, deliveries.c.state.type)
    return case((is_later, deferred), else_=pending), case((is_later, due), else_=null())


def read_wall(text: str | None) -> datetime | None:
    """Give back the time that the column holds."""
    return None if text is None else datetime.fromisoformat(text)
