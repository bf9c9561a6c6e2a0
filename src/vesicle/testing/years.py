"""A database as it is after years of sending, filled in seconds."""

from datetime import datetime, timedelta

from vesicle.model.delivery import Gate, State
from vesicle.store.codes import GATES, STATES
from vesicle.store.columns import ticks
from vesicle.store.database import Database

WEEK = timedelta(weeks=1)

_FROZEN = f"""
    INSERT INTO frozen (slug, channel, hash, gate, is_open, series, at)
    VALUES (?, 'email', 'h', {GATES[Gate.OPEN]}, 0, 'past', ?)
    """
_NUMBERS = """
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
    """
_LATEST = "(SELECT max(id) FROM frozen)"
_DELIVERIES = f"""
    INSERT INTO deliveries (frozen_id, subscriber_id, state, attempts, at)
    {_NUMBERS} SELECT {_LATEST}, n, {STATES[State.SENT]}, 1, ? FROM number
    """
_RECEIPTS = f"""
    INSERT INTO receipts (frozen_id, subscriber_id, said)
    {_NUMBERS} SELECT {_LATEST}, n, '250 2.0.0 Ok: queued as ' || hex(randomblob(6)) FROM number
    """


def send_for_years(database: Database, *, issues: int, people: int, until: datetime) -> None:
    """Write down that *issues* went to *people*, one a week, the last a week before *until*.

    The people are numbers from 1 on, whether there are such people or not.
    """
    for back in range(issues, 0, -1):
        at = ticks(until - back * WEEK)
        with database.writing() as connection:
            connection.exec_driver_sql(_FROZEN, (f"past-{back:05}", at))
            connection.exec_driver_sql(_DELIVERIES, (people, at))
            connection.exec_driver_sql(_RECEIPTS, (people,))
