"""What a copy learns from the database that it replaces. In a transaction of the copy, `present` attached.

Whoever may have got an issue since the copy was made does not get it again; whoever left, was suppressed or
erased since is not written to again. Everything else is as it was when the copy was made.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from vesicle.model.delivery import State
from vesicle.model.subscriber import ConsentEvent, SubscriberStatus, SuppressionReason
from vesicle.store.codes import CONSENT_EVENTS, STATES, STATUSES, SUPPRESSION_REASONS
from vesicle.store.tables import frozen

_TAKEN, _SENDING = STATES[State.TAKEN], STATES[State.SENDING]
_PENDING, _SENT, _UNKNOWN = STATES[State.PENDING], STATES[State.SENT], STATES[State.UNKNOWN]
_LOST = "no answer was written down before the database was put aside"
# What was done at a slot since is not done again; a timetable is accounted for as far as it was there.
_SLOTS = (
    "INSERT OR REPLACE INTO slots SELECT * FROM present.slots",
    "INSERT OR REPLACE INTO timetables SELECT * FROM present.timetables",
)
_LEFT = ", ".join(
    str(STATUSES[one])
    for one in (SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
)
_THERE = ", ".join(str(STATUSES[one]) for one in (SubscriberStatus.PENDING, SubscriberStatus.CONFIRMED))


def attach(connection: Connection, present: Path) -> None:
    """Let *connection* see the database at *present* under that name."""
    connection.execute(text("ATTACH DATABASE :path AS present"), {"path": str(present)})


def carry_deliveries(connection: Connection, *, is_same_line: bool) -> int:
    """Take over what went out since, or perhaps; return how many deliveries.

    Only in a database of the *same line* does a number without a person stand for the same person.
    """
    _never_again(connection)
    for statement in _SLOTS:
        connection.execute(text(statement))
    carried = sum(
        _execute(connection, _KNOWN, ours=ours, theirs=theirs, same=is_same_line)
        for ours, theirs in connection.execute(text(_UNFINISHED)).all()
    )
    return carried + sum(_carry_new(connection, number) for number in _new(connection))


def carry_departures(connection: Connection) -> int:
    """Let whoever left or was suppressed since be so here; return how many people are written to no more."""
    barred = _execute(connection, "INSERT OR IGNORE INTO suppressions SELECT * FROM present.suppressions")
    connection.execute(text(_FORMS))
    connection.execute(text(_WITHDRAWALS))
    return barred + _execute(connection, _STATUSES)


def erased_since(connection: Connection) -> list[str]:
    """Give the public ids of people who were erased since the copy was made."""
    return [row[0] for row in connection.execute(text(_ERASED))]


def _execute(connection: Connection, statement: str, **values: object) -> int:
    return int(connection.execute(text(statement), values).rowcount)


def _never_again(connection: Connection) -> None:
    """Give no number of a person to another, also none that was given since the copy was made."""
    connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, coalesce((" + _SEQUENCE + "), 0))"))


def _new(connection: Connection) -> Iterator[int]:
    """Give what was frozen since, by its number there, in its order."""
    rows = text("SELECT id FROM present.frozen WHERE slug NOT IN (SELECT slug FROM frozen) ORDER BY id")
    yield from connection.execute(rows).scalars().all()


def _carry_new(connection: Connection, theirs: int) -> int:
    columns = ", ".join(f'"{column.name}"' for column in frozen.columns if column.name != "id")
    # What a person knew of when they let it go on is counted by numbers of the other database.
    values = columns.replace('"resumed"', "0")
    connection.execute(
        text(f"INSERT INTO frozen ({columns}) SELECT {values} FROM present.frozen WHERE id = :theirs"),
        {"theirs": theirs},
    )
    ours = connection.execute(text("SELECT last_insert_rowid()")).scalar_one()
    for statement in (_MESSAGES, _NEW):
        found = _execute(connection, statement, ours=ours, theirs=theirs)
    return found


_SEQUENCE = "SELECT seq FROM present.sqlite_sequence AS p WHERE p.name = main.sqlite_sequence.name"

# What is not done here, or of which somebody is unknown or in hand.
_UNFINISHED = """
    SELECT f.id, p.id FROM frozen AS f JOIN present.frozen AS p USING (slug)
    WHERE f.is_open OR f.id IN (SELECT frozen_id FROM deliveries WHERE lease >= 0)
    """

# Who it is, whatever their number: one and the same person has one public id.
_PEOPLE = """
    LEFT JOIN present.subscribers AS who ON who.id = p.subscriber_id
    LEFT JOIN subscribers AS s ON s.public_id = who.public_id
    """
_STATE = f"CASE p.state WHEN {_TAKEN} THEN {_PENDING} WHEN {_SENDING} THEN {_UNKNOWN} ELSE p.state END"
_LEASE = f"CASE WHEN p.state IN ({_SENDING}, {_UNKNOWN}) THEN p.lease END"
_REASON = f"CASE p.state WHEN {_SENDING} THEN '{_LOST}' ELSE p.reason END"

_KNOWN = f"""
    UPDATE deliveries AS d
    SET state = t.state, attempts = t.attempts, lease = t.lease, retry_at = t.retry_at, at = t.at,
        reason = t.reason
    FROM (
        SELECT coalesce(s.id, CASE WHEN :same OR NOT p.subscriber_id THEN p.subscriber_id END) AS number,
               p.state AS was, {_STATE} AS state, p.attempts, {_LEASE} AS lease, p.retry_at, p.at,
               {_REASON} AS reason
        FROM present.deliveries AS p {_PEOPLE} WHERE p.frozen_id = :theirs
    ) AS t
    WHERE d.frozen_id = :ours AND d.subscriber_id = t.number AND d.state <> {_SENT}
      AND (t.was IN ({_SENDING}, {_SENT}, {_UNKNOWN}) OR d.state IN ({_TAKEN}, {_SENDING}))
    """

_MESSAGES = """
    INSERT INTO messages (frozen_id, lang, message)
    SELECT :ours, lang, message FROM present.messages WHERE frozen_id = :theirs ORDER BY id
    """

# Of a person whom only the other database knows the number stays: nobody here will ever have it.
_NEW = f"""
    INSERT OR IGNORE INTO deliveries (frozen_id, subscriber_id, state, attempts, lease, retry_at, at, reason)
    SELECT :ours, coalesce(s.id, p.subscriber_id), {_STATE}, p.attempts, {_LEASE}, p.retry_at, p.at, {_REASON}
    FROM present.deliveries AS p {_PEOPLE}
    WHERE p.frozen_id = :theirs
      AND (s.id IS NOT NULL OR p.subscriber_id NOT IN (SELECT id FROM subscribers))
    ORDER BY 2
    """

_GONE = f"""
    FROM subscribers AS s JOIN present.subscribers AS p USING (public_id)
    WHERE p.status IN ({_LEFT}) AND s.status IN ({_THERE})
    """
_LINES = f"""
    FROM (SELECT s.id AS number, p.id AS theirs {_GONE}) AS gone
    JOIN present.consents AS c ON c.subscriber_id = gone.theirs
    JOIN present.forms AS f ON f.id = c.form_id
    WHERE c.event = {CONSENT_EVENTS[ConsentEvent.WITHDRAWN]}
      AND c.number > (SELECT count(*) FROM consents AS ours WHERE ours.subscriber_id = gone.number)
    """
_FORMS = f"""
    INSERT INTO forms (source, wording, version, language)
    SELECT DISTINCT f.source, f.wording, f.version, f.language {_LINES}
    EXCEPT SELECT source, wording, version, language FROM forms
    """
_WITHDRAWALS = f"""
    INSERT INTO consents (subscriber_id, number, event, at, form_id)
    SELECT number, (SELECT count(*) FROM consents AS ours WHERE ours.subscriber_id = number)
                   + row_number() OVER (PARTITION BY number ORDER BY theirs_number), event, at,
           (SELECT id FROM forms AS here WHERE (here.source, here.wording, here.version, here.language)
                                             = (told.source, told.wording, told.version, told.language))
    FROM (SELECT gone.number, c.number AS theirs_number, c.event, c.at,
                 f.source, f.wording, f.version, f.language {_LINES}) AS told
    """
_STATUSES = f"""
    UPDATE subscribers AS t SET status = gone.status, settled = t.asked
    FROM (SELECT s.id AS number, p.status AS status {_GONE}) AS gone WHERE t.id = gone.number
    """
_ERASED = f"""
    SELECT lower(hex(s.public_id)) FROM subscribers AS s JOIN present.suppressions AS x ON x.hash = s.hash
    WHERE x.reason = {SUPPRESSION_REASONS[SuppressionReason.ERASED]}
      AND NOT EXISTS (SELECT 1 FROM present.subscribers AS p WHERE p.public_id = s.public_id)
    """
