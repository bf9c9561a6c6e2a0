"""The people on the list, in a database."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from vesicle.model.errors import UserError
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.identity import address_key, normalised
from vesicle.store.tables import subscribers


class SqlSubscribers:
    """A `ports.Subscribers` in a database, read *chunk* people at a time."""

    def __init__(self, database: Database, *, chunk: int = 1000) -> None:
        self._database = database
        self._chunk = chunk

    def add(self, subscriber: Subscriber) -> bool:
        """Add a person; False when the address is there already in any case, which is then left as it is.

        Raises UserError when somebody else has their id.
        """
        with self._database.writing() as connection:
            if connection.execute(_alike(subscriber)).first():
                return False
            try:
                connection.execute(insert(subscribers).values(_columns(subscriber)))
            except IntegrityError as error:
                raise UserError(f"somebody else has the id {subscriber.id}", mend="draw a new one") from error
        return True

    def confirmed(self) -> Iterator[Subscriber]:
        """Yield those who may be written to, in the order of their ids; no transaction stays open."""
        last = ""
        while page := self._confirmed_after(last):
            yield from (_subscriber(row) for row in page)
            last = page[-1].public_id

    def set_status(self, subscriber: Subscriber) -> None:
        """Store the status that *subscriber* carries; UserError when nobody has their id."""
        change = update(subscribers).where(subscribers.c.public_id == subscriber.id)
        with self._database.writing() as connection:
            if connection.execute(change.values(status=subscriber.status)).rowcount == 0:
                raise UserError(f"no subscriber has the id {subscriber.id}", mend="add the person first")

    def _confirmed_after(self, last: str) -> Sequence[AnyRow]:
        rows = (
            select(subscribers)
            .where(subscribers.c.status == SubscriberStatus.CONFIRMED, subscribers.c.public_id > last)
            .order_by(subscribers.c.public_id)
            .limit(self._chunk)
        )
        with self._database.reading() as connection:
            return connection.execute(rows).all()


def _alike(subscriber: Subscriber) -> Select[int]:
    return select(subscribers.c.id).where(subscribers.c.address_key == address_key(subscriber.email))


def _columns(subscriber: Subscriber) -> dict[str, object]:
    return {
        "public_id": subscriber.id,
        "email": normalised(subscriber.email),
        "address_key": address_key(subscriber.email),
        "status": subscriber.status,
        "language": subscriber.language,
        "name": subscriber.name,
    }


def _subscriber(row: AnyRow) -> Subscriber:
    return Subscriber(
        id=row.public_id, email=row.email, status=row.status, language=row.language, name=row.name
    )
