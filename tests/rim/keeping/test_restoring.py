"""A copy that is put back: held, never ahead of what went out, and in place whole or not at all."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.rim.keeping.site import KEY, LATER, LEASE, LEFT, NOW, Site, frozen, person, send

from vesicle.model.backup import Restored
from vesicle.model.delivery import Gate, Outcome, State
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.subscriber import Audience, SubscriberStatus, SuppressionReason
from vesicle.store.database import driver
from vesicle.store.deliveries import SqlDeliveries
from vesicle.store.generation import beside, read_number
from vesicle.store.ledger import SqlLedger
from vesicle.store.provenance import restoration
from vesicle.store.restoring import restore
from vesicle.store.snapshot import look_through
from vesicle.store.subscribers import SqlSubscribers

PEOPLE = 20
AFTER = LATER + timedelta(hours=1)
STEPS = ("copy", "look", "merge", "aside", "replace", "count")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that has sent to five of twenty."""
    site = Site(tmp_path / "site", people=PEOPLE)
    site.freeze("issue")
    site.send(5)
    return site


@pytest.fixture
def elsewhere(tmp_path: Path) -> Site:
    """Another machine."""
    return Site(tmp_path / "elsewhere")


def put_back(copy: Path, site: Site, **more: Any) -> Restored:
    return restore(copy, site.path, key=KEY, now=LATER, **more)


def resumed(site: Site) -> list[str]:
    """Let the issue go on, send what is left, and give to whom."""
    with site.opened() as database:
        SqlDeliveries(database).resume("issue", now=NOW)
    return site.send(100, now=AFTER)


def gate(site: Site, slug: str = "issue") -> Gate:
    with site.opened() as database:
        return SqlLedger(database, random_token=lambda: 1).gate(slug)


def test_on_another_machine_what_is_not_done_is_held_and_goes_on_with_the_rest(
    site: Site, elsewhere: Site
) -> None:
    done = put_back(site.back_up(), elsewhere)
    assert [(one.slug, one.owed, one.unknown) for one in done.held] == [("issue", 15, 0)]
    assert (done.aside, done.restoration.made, done.restoration.is_complete) == (None, NOW, False)
    assert elsewhere.send(100, now=AFTER) == []
    # Once: the sender that starts does not take it for a copy again.
    assert len(resumed(elsewhere)) == 15
    assert elsewhere.states("issue") == {State.SENT: PEOPLE}


def test_what_was_in_hand_when_the_copy_was_made_is_unknown(site: Site, elsewhere: Site) -> None:
    with site.sending() as ledger:
        taken = ledger.take("email", limit=4, now=NOW, lease=LEASE)
        assert ledger.begin(taken[0], now=NOW).result()
        copy = site.back_up()
        got = [one.to.email for one in taken if one.to]
    done = put_back(copy, elsewhere)
    assert [(one.owed, one.unknown) for one in done.held] == [(11, 4)]
    assert not set(resumed(elsewhere)) & set(got)
    with elsewhere.opened() as database:
        rows = list(SqlDeliveries(database).undelivered("issue", {State.UNKNOWN}))
    assert [row.to.email for row in rows if row.to] == got
    assert {row.reason for row in rows} == {"in hand when the copy was made"}


def test_in_its_own_place_it_learns_who_got_it_since_and_nobody_gets_it_twice(site: Site) -> None:
    copy = site.back_up()
    got = site.send(6, now=LATER)
    with site.sending(now=LATER) as ledger:
        (begun, refused) = ledger.take("email", limit=2, now=LATER, lease=LEASE)
        for one in (begun, refused):
            assert ledger.begin(one, now=LATER).result()
        ledger.end(refused, Outcome(state=State.FAILED, at=LATER, reason="550 no such user"))
        ledger.flush()
    done = put_back(copy, site)
    assert (done.carried, done.restoration.is_complete) == (7, True)
    assert [(one.owed, one.unknown) for one in done.held] == [("issue", 8, 1)[1:]]
    assert gate(site) is Gate.RESTORED
    again = resumed(site)
    assert begun.to
    assert not set(again) & {*got, begun.to.email}
    assert len(again) == 8


def test_the_database_before_lies_beside_whole(site: Site) -> None:
    copy = site.back_up()
    site.send(6, now=LATER)
    done = put_back(copy, site)
    assert done.aside == f"{site.path}.{LATER:%Y%m%dT%H%M%SZ}"
    look_through(Path(done.aside))
    with closing(driver().connect(done.aside)) as connection:
        sent = connection.execute("SELECT count(*) FROM deliveries WHERE state = 3").fetchone()[0]
    assert sent == 11
    assert not Path(done.aside).samefile(site.path)


def test_an_issue_that_was_frozen_since_is_known_too(site: Site) -> None:
    copy = site.back_up()
    with site.opened() as database:
        SqlSubscribers(database, key=KEY).add([(person(77), LEFT)])
    site.freeze("next", now=LATER)
    with site.sending(now=LATER) as ledger:
        taken = ledger.take("email", limit=40, now=LATER, lease=LEASE, of=["next"])
        for one in taken[:10]:
            assert ledger.begin(one, now=LATER).result()
            ledger.end(one, Outcome(state=State.SENT, at=LATER))
    assert put_back(copy, site).carried >= 10
    assert site.states("next") == {State.SENT: 10, State.PENDING: 11}
    assert gate(site, "next") is Gate.RESTORED
    with site.opened() as database:
        SqlDeliveries(database).resume("next", now=NOW)
        # Whoever came since is not in the copy: their number is nobody's, now and later.
        people = SqlSubscribers(database, key=KEY)
        people.add([(person(78), LEFT)])
        assert people.find("77@example.org") is None
    site.send(100, now=AFTER)
    assert site.states("next") == {State.SENT: 20, State.SKIPPED: 1}


def test_whoever_left_was_suppressed_or_erased_since_stays_so(site: Site) -> None:
    copy = site.back_up()
    with site.opened() as database:
        people = SqlSubscribers(database, key=KEY)
        people.set_status(person(10).id, SubscriberStatus.UNSUBSCRIBED, LEFT)
        people.suppress("11@example.org", SuppressionReason.COMPLAINED, now=LATER)
        people.erase(person(12).id, now=LATER)
    done = put_back(copy, site)
    assert done.barred == 3
    assert not set(resumed(site)) & {"10@example.org", "11@example.org", "12@example.org"}
    with site.opened() as database:
        people = SqlSubscribers(database, key=KEY)
        assert people.find("12@example.org") is None
        assert [one.event for one in people.consents(person(10).id)][-1] is LEFT.event
        found = people.find("10@example.org")
        assert found
        assert found.status is SubscriberStatus.UNSUBSCRIBED
        assert people.suppression("12@example.org") is SuppressionReason.ERASED


def test_a_database_of_another_line_is_not_trusted_to_know_all(site: Site, elsewhere: Site) -> None:
    put_back(site.back_up(), elsewhere)
    resumed(elsewhere)
    moved = elsewhere.back_up(now=AFTER)
    # Back on the first machine, which knows nothing of what the second has sent since.
    done = put_back(moved, site)
    assert not done.restoration.is_complete


def test_an_older_copy_of_itself_in_place_is_not_trusted_to_know_all(site: Site) -> None:
    copy = site.back_up()
    hand_made = site.path.with_name("by-hand.db")
    shutil.copyfile(copy, hand_made)
    site.send(3, now=LATER)
    for part in ("-wal", "-shm"):
        site.path.with_name(site.path.name + part).unlink(missing_ok=True)
    hand_made.replace(site.path)
    assert not put_back(copy, site).restoration.is_complete


def test_an_issue_that_the_copy_does_not_know_is_held_when_it_may_have_gone_out(
    site: Site, elsewhere: Site
) -> None:
    put_back(site.back_up(), elsewhere)
    with elsewhere.opened() as database:
        asked: list[tuple[str, object]] = []

        def doubts(slug: str, restored: object) -> bool:
            asked.append((slug, restored))
            return slug == "doubtful"

        ledger = SqlLedger(database, random_token=iter(range(1, 9)).__next__, doubts=doubts)
        ledger.recover(now=AFTER)
        for slug in ("doubtful", "fresh", "rehearsal/doubtful"):
            ledger.freeze(frozen(slug, at=AFTER), Audience())
            ledger.freeze(frozen(slug, at=AFTER), Audience())
        assert ledger.gate("doubtful") is Gate.RESTORED
        assert ledger.gate("fresh") is Gate.OPEN
        assert ledger.gate("rehearsal/doubtful") is Gate.OPEN
        assert asked == [("doubtful", LATER), ("fresh", LATER)]
        assert {one.frozen for one in ledger.take("email", limit=99, now=AFTER, lease=LEASE)} == {
            "fresh",
            "rehearsal/doubtful",
        }
        ledger.close()


def test_another_key_is_refused_and_nothing_changes(site: Site) -> None:
    copy = site.back_up()
    before = site.path.read_bytes()
    with pytest.raises(UserError, match="belongs to the key"):
        restore(copy, site.path, key=b"z" * 32, now=LATER)
    assert site.path.read_bytes() == before
    assert list(site.path.parent.glob("*.restoring*")) == []


def test_a_copy_that_is_not_whole_is_refused_and_nothing_changes(site: Site) -> None:
    copy = site.back_up()
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size - 8192)
    with pytest.raises(UserError, match="damaged"):
        put_back(copy, site)
    assert gate(site) is Gate.OPEN
    with pytest.raises(UserError, match="there is no"):
        put_back(copy.with_name("no.db"), site)


def test_while_somebody_has_the_database_open_it_is_refused(site: Site) -> None:
    copy = site.back_up()
    with closing(driver().connect(site.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM frozen").fetchall()
        with pytest.raises(TemporaryFailure, match="stop `vesicle run`"):
            put_back(copy, site)
    assert gate(site) is Gate.OPEN
    assert list(site.path.parent.glob("*.restoring*")) == []


def test_a_broken_database_is_put_aside_with_its_log(site: Site) -> None:
    copy = site.back_up()
    site.path.write_bytes(os.urandom(1 << 16))
    log = site.path.with_name("vesicle.db-wal")
    log.write_bytes(b"what it logged")
    done = put_back(copy, site)
    assert done.aside
    assert Path(done.aside).stat().st_size == 1 << 16
    assert Path(f"{done.aside}-wal").read_bytes() == b"what it logged"
    assert not done.restoration.is_complete
    assert gate(site) is Gate.RESTORED
    assert len(resumed(site)) == 15


def test_a_copy_made_by_hand_with_its_log_beside_it_is_taken_whole(site: Site, elsewhere: Site) -> None:
    with site.sending() as ledger:
        send(ledger, 3)
        copy = site.path.with_name("by-hand.db")
        for part in ("", "-wal"):
            shutil.copyfile(f"{site.path}{part}", f"{copy}{part}")
    done = put_back(copy, elsewhere)
    assert done.restoration.made is None
    assert elsewhere.states("issue")[State.SENT] == 8


def test_it_counts_on_from_where_anybody_was(site: Site) -> None:
    copy = site.back_up()
    site.send(6, now=LATER)
    before = read_number(beside(site.path))
    put_back(copy, site)
    after = read_number(beside(site.path))
    assert before
    assert after
    assert after > before
    with site.opened() as database, database.reading() as connection:
        found = restoration(connection)
    assert found
    assert found.at == LATER


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from vesicle.store.restoring import restore
def step(name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
restore(Path(sys.argv[1]), Path(sys.argv[2]), key=bytes(range(32)),
        now=datetime.fromisoformat(sys.argv[4]), step=step)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_the_old_or_the_new_is_in_place_and_again_it_goes_through(
    site: Site, step: str
) -> None:
    copy = site.back_up()
    got = site.send(6, now=LATER)
    command = [sys.executable, "-c", KILLED, str(copy), str(site.path), step, LATER.isoformat()]
    assert subprocess.run(command, check=False).returncode == -9
    is_new = step == "count"
    assert look_through(site.path).rows["deliveries"] == PEOPLE
    assert gate(site) is (Gate.RESTORED if is_new else Gate.OPEN)
    assert site.states("issue")[State.SENT] == 11
    done = restore(copy, site.path, key=KEY, now=AFTER)
    assert done.aside
    assert not Path(done.aside).samefile(site.path)
    assert list(site.path.parent.glob("*.restoring*")) == []
    again = resumed(site)
    assert len(again) == 9
    assert not set(again) & set(got)
