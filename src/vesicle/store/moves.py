"""The changes of deliveries in hand, many in one statement each.

Every statement that is run lets other threads go on and has to wait until they let it on again: a statement
for each row took most of the time of a commit that was shared by ten connections.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from vesicle.model.delivery import Delivery, Gate, Outcome, State
from vesicle.store.codes import GATES, STATES
from vesicle.store.columns import ticks
from vesicle.store.packing import pack_receipt

Begin = tuple[int, int, int, int, int, int]
"""Issue, person, attempts, token; the moment in seconds, and in milliseconds."""

Change = tuple[int, int, int, int, int, int | None, int | None, int | None, str | None, str | None]
"""Issue, person, attempts, token; then the new state, token, time to try again, moment, reason, receipt."""

CANCELLED = "cancelled"
"""Why a delivery of a cancelled issue was skipped."""

_PENDING, _TAKEN, _SENDING = STATES[State.PENDING], STATES[State.TAKEN], STATES[State.SENDING]
_SENT, _UNKNOWN = STATES[State.SENT], STATES[State.UNKNOWN]
_DEFERRED, _SKIPPED = STATES[State.DEFERRED], STATES[State.SKIPPED]
_OPEN_GATES = ", ".join(str(code) for gate, code in GATES.items() if gate.is_open)

_SAME = """
    d.frozen_id = m.value ->> 0 AND d.subscriber_id = m.value ->> 1
    AND d.attempts = m.value ->> 2 AND d.lease = m.value ->> 3
    """
_MAY_BEGIN = f"""
    d.state = {_TAKEN} AND EXISTS (SELECT 1 FROM leases WHERE token = d.lease AND until > m.value ->> 5)
    AND EXISTS (SELECT 1 FROM frozen WHERE id = d.frozen_id AND gate IN ({_OPEN_GATES}))
    """
_BEGIN = f"""
    UPDATE deliveries AS d SET state = {_SENDING}, at = m.value ->> 4
    FROM json_each({{begun}}) AS m WHERE {_SAME} AND {_MAY_BEGIN}
    """
_SOMEBODY_MAY_NOT = f"""
    SELECT 1 FROM json_each({{begun}}) AS m
    WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE {_SAME} AND {_MAY_BEGIN})
    """
# What is given back can only have been taken; a late `sent` settles an unknown.
_MAY_END = f"""
    (d.state = {_TAKEN} OR (d.state = {_SENDING} AND m.value ->> 4 <> {_PENDING})
     OR (d.state = {_UNKNOWN} AND m.value ->> 4 = {_SENT}))
    """
# What would be owed again, had its issue not been cancelled meanwhile.
_IS_GONE = f"""
    (m.value ->> 4 IN ({_PENDING}, {_DEFERRED})
     AND EXISTS (SELECT 1 FROM frozen WHERE id = d.frozen_id AND gate = {GATES[Gate.CANCELLED]}))
    """
_END = f"""
    UPDATE deliveries AS d
    SET state = iif({_IS_GONE}, {_SKIPPED}, m.value ->> 4), lease = m.value ->> 5,
        retry_at = iif({_IS_GONE}, NULL, m.value ->> 6), at = coalesce(m.value ->> 7, d.at),
        reason = iif({_IS_GONE}, '{CANCELLED}', m.value ->> 8),
        attempts = d.attempts - (m.value ->> 4 = {_PENDING})
    FROM json_each({{ended}}) AS m WHERE {_SAME} AND {_MAY_END}
    """
_SAID = f"""
    INSERT INTO receipts (frozen_id, subscriber_id, said)
    SELECT d.frozen_id, d.subscriber_id, m.value ->> 9
    FROM json_each({{ended}}) AS m CROSS JOIN deliveries AS d
    WHERE m.value ->> 9 IS NOT NULL AND {_SAME} AND {_MAY_END}
    """
_COUNT = "UPDATE generation SET number = {number} WHERE {number} > 0"

_REFUSED = "somebody may not begin"
SETTING_UP = (
    "CREATE TEMP VIEW moves AS SELECT 0 AS number, '[]' AS ended, '[]' AS begun",
    f"""
    CREATE TEMP TRIGGER write_moves INSTEAD OF INSERT ON moves BEGIN
        {_COUNT.format(number="new.number")};
        {_SAID.format(ended="new.ended")};
        {_END.format(ended="new.ended")};
        SELECT RAISE(ABORT, '{_REFUSED}') WHERE EXISTS ({_SOMEBODY_MAY_NOT.format(begun="new.begun")});
        {_BEGIN.format(begun="new.begun")};
    END
    """,
)
"""What a connection needs before `write` is called with it."""


def begin(delivery: Delivery, now: datetime) -> Begin:
    """Give the beginning of *delivery* at *now*."""
    frozen_id, subscriber_id = delivery.row
    return (frozen_id, subscriber_id, delivery.attempts, int(delivery.token), ticks(now), ticks(now, 1000))


def end(delivery: Delivery, outcome: Outcome) -> Change:
    """Give the end of *delivery*."""
    frozen_id, subscriber_id = delivery.row
    token = int(delivery.token)
    is_deferred = outcome.state is State.DEFERRED
    return (
        frozen_id,
        subscriber_id,
        delivery.attempts,
        token,
        STATES[outcome.state],
        token if outcome.state is State.UNKNOWN else None,  # a late `sent` needs it
        ticks(outcome.retry_at or outcome.at) if is_deferred else None,
        ticks(outcome.at),
        outcome.reason or None,
        pack_receipt(outcome.receipt),
    )


def release(delivery: Delivery) -> Change:
    """Give the way back of *delivery*, whose take does not count."""
    frozen_id, subscriber_id = delivery.row
    token = int(delivery.token)
    return (frozen_id, subscriber_id, delivery.attempts, token, _PENDING, None, None, None, None, None)


def write(
    connection: Any,  # noqa: ANN401 - the driver's own type
    number: int,
    told: Sequence[Sequence[Change]],
    begins: Sequence[Begin],
) -> list[bool]:
    """Commit what has ended or was given back, then what begins; tell of each that begins whether it may.

    All is one statement, which is a transaction of its own, unless somebody may not begin. *number* counts
    this commit in the database; 0 counts nothing.
    """
    rounds = list(_rounds(change for some in told for change in some))
    if len(rounds) <= 1:
        ended = _json(rounds[0] if rounds else [])
        try:
            connection.execute("INSERT INTO moves VALUES (?, ?, ?)", (number, ended, _json(begins)))
            return [True] * len(begins)
        except Exception as error:
            if _REFUSED not in str(error):
                raise
    return _one_by_one(connection, number, rounds, begins)


def _one_by_one(
    connection: Any,  # noqa: ANN401 - the driver's own type
    number: int,
    rounds: Sequence[Sequence[Change]],
    begins: Sequence[Begin],
) -> list[bool]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_COUNT.format(number="?1"), (number,))
        for changes in rounds:
            for statement in (_SAID, _END):
                connection.execute(statement.format(ended="?"), (_json(changes),))
        begin = _BEGIN.format(begun="?")
        granted = [connection.execute(begin, (_json([one]),)).rowcount == 1 for one in begins]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return granted


def _rounds(changes: Iterable[Change]) -> list[list[Change]]:
    """Share changes out so that none changes a row twice, and those of one row keep their order."""
    rounds: list[dict[tuple[int, int], Change]] = []
    for change in changes:
        row = change[:2]
        free = next((one for one in rounds if row not in one), None)
        if free is None:
            rounds.append({row: change})
        else:
            free[row] = change
    return [list(one.values()) for one in rounds]


def _json(rows: Sequence[object]) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
