"""Where a database comes from: its line of descent, and whether it is a copy that was put back."""

import json
from datetime import datetime

from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.backup import Restoration
from vesicle.model.delivery import Policy, State
from vesicle.store.tables import deliveries, frozen, settings

MADE = "copy made"
"""The name in `settings` of the moment a copy was made, which is written into the copy alone."""

_LINE = "line"
_RESTORED = "restored"

IN_HAND = "in hand when the copy was made"
"""Why a delivery of a copy is unknown."""


def line(connection: Connection) -> str:
    """Give the name of this line of descent; empty where nothing was ever sent or copied.

    Of two databases of one line the one with more commits knows all that the other does.
    """
    return get_value(connection, _LINE) or ""


def begin_line(connection: Connection, *, anew: bool) -> None:
    """Give the database a line where it has none; *anew*, another one, since it is a copy."""
    if anew or not line(connection):
        drawn = connection.execute(text("SELECT lower(hex(randomblob(8)))")).scalar_one()
        set_value(connection, _LINE, drawn)


def restoration(connection: Connection) -> Restoration | None:
    """Give what is known of the last time that a copy was put back; None where none ever was."""
    found = get_value(connection, _RESTORED)
    if found is None:
        return None
    told = json.loads(found)
    made = datetime.fromisoformat(told["made"]) if told["made"] else None
    at = datetime.fromisoformat(told["at"])
    return Restoration(at=at, made=made, is_complete=told["complete"])


def note_restored(connection: Connection, *, at: datetime, is_complete: bool) -> Restoration:
    """Write down that this is a copy that was put back, made when its maker wrote into it."""
    made = get_value(connection, MADE)
    told = {"at": at.isoformat(), "made": made, "complete": is_complete}
    set_value(connection, _RESTORED, json.dumps(told))
    connection.execute(delete(settings).where(settings.c.name == MADE))
    return Restoration(at=at, made=datetime.fromisoformat(made) if made else None, is_complete=is_complete)


def doubt_in_hand(connection: Connection, *, now: datetime) -> None:
    """Call unknown what was in hand when the copy was made: most of it has gone out since.

    Notices are owed again: better twice than never.
    """
    once = select(frozen.c.id).where(frozen.c.policy == Policy.HOLD)
    doubtful = (
        update(deliveries)
        .where(deliveries.c.lease >= 0, deliveries.c.state.in_((State.TAKEN, State.SENDING)))
        .where((deliveries.c.frozen_id + 0).in_(once))
    )
    connection.execute(doubtful.values(state=State.UNKNOWN, reason=IN_HAND, at=now))


def get_value(connection: Connection, name: str) -> str | None:
    """Give what the database has noted under *name*."""
    row = select(settings.c.value).where(settings.c.name == name)
    return connection.execute(row).scalar_one_or_none()


def set_value(connection: Connection, name: str, value: str) -> None:
    """Let the database note *value* under *name*."""
    row = insert(settings).values(name=name, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
