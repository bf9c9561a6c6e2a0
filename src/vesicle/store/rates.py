"""Holds an issue of which too much comes back, in the transaction of whoever noted it."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from vesicle.model.delivery import Gate, State
from vesicle.model.event import EventType
from vesicle.model.rates import Rates
from vesicle.store.columns import AnyRow
from vesicle.store.gates import set_gate
from vesicle.store.tables import deliveries, events, frozen


def hold_beyond(connection: Connection, most: Rates, frozen_ids: Iterable[int]) -> None:
    """Hold each issue of *frozen_ids* that is still going out and has more back than *most* allows."""
    going_out = (
        select(frozen)
        .where(frozen.c.id.in_(list(frozen_ids)), frozen.c.series != "")
        .where(frozen.c.is_open.is_(True), frozen.c.gate.in_((Gate.OPEN, Gate.AS_FROZEN)))
    )
    for row in connection.execute(going_out).all():
        if why := _beyond(connection, most, row):
            set_gate(connection, row.slug, Gate.HELD)
            connection.execute(update(frozen).where(frozen.c.id == row.id).values(why=why))


def _beyond(connection: Connection, most: Rates, row: AnyRow) -> str:
    complaints = _count(connection, row, EventType.COMPLAINED)
    bounces = _count(connection, row, EventType.BOUNCED, is_permanent=True)
    if complaints < most.least_complaints and bounces < most.least_bounces:
        return ""  # the rest would be to count a million rows
    ended = (
        select(*(func.count().filter(deliveries.c.state == state) for state in (State.SENT, State.FAILED)))
        .select_from(deliveries)
        .where(deliveries.c.frozen_id == row.id)
    )
    accepted, refused = (int(number) for number in connection.execute(ended).one())
    return most.beyond(accepted=accepted, refused=refused, complaints=complaints, bounces=bounces)


def _count(connection: Connection, row: AnyRow, type_: EventType, *, is_permanent: bool = False) -> int:
    """Count what came back that nobody knew of who let it go on."""
    of_it = (events.c.frozen_id == row.id, events.c.type == type_, events.c.id > row.resumed)
    people = select(func.count(events.c.subscriber_id.distinct())).where(*of_it)
    if is_permanent:
        people = people.where(events.c.is_permanent.is_(True))
    return connection.execute(people).scalar_one()
