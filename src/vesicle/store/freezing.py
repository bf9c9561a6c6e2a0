"""Writes down what is owed to whom. In the transaction of whoever asks."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, literal, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import Frozen, Gate, State
from vesicle.model.errors import UserError
from vesicle.model.subscriber import Audience
from vesicle.store.audience import belongs, had_one_lately, is_paused, wants_each
from vesicle.store.gates import find
from vesicle.store.own_times import own_times
from vesicle.store.packing import pack_message
from vesicle.store.tables import deliveries, messages, subscribers
from vesicle.store.tables import frozen as frozen_table

ITSELF = 0
"""The number that stands for the channel itself, where a delivery is to nobody."""

_OWED = (literal(State.PENDING, deliveries.c.state.type), literal(0))
_COLUMNS = ("frozen_id", "subscriber_id", "state", "attempts")


def freeze_one(connection: Connection, new: Frozen, audience: Audience | None) -> int:
    """Write *new* down with what is owed of it, unless it is there; give its number.

    UserError where it was frozen with another content or for another channel.
    """
    known = find(connection, new.slug)
    if known is not None:
        if (known.hash, known.channel) != (new.hash, new.channel):
            raise _frozen_otherwise(new, known.channel)
        return int(known.id)
    frozen_id = _add_frozen(connection, new)
    if audience is None:
        itself = select(literal(frozen_id), literal(ITSELF), *_OWED)
        connection.execute(insert(deliveries).from_select(_COLUMNS, itself))
        return frozen_id
    state, retry_at = own_times(connection, new)
    for people in _people(new, audience):
        owed = select(literal(frozen_id), subscribers.c.id, state, literal(0), retry_at).where(people)
        connection.execute(insert(deliveries).from_select((*_COLUMNS, "retry_at"), owed))
    return frozen_id


def _people(new: Frozen, audience: Audience) -> tuple[ColumnElement[bool], ...]:
    """Give who is owed it, as conditions that exclude each other.

    Who wants each issue comes alone: their statement does not read the table that it writes to, which for a
    million people would be a million rows set aside first.
    """
    everybody = belongs(audience) & ~is_paused(new.at)
    rare = everybody & ~wants_each()
    return everybody & wants_each(), rare & ~had_one_lately(new.series, new.at)


def owe(connection: Connection, notice: Frozen, subscriber_id: int, *, due: datetime) -> None:
    """Write down that a person is owed *notice* from *due* (UTC) on, unless they were before."""
    known = find(connection, notice.slug)
    frozen_id = known.id if known is not None else _add_frozen(connection, notice)
    # What nobody was owed for long is not kept: see `retention`.
    _add_messages(connection, frozen_id, notice)
    row = insert(deliveries).values(
        frozen_id=frozen_id,
        subscriber_id=subscriber_id,
        state=State.DEFERRED,
        attempts=0,
        retry_at=due,
    )
    connection.execute(row.on_conflict_do_nothing())
    connection.execute(update(frozen_table).where(frozen_table.c.id == frozen_id).values(is_open=True))


def _add_frozen(connection: Connection, new: Frozen) -> int:
    if not new.messages:
        raise UserError(f"{new.slug} has no message to freeze", mend="render it in at least one language")
    row = insert(frozen_table).values(
        slug=new.slug,
        channel=new.channel,
        hash=new.hash,
        gate=Gate.OPEN,
        is_open=True,
        start=new.start,
        give_up=new.give_up,
        series=new.series,
        at=new.at,
        policy=new.policy,
        reaches=new.reaches,
        why="",
        resumed=0,
        rank=0,
        wall=new.wall.isoformat() if new.wall else None,
        zone=new.zone,
        address=new.address,
    )
    frozen_id: int = connection.execute(row.returning(frozen_table.c.id)).scalar_one()
    _add_messages(connection, frozen_id, new)
    return frozen_id


def _add_messages(connection: Connection, frozen_id: int, new: Frozen) -> None:
    """Write down what is said, where it is not there."""
    if connection.execute(select(messages.c.id).where(messages.c.frozen_id == frozen_id).limit(1)).first():
        return
    texts = [
        {"frozen_id": frozen_id, "lang": lang, "message": pack_message(message)}
        for lang, message in new.messages.items()
    ]
    connection.execute(insert(messages), texts)


def _frozen_otherwise(frozen: Frozen, channel: str) -> UserError:
    what = "with another content" if channel == frozen.channel else f"for the channel {channel}"
    return UserError(
        f"{frozen.slug} was frozen {what}",
        mend="what is being sent cannot change: undo the change, or make a new issue of it",
    )
