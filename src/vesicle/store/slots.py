"""Slots in a database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, literal, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.slot import Mark, Slot, SlotState
from vesicle.ports import Entered
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.tables import slots, timetables

_FORGOTTEN = (SlotState.OPEN, SlotState.MISSED)
# A literal in the SQL: SQLite uses an index that has a condition for a literal, not for a parameter.
_IS_OPEN = slots.c.state == literal(SlotState.OPEN, slots.c.state.type, literal_execute=True)


class SqlSlots:
    """A `ports.Slots` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, plan: Callable[[Mapping[str, Mark]], Sequence[Entered]]) -> None:
        """Write down what *plan* makes of the marks there are."""
        with self._database.writing() as connection:
            for one in plan(_marks(connection)):
                if one.back_to is not None:
                    later = (slots.c.name == one.name) & (slots.c.due > one.back_to)
                    connection.execute(delete(slots).where(later, slots.c.state.in_(_FORGOTTEN)))
                _add(connection, one.slots)
                _set_mark(connection, one.name, one.mark)

    def add(self, slots: Sequence[Slot]) -> None:
        """Write down slots of no calendar."""
        if slots:
            with self._database.writing() as connection:
                _add(connection, slots)

    def unmark(self, names: Collection[str]) -> None:
        """Forget how far these timetables are accounted for."""
        if names:
            with self._database.writing() as connection:
                connection.execute(delete(timetables).where(timetables.c.name.in_(names)))

    def bind(self, slot: Slot) -> Slot | None:
        """Write down what is done at an open slot, unless something is already; give it as it then is."""
        known = (slots.c.name == slot.name) & (slots.c.due == slot.due) & _IS_OPEN
        with self._database.writing() as connection:
            connection.execute(update(slots).where(known, slots.c.what == "").values(what=slot.what))
            row = connection.execute(select(slots).where(known)).one_or_none()
        return None if row is None else _slot(row)

    def waiting(self) -> Sequence[Slot]:
        """Give the open slots, earliest first."""
        rows = select(slots).where(_IS_OPEN).order_by(slots.c.due, slots.c.name)
        with self._database.reading() as connection:
            return [_slot(row) for row in connection.execute(rows)]

    def change(self, slots: Sequence[Slot]) -> Sequence[Slot]:
        """Write down what became of open slots."""
        if not slots:
            return ()
        with self._database.writing() as connection:
            return [slot for slot in slots if _change(connection, slot)]

    def since(self, moment: datetime) -> Sequence[Slot]:
        """Give the slots due at *moment* or later, earliest first."""
        rows = select(slots).where(slots.c.due >= moment).order_by(slots.c.due, slots.c.name)
        with self._database.reading() as connection:
            return [_slot(row) for row in connection.execute(rows)]

    def of(self, name: str, *, since: datetime) -> Sequence[Slot]:
        """Give the slots of one timetable."""
        rows = select(slots).where(slots.c.name == name, slots.c.due >= since).order_by(slots.c.due)
        with self._database.reading() as connection:
            return [_slot(row) for row in connection.execute(rows)]

    def marks(self) -> Mapping[str, Mark]:
        """Give how far each timetable is accounted for."""
        with self._database.reading() as connection:
            return _marks(connection)

    def count(self) -> Mapping[SlotState, int]:
        """Count the slots that are kept, by state."""
        rows = select(slots.c.state, func.count().label("number")).group_by(slots.c.state)
        with self._database.reading() as connection:
            return {row.state: row.number for row in connection.execute(rows)}

    def forget(self, *, before: datetime) -> int:
        """Delete old slots."""
        old = delete(slots).where(slots.c.due < before, slots.c.state != SlotState.OPEN)
        with self._database.writing() as connection:
            return connection.execute(old).rowcount


def _marks(connection: Connection) -> dict[str, Mark]:
    return {
        row.name: Mark(rule=row.rule, zone=row.zone, upto=row.upto, following=row.following)
        for row in connection.execute(select(timetables))
    }


def _set_mark(connection: Connection, name: str, mark: Mark) -> None:
    values = {"rule": mark.rule, "zone": mark.zone, "upto": mark.upto, "following": mark.following}
    row = insert(timetables).values(name=name, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def _add(connection: Connection, new: Sequence[Slot]) -> None:
    if new:
        rows = [{**_values(slot), "name": slot.name, "due": slot.due} for slot in new]
        connection.execute(insert(slots).on_conflict_do_nothing(), rows)


def _change(connection: Connection, slot: Slot) -> bool:
    known = (slots.c.name == slot.name) & (slots.c.due == slot.due)
    changed = update(slots).where(known, _IS_OPEN).values(**_values(slot))
    return connection.execute(changed).rowcount == 1


def _values(slot: Slot) -> dict[str, object]:
    return {
        "state": slot.state,
        "what": slot.what,
        "why": slot.why,
        "attempts": slot.attempts,
        "retry_at": slot.retry_at,
    }


def _slot(row: AnyRow) -> Slot:
    return Slot(
        name=row.name,
        due=row.due,
        state=row.state,
        what=row.what,
        why=row.why,
        attempts=row.attempts,
        retry_at=row.retry_at,
    )
