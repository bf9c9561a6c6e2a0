"""What is old goes, in short steps; who got an issue is known for as long as promised."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from tests.rim.keeping.site import LEASE, NOW, Site, frozen

from vesicle.model.delivery import Outcome, Policy, Receipt, State
from vesicle.model.event import EventType
from vesicle.model.retention import Tidied
from vesicle.model.subscriber import Audience
from vesicle.pipeline.retention import tidy
from vesicle.settings.retention import RetentionSettings
from vesicle.store import tables
from vesicle.store.database import Database
from vesicle.store.freezing import owe
from vesicle.store.retention import SqlRetention
from vesicle.testing import nouns
from vesicle.testing.years import WEEK, send_for_years
from vesicle.text.refusals import SOURCE

DAY = timedelta(days=1)
KEEP = RetentionSettings().retention()
PEOPLE = 20
PEOPLE_44 = 4000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that has sent an issue each 60 days for four years, and owes the last to five."""
    site = Site(tmp_path / "site", people=PEOPLE)
    for number in range(24, 0, -1):
        at = NOW - number * 60 * DAY
        site.freeze(f"issue-{number:02}", now=at)
        site.send(PEOPLE, now=at)
    site.freeze("issue-00", now=NOW)
    site.send(15, now=NOW)
    return site


def nothing() -> None:
    """Rest."""


def tidied(site: Site, *, now: datetime = NOW, **more: Any) -> Tidied:
    with site.opened() as database:
        return tidy(SqlRetention(database, chunk=7), KEEP, now=now, rest=nothing, **more)


def count(database: Database, table: Any, *conditions: Any) -> int:
    with database.reading() as connection:
        return int(
            connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        )


def test_who_got_an_issue_is_known_for_as_long_as_promised(site: Site) -> None:
    tidied(site)
    for number in range(25):
        expected = 60 * number * DAY <= 36 * 31 * DAY
        assert bool(site.states(f"issue-{number:02}")) is expected, number
    assert site.states("issue-02") == {State.SENT: PEOPLE}
    assert site.states("issue-00") == {State.SENT: 15, State.PENDING: 5}


def test_words_and_moments_go_sooner(site: Site) -> None:
    tidied(site)
    with site.opened() as database:
        assert count(database, tables.receipts) == PEOPLE + 15
        timed = count(database, tables.deliveries, tables.deliveries.c.at.is_not(None))
        assert timed == PEOPLE + 15


def test_an_issue_that_was_forgotten_is_not_sent_again(site: Site) -> None:
    tidied(site)
    assert site.states("issue-24") == {}
    with site.sending() as ledger:
        again = ledger.frozen("issue-24")
        assert again
        assert again.messages == {}
        assert ledger.freeze(frozen("issue-24", at=NOW), Audience()) == 0
        assert ledger.tally("issue-24").is_done


def test_what_is_owed_or_held_stays_however_old_it_is(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", people=PEOPLE)
    site.freeze("held", now=NOW - 2000 * DAY)
    site.send(4, now=NOW - 2000 * DAY)
    site.freeze("next", now=NOW - 1900 * DAY)
    site.send(4, now=NOW - 1900 * DAY)
    tidied(site)
    assert site.states("held")[State.SENT] == 8
    assert site.states("held")[State.PENDING] == 12
    assert site.states("next") == {State.PENDING: PEOPLE}


@pytest.mark.long
def test_it_goes_on_wherever_it_was_stopped_and_the_second_time_there_is_nothing_to_do(
    site: Site, tmp_path: Path
) -> None:
    whole = Site(tmp_path / "whole")
    whole.path.parent.mkdir()
    site.back_up().replace(whole.path)
    expected = tidied(whole).rows
    rows: dict[str, int] = {}
    while (done := tidied(site, stopping=lambda: True)).rows:
        for name, number in done.rows.items():
            rows[name] = rows.get(name, 0) + number
    assert rows == expected
    assert tidied(site).rows == {}
    assert contents(site) == contents(whole)


def contents(site: Site) -> dict[str, list[Any]]:
    kinds = (tables.deliveries, tables.receipts, tables.messages, tables.frozen)
    with site.opened() as database, database.reading() as connection:
        return {kind.name: [tuple(row) for row in connection.execute(select(kind))] for kind in kinds}


def event(number: int, at: datetime, *, source: str = "mailbox") -> dict[str, object]:
    return {
        "name": number.to_bytes(16),
        "type": EventType.BOUNCED,
        "source": source,
        "at": at,
        "is_permanent": True,
        "code": "5.1.1",
        "reason": "",
    }


def test_events_go_but_for_the_last_and_the_last_refusal(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", people=1)
    old = NOW - 500 * DAY
    rows = [event(number, old + number * DAY) for number in range(5)]
    rows += [event(number, old + number * DAY, source=SOURCE) for number in range(5, 8)]
    rows += [event(8, old), event(9, NOW - DAY), event(10, old)]
    with site.opened() as database, database.writing() as connection:
        connection.execute(insert(tables.events), rows)
    assert tidied(site).rows["events"] == 8
    with site.opened() as database, database.reading() as connection:
        left = [int.from_bytes(row.name) for row in connection.execute(select(tables.events))]
    assert left == [7, 9, 10]


def test_harvests_go_but_for_the_last_of_each_source_and_reasons_to_leave_in_time(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", people=1)
    old = NOW - 100 * DAY
    harvests = [{"source": source, "at": old, "harvest": "{}"} for source in "aabb"]
    leaving = [{"at": at, "reason": "other"} for at in (NOW - 800 * DAY, old)]
    with site.opened() as database:
        with database.writing() as connection:
            connection.execute(insert(tables.harvests), [*harvests, {**harvests[0], "at": NOW}])
            connection.execute(insert(tables.departures), leaving)
        assert tidied(site).rows == {"harvests": 3, "departures": 1}
        assert count(database, tables.harvests) == 2
        assert count(database, tables.departures) == 1


def test_notices_go_person_by_person_and_what_they_say_comes_back_when_it_is_owed_again(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "site", people=3)
    notice = nouns.notice("confirm", "1")
    for number, at in ((1, NOW - 200 * DAY), (2, NOW)):
        handed(site, notice, number, at)
    tidied(site)
    with site.opened() as database:
        assert count(database, tables.deliveries) == 1
        assert count(database, tables.messages) == 1
    tidied(site, now=NOW + 35 * DAY)
    tidied(site, now=NOW + 70 * DAY)
    tidied(site, now=NOW + 100 * DAY)
    with site.opened() as database:
        assert count(database, tables.deliveries) == 0
        assert count(database, tables.messages) == 0
    assert len(handed(site, notice, 3, NOW + 101 * DAY)) == 1


def handed(site: Site, notice: Any, number: int, at: datetime) -> list[str]:
    """Owe somebody a notice and send it."""
    assert notice.policy is Policy.RESEND
    with site.sending(now=at) as ledger:
        with site.opened() as database, database.writing() as connection:
            owe(connection, notice, number, due=at)
        taken = ledger.take("email", limit=9, now=at, lease=LEASE)
        assert all(one.message.text for one in taken)
        for one in taken:
            assert ledger.begin(one, now=at).result()
            ledger.end(one, Outcome(state=State.SENT, at=at))
        ledger.flush()
        assert not ledger.take("email", limit=9, now=at, lease=LEASE)
        return [one.to.email for one in taken if one.to]


def test_a_post_stays(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", people=1)
    old = NOW - 2000 * DAY
    with site.sending(now=old) as ledger:
        ledger.freeze(frozen("issue", at=old), Audience(), posts=[frozen("issue/item/outbox", at=old)])
    site.send(2, now=old)
    site.freeze("next", now=NOW - 1900 * DAY)
    site.send(2, now=NOW - 1900 * DAY)
    tidied(site)
    assert site.states("issue") == {}
    assert site.states("issue/item/outbox") == {State.SENT: 1}


def speed(site: Site, slug: str) -> float:
    """How many deliveries a second go through the ledger, one commit for each twenty."""
    with site.sending() as ledger:
        ledger.freeze(frozen(slug), Audience())
        started = perf_counter()
        done = 0
        while taken := ledger.take("email", limit=200, now=NOW, lease=LEASE):
            for first in range(0, len(taken), 20):
                some = taken[first : first + 20]
                pledges = [ledger.begin(one, now=NOW) for one in some]
                assert all(pledge.result() for pledge in pledges)
                for one in some:
                    ledger.end(one, Outcome(state=State.SENT, at=NOW, receipt=Receipt(raw="250 kept")))
            done += len(taken)
        ledger.flush()
        assert done == PEOPLE_44
        return done / (perf_counter() - started)


@pytest.mark.long
def test_row_44_with_a_million_old_deliveries_a_send_is_as_fast_and_they_go_beside_it(tmp_path: Path) -> None:
    speed(bare := Site(tmp_path / "bare", people=PEOPLE_44), "warm")
    empty = max(speed(bare, f"empty-{turn}") for turn in range(2))
    site = Site(tmp_path / "site", people=PEOPLE_44)
    with site.opened() as database:
        send_for_years(database, issues=250, people=PEOPLE_44, until=NOW)
        assert count(database, tables.deliveries) == 1_000_000
    full = max(speed(site, f"full-{turn}") for turn in range(2))
    moments = [perf_counter()]
    with site.opened() as database:
        done = tidy(SqlRetention(database), KEEP, now=NOW, rest=lambda: moments.append(perf_counter()))
        gone, worn = frozen_before(36 * 31 * DAY), frozen_before(90 * DAY)
        # What is forgotten as a whole was compacted first.
        assert done.rows["receipts"] == done.rows["compacted"] == worn * PEOPLE_44
        assert done.rows["deliveries"] == gone * PEOPLE_44
        assert count(database, tables.deliveries) == (250 - gone + 2) * PEOPLE_44
        assert count(database, tables.receipts) == (250 - worn + 2) * PEOPLE_44
    tidied_up = max(speed(site, f"tidied-{turn}") for turn in range(2))
    # Generous, since other tests run beside it; `bench/growth.py` measures.
    assert max(after - before for before, after in pairwise(moments)) < 1.0
    assert min(full, tidied_up) > empty / 2


def frozen_before(age: timedelta) -> int:
    """How many of the 250 weekly issues are older."""
    return sum(1 for back in range(1, 251) if back * WEEK > age)
