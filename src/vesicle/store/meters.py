"""What rate limits remember, in a database."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.meter import Meter
from vesicle.ports import Answer
from vesicle.store.database import Database
from vesicle.store.packing import pack_meter, unpack_meter
from vesicle.store.tables import meters


class SqlMeters:
    """A `ports.Meters` in a database, for any number of threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, name: str, how: Callable[[Meter | None], tuple[Meter, Answer]]) -> Answer:
        """Put the meter called *name* through *how* in one transaction, and give its answer."""
        with self._database.writing() as connection:
            known = connection.execute(
                select(meters.c.meter).where(meters.c.name == name)
            ).scalar_one_or_none()
            changed, answer = how(None if known is None else unpack_meter(known))
            row = insert(meters).values(name=name, meter=pack_meter(changed))
            connection.execute(
                row.on_conflict_do_update(index_elements=["name"], set_={"meter": row.excluded.meter})
            )
        return answer
