"""What channels wrote down of the posts they had in hand. In the transaction of whoever asks."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import Delivery, State
from vesicle.store.freezing import ITSELF
from vesicle.store.tables import deliveries, journal


def note(connection: Connection, delivery: Delivery, text: str) -> None:
    """Keep *text* of *delivery* instead of what was noted before, unless it is not its holder's any more."""
    frozen_id, subscriber_id = delivery.row
    held = (
        select(deliveries.c.frozen_id)
        .where(deliveries.c.frozen_id == frozen_id, deliveries.c.subscriber_id == subscriber_id)
        .where(deliveries.c.lease == int(delivery.token), deliveries.c.attempts == delivery.attempts)
        .where(deliveries.c.state.in_((State.TAKEN, State.SENDING)))
    )
    if subscriber_id == ITSELF and connection.execute(held).first():
        row = insert(journal).values(frozen_id=frozen_id, noted=text)
        connection.execute(row.on_conflict_do_update(index_elements=["frozen_id"], set_={"noted": text}))


def noted(connection: Connection, frozen_ids: Collection[int]) -> Mapping[int, str]:
    """Give what was noted of what is owed to channels themselves, by the number of what was frozen."""
    if not frozen_ids:
        return {}  # mails: they are taken often, and nothing is ever noted of one
    rows = select(journal.c.frozen_id, journal.c.noted).where(journal.c.frozen_id.in_(frozen_ids))
    return {row.frozen_id: row.noted for row in connection.execute(rows)}


def forget(connection: Connection, frozen_id: int) -> None:
    """Let go what was noted of a post that is done."""
    connection.execute(delete(journal).where(journal.c.frozen_id == frozen_id))
