"""What a site's database says of slots, deliveries and words, and what a mail server has seen."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.rim.daemon.site import Site
from tests.rim.sending.scene import driver

from vesicle.model.delivery import State
from vesicle.model.slot import SlotState
from vesicle.store.codes import SLOT_STATES, STATES

_SLOT = {code: state for state, code in SLOT_STATES.items()}
_STATE = {code: state for state, code in STATES.items()}

_OVER = (State.SENT, State.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One slot; *due* is in UTC."""

    name: str
    due: datetime
    state: SlotState
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One delivery: of what, to whom (empty for the channel itself), and how that ended."""

    slug: str
    channel: str
    to: str
    state: State


def asked(database: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask a database that others write to."""
    with closing(driver().connect(database, timeout=30)) as connection:
        found: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
    return found


def slots(site: Site, *, since: datetime, until: datetime) -> list[Row]:
    """Give the slots that were due after *since*, up to *until*."""
    sql = "SELECT name, due, state, what, why FROM slots WHERE due > ? AND due <= ? ORDER BY due, name"
    rows = asked(site.database, sql, since.timestamp(), until.timestamp())
    return [
        Row(name=name, due=datetime.fromtimestamp(due, UTC), state=_SLOT[state], what=what, why=why)
        for name, due, state, what, why in rows
    ]


def deliveries(site: Site) -> list[Delivered]:
    """Give every delivery of issues and posts; what the editor is told is none of them."""
    sql = (
        "SELECT f.slug, f.channel, coalesce(s.email, ''), d.state FROM deliveries d "
        "JOIN frozen f ON f.id = d.frozen_id LEFT JOIN subscribers s ON s.id = d.subscriber_id "
        "WHERE f.slug NOT LIKE 'notice/%'"
    )
    return [
        Delivered(slug=slug, channel=channel, to=to, state=_STATE[state])
        for slug, channel, to, state in asked(site.database, sql)
    ]


def words(site: Site, cause: str) -> dict[str, bool]:
    """Give what the editor is told for a *cause*: about what, and whether they were told already."""
    sql = "SELECT about, state IS told FROM words WHERE cause = ?"
    return {about: bool(told) for about, told in asked(site.database, sql, cause)}


def every(minutes: int, *, since: datetime, until: datetime) -> list[datetime]:
    """Give each time after *since*, up to *until*, of which the minutes of its day are a multiple."""
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(minutes=minutes)
    number = (since - first) // length + 1
    found = []
    while first + number * length <= until:
        found.append(first + number * length)
        number += 1
    return found


def faults_of_slots(
    rows: Sequence[Row], due: dict[str, list[datetime]], told: dict[str, bool]
) -> Iterator[str]:
    """Tell of each slot that is not there exactly once and closed, or was missed without a word."""
    for name, times in due.items():
        found = [row.due for row in rows if row.name == name]
        if found != times:
            yield f"{name}: {sorted(Counter(times) - Counter(found))} lack, {Counter(found) - Counter(times)}"
    for row in rows:
        if row.state is SlotState.OPEN:
            yield f"{row} is open"
        about = f"{row.what or row.name} {row.due:%Y-%m-%dT%H:%M%z}"
        if row.state is SlotState.MISSED and about not in told:
            yield f"{row} was missed, and nobody was told"


def faults_of_mails(
    sent: Sequence[Delivered], accepted: Sequence[tuple[str, str]], *, over: Collection[str], unknown: int
) -> Iterator[str]:
    """Tell of each reader who got a mail twice or lost one; *accepted* are Message-IDs with recipients.

    Of the issues *over* nothing may be owed any more, and at most so many may be *unknown*.
    """
    yield from (f"{mail} came {times} times" for mail, times in Counter(accepted).items() if times > 1)
    mails = [one for one in sent if one.to]
    came = Counter(to for _, to in accepted)
    for reader in {one.to for one in mails}:
        states = Counter(one.state for one in mails if one.to == reader)
        if not states[State.SENT] <= came[reader] <= states[State.SENT] + states[State.UNKNOWN]:
            yield f"{reader} got {came[reader]} mails, the ledger says {states}"
    yield from (f"{one} is owed" for one in mails if one.slug in over and one.state not in _OVER)
    doubtful = sum(one.state is State.UNKNOWN for one in mails)
    if doubtful > unknown:
        yield f"{doubtful} are unknown, and {unknown} could be"


def faults_of_posts(rows: Sequence[Row], sent: Sequence[Delivered], files: Sequence[str]) -> Iterator[str]:
    """Tell of each post that went out twice, at no slot, or without the ledger; *files* are published."""
    done = Counter(row.what for row in rows if row.name.startswith("post/") and row.state is SlotState.DONE)
    yield from (f"{slug} went out at {times} slots" for slug, times in done.items() if times > 1)
    posts = {one.slug: one.state for one in sent if not one.to}
    published = {slug for slug, state in posts.items() if state is State.SENT}
    yield from (f"{slug} was published at no slot" for slug in published - set(done))
    yield from (
        f"{slug} has a slot and is {posts.get(slug)}" for slug in done if posts.get(slug) not in _OVER
    )
    expected = {f"{slug.split('/')[1]}.en.txt" for slug in published}
    doubtful = {f"{slug.split('/')[1]}.en.txt" for slug, state in posts.items() if state is State.UNKNOWN}
    if not expected <= set(files) <= expected | doubtful:
        yield f"the outbox lacks {expected - set(files)}, and has {set(files) - expected - doubtful}"
