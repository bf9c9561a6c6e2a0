"""A run as a whole: several connections and servers, leases, limits, and how it stops."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic

import pytest
from tests.rim.mailing import SLUG, Ears, Mailing, reaching, wait_for

from vesicle.deliver.email import Options
from vesicle.deliver.email.options import Server
from vesicle.deliver.email.relay import Relay
from vesicle.model.delivery import Delivery, State
from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.testing.smtpserver import Act, Moment, Now, SmtpServer

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def as_server(server: SmtpServer, *, weight: float = 1.0, connections: int = 2) -> Server:
    return Server(
        host=server.host,
        port=server.port,
        security="none",
        ehlo="x.example",
        weight=weight,
        connections=connections,
        timeout=5,
    )


def test_connections_are_opened_as_they_are_needed_and_no_more_than_allowed() -> None:
    slow = Event()
    waiting = Counter[int]()

    def script(now: Now) -> Act | None:
        if now.moment is Moment.DOT:
            waiting[now.connection] += 1
            if len(waiting) == 4:
                slow.set()
            return Act(waits_for=slow)
        return None

    mailing = Mailing(people=40)
    with SmtpServer(script=script) as server:
        mailing.send(server, connections=4)
        mailing.check(server)
        assert server.connections == 4
    with SmtpServer() as server:
        mailing = Mailing(people=1)
        mailing.send(server, connections=4)
        assert server.connections == 1


def test_a_server_that_takes_fewer_connections_gets_fewer() -> None:
    def script(now: Now) -> Act | None:
        is_surplus = now.moment is Moment.GREETING and now.connection > 2
        return Act(reply="421 4.7.0 Too many connections", drops=True) if is_surplus else None

    mailing = Mailing(people=60)
    with SmtpServer(script=script) as server:
        mailing.send(server, connections=6, mails_per_connection=0)
        mailing.check(server)
        assert server.connections <= 6
    assert mailing.states == {"sent": 60}


def test_no_dot_leaves_before_its_beginning_is_written_down() -> None:
    mailing = Mailing(people=30)
    begun: set[str] = set()
    too_soon: list[str] = []

    def written(delivery: Delivery) -> None:
        Event().wait(0.002)
        assert delivery.to
        begun.add(delivery.to.email)

    def script(now: Now) -> Act | None:
        if now.moment is Moment.DOT and now.address not in begun:
            too_soon.append(now.address)
        return None

    mailing.ledger.before_begin = written
    with SmtpServer(script=script) as server:
        mailing.send(server, connections=5)
        mailing.check(server)
    assert too_soon == []
    assert mailing.states == {"sent": 30}


def test_row_10_a_ledger_that_cannot_be_written_lets_no_mail_out_and_ends_the_run() -> None:
    mailing = Mailing(people=30)
    begun = iter(range(10**6))

    def full(delivery: Delivery) -> None:
        if next(begun) >= 5:
            raise TemporaryFailure("the disk is full")

    mailing.ledger.before_begin = full
    with SmtpServer() as server:
        with pytest.raises(TemporaryFailure, match="disk is full"):
            mailing.send(server, connections=3)
        mailing.check(server)
        assert mailing.states == {"sent": 5, "pending": 25}
        mailing.ledger.before_begin = None
        mailing.send(server)
        mailing.check(server)
    assert mailing.states == {"sent": 30}


def test_what_is_held_meanwhile_is_dropped_without_the_dot_and_stays_owed() -> None:
    mailing = Mailing(people=20)

    def hold(delivery: Delivery) -> None:
        if mailing.ledger.tally(SLUG)[State.SENT] >= 5:
            mailing.ledger.hold(SLUG)

    mailing.ledger.before_begin = hold
    with SmtpServer() as server:
        mailing.send(server, connections=2)
        mailing.check(server)
        held = mailing.states
        assert held["sent"] + held["pending"] == 20
        assert held["sent"] <= 7
        mailing.ledger.before_begin = None
        mailing.ledger.resume(SLUG, now=NOW)
        mailing.send(server)
        mailing.check(server)
    assert mailing.states == {"sent": 20}


def test_leases_are_renewed_while_a_server_is_slow_to_answer() -> None:
    mailing = Mailing(people=3, lease=timedelta(seconds=0.9))
    asked, patient = Event(), Event()

    def script(now: Now) -> Act | None:
        if now.moment is Moment.DOT:
            asked.set()
            return Act(waits_for=patient)
        return None

    def release() -> None:
        wait_for(asked)
        until = monotonic() + 10
        while mailing.ledger.renewals < 4 and monotonic() < until:
            Event().wait(0.01)
        patient.set()

    with SmtpServer(script=script) as server:
        waiting = Thread(target=release)
        waiting.start()
        mailing.send(server, connections=3)
        waiting.join()
        mailing.check(server)
    # The fourth renewal comes after a whole lease: without them, all would be somebody else's.
    assert mailing.ledger.renewals >= 4
    assert mailing.states == {"sent": 3}


def test_row_4_asked_to_stop_it_finishes_what_is_in_hand_and_gives_the_rest_back() -> None:
    stop, noticed = Event(), Event()

    def stopping() -> bool:
        if stop.is_set():
            noticed.set()
        return stop.is_set()

    mailing = Mailing(people=200, stopping=stopping)
    late = Ears(Moment.DOT, Act(waits_for=noticed), after=20)

    def script(now: Now) -> Act | None:
        act = late(now)
        if act:
            stop.set()
        return act

    with SmtpServer(script=script) as server:
        mailing.send(server, connections=3)
        mailing.check(server)
        found = mailing.states
        assert set(found) == {"sent", "pending"}
        assert sum(found.values()) == 200
        assert mailing.ledger.flushes == 1
        stop.clear()
        mailing.send(server)
        mailing.check(server)
    assert mailing.states == {"sent": 200}


def test_row_4_what_a_server_has_not_answered_when_the_time_is_up_is_unknown() -> None:
    stop = Event()
    mailing = Mailing(people=50, stopping=stop.is_set)

    def script(now: Now) -> Act | None:
        if now.moment is Moment.DOT and now.connection == 1:
            stop.set()
            return Act(stalls=True)
        return None

    with SmtpServer(script=script) as server:
        started = monotonic()
        mailing.send(server, connections=2, grace=0.3)
        assert monotonic() - started < 10
        mailing.check(server)
    assert mailing.states["unknown"] == 1
    assert "stopped" in mailing.reasons(State.UNKNOWN)[0]


def test_a_feed_that_fails_ends_the_run_after_what_is_in_hand() -> None:
    mailing = Mailing(people=30)

    def feed() -> object:
        yield from mailing.ledger.take("email", limit=10, now=mailing.clock(), lease=mailing.lease)
        raise TemporaryFailure("the database is locked")

    with SmtpServer() as server:
        channel = mailing.open(reaching(server))
        with pytest.raises(TemporaryFailure, match="locked"):
            channel.deliver_all(feed(), mailing.ledger)  # type: ignore[arg-type]  # a generator is one
        mailing.check(server)
    assert mailing.states["sent"] + mailing.states["pending"] == 30


def test_servers_share_by_weight() -> None:
    mailing = Mailing(people=400)
    with SmtpServer() as large, SmtpServer() as small:
        options = Options(servers={"large": as_server(large, weight=3), "small": as_server(small)})
        mailing.through(mailing.open(options))
        assert abs(len(large.taken) - 300) <= 20
        assert len(large.taken) + len(small.taken) == 400
    assert mailing.states == {"sent": 400}


@pytest.mark.long
def test_a_server_that_stalls_does_not_hold_the_other_up() -> None:
    mailing = Mailing(people=100)
    with SmtpServer(script=Ears(Moment.DOT, Act(stalls=True))) as dead, SmtpServer() as alive:
        options = Options(servers={"dead": as_server(dead), "alive": as_server(alive)})
        mailing.through(mailing.open(options, final_timeout=2.5))
        assert len(alive.taken) >= 90
    assert set(mailing.states) <= {"sent", "unknown"}


def test_where_one_server_refuses_us_the_other_sends_all() -> None:
    mailing = Mailing(people=60)
    with SmtpServer(script=Ears(Moment.MAIL, Act(reply="550 5.7.1 Go away"))) as angry, SmtpServer() as good:
        options = Options(servers={"angry": as_server(angry), "good": as_server(good)})
        mailing.through(mailing.open(options))
        assert angry.taken == []
        mailing.check(good)
    assert mailing.states == {"sent": 60}


def test_row_29_after_the_first_refused_login_no_second_one_is_tried() -> None:
    mailing = Mailing(people=200)

    def revoked(now: Now) -> Act | None:
        is_late = now.moment is Moment.AUTH and now.logins > 4
        return Act(reply="535 5.7.8 Revoked") if is_late else None

    with SmtpServer(script=revoked, login=("me", "secret-word")) as server:
        login = {"username": "me", "password": "secret-word"}
        for changes in ({"connections": 3, "mails_per_connection": 10, **login}, {}):
            with pytest.raises(PermanentFailure, match="535") as caught:
                mailing.send(server, **changes)
            assert "secret-word" not in str(caught.value)
            assert server.logins == 5
        mailing.check(server)
    assert set(mailing.states) == {"sent", "pending"}


def test_row_29_nobody_logs_in_between_a_refusal_and_the_word_of_it() -> None:
    def revoked(now: Now) -> Act | None:
        is_late = now.moment is Moment.AUTH and now.logins > 1
        return Act(reply="535 5.7.8 Revoked") if is_late else None

    others: list[Thread] = []

    def attempt() -> None:
        with suppress(PermanentFailure):
            relay.open()

    def clock() -> datetime:
        """Let another connection try, for a while, at the moment at which the refusal is noted."""
        if server.logins == 2 and not others:
            others.append(Thread(target=attempt))
            others[0].start()
            others[0].join(0.5)
        return NOW

    with SmtpServer(script=revoked, login=("me", "secret-word")) as server:
        account = replace(as_server(server), username="me", password="secret-word")
        relay = Relay("main", account, clock=clock, final_timeout=5)
        relay.open().drop()
        with pytest.raises(PermanentFailure, match="535"):
            relay.open()
        others[0].join()
        assert server.logins == 2


def test_the_cap_of_a_day_ends_the_run_and_says_so() -> None:
    mailing = Mailing(people=30)
    with SmtpServer() as server:
        for sent in (12, 12):
            with pytest.raises(TemporaryFailure, match="12 mails of this day"):
                mailing.through(mailing.open(reaching(server, connections=3, per_day=12)))
            mailing.check(server)
            assert mailing.states == {"sent": sent, "pending": 30 - sent}
        mailing.clock.by += timedelta(days=1)
        with pytest.raises(TemporaryFailure):
            mailing.send(server)
    assert mailing.states == {"sent": 24, "pending": 6}


def test_a_rate_holds_for_all_connections_together() -> None:
    mailing = Mailing(people=60)
    with SmtpServer() as server:
        started = monotonic()
        mailing.send(server, connections=5, rate=40)
        took = monotonic() - started
        mailing.check(server)
    assert mailing.states == {"sent": 60}
    # 60 mails at 40 a second, of which a second's worth may go at once.
    assert took >= (60 - 40) / 40


def test_a_domain_that_has_to_wait_makes_room_for_the_others() -> None:
    mailing = Mailing(people=40, domain="slow.example")
    with SmtpServer() as server:
        mailing.send(server, connections=3, domains={"slow.example": 4.0})
        mailing.check(server)
        found = mailing.states
        assert found["sent"] + found["deferred"] == 40
        assert found["deferred"] > 20
        assert "no more than 4 mails a second" in mailing.reasons(State.DEFERRED)[0]
    times = sorted(
        outcome.retry_at for _, outcome in mailing.outcomes().values() if outcome and outcome.retry_at
    )
    assert times[-1] - times[0] >= timedelta(seconds=(len(times) - 2) / 4)
