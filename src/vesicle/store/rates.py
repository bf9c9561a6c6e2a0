"""Holds an issue of which too much comes back, in the transaction of whoever noted it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select

from vesicle.model.delivery import State
from vesicle.model.event import EventType
from vesicle.model.rates import Rates, beyond
from vesicle.store.columns import AnyRow
from vesicle.store.gates import OPEN_GATES, hold
from vesicle.store.tables import deliveries, events, frozen


def hold_beyond(connection: Connection, most: Rates, frozen_ids: Iterable[int]) -> None:
    """Hold each issue of *frozen_ids* that is still going out and has more back than *most* allows."""
    going_out = (
        select(frozen)
        .where(frozen.c.id.in_(list(frozen_ids)), frozen.c.series != "")
        .where(frozen.c.is_open.is_(True), frozen.c.gate.in_(OPEN_GATES))
    )
    for row in connection.execute(going_out).all():
        if why := _beyond(connection, most, row):
            hold(connection, row.slug, why)


def _beyond(connection: Connection, most: Rates, row: AnyRow) -> str:
    """Say which rate is too high, with its numbers; empty where none is."""
    complaints = _count(connection, row, EventType.COMPLAINED)
    accepted = _ended(connection, row, (State.SENT,), at_most=most.complaints.reached_by(complaints))
    if accepted:
        return beyond(f"{complaints} complained of {accepted} accepted", most.complaints)
    bounces = _count(connection, row, EventType.BOUNCED, is_permanent=True)
    tried = _ended(connection, row, (State.SENT, State.FAILED), at_most=most.bounces.reached_by(bounces))
    return beyond(f"{bounces} of {tried} bounced for good", most.bounces) if tried else ""


def _ended(connection: Connection, row: AnyRow, states: Sequence[State], *, at_most: int) -> int:
    """Count the deliveries in *states*; 0 where there are more than *at_most*, of perhaps a million."""
    some = (
        select(deliveries.c.subscriber_id)
        .where(deliveries.c.frozen_id == row.id, deliveries.c.state.in_(states))
        .limit(at_most + 1)
        .subquery()
    )
    found = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found if found <= at_most else 0


def _count(connection: Connection, row: AnyRow, type_: EventType, *, is_permanent: bool = False) -> int:
    """Count what came back that nobody knew of who let it go on."""
    of_it = (events.c.frozen_id == row.id, events.c.type == type_, events.c.id > row.resumed)
    # Who was erased since is still one of them.
    people = select(func.count(func.coalesce(events.c.subscriber_id, -events.c.id).distinct())).where(*of_it)
    if is_permanent:
        people = people.where(events.c.is_permanent.is_(True))
    return connection.execute(people).scalar_one()
