"""Rows 16 to 30 of the fault matrix: whatever the server does, every reader ends in a true state, once."""

import re
import socket
from contextlib import suppress
from threading import Event
from time import monotonic

import pytest
from tests.rim.mailing import SLUG, Ears, Mailing, either, wait_for

from vesicle.deliver.email import Options
from vesicle.model.delivery import State
from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.testing.smtpserver import Act, Moment, Now, SmtpServer

MODES = ["full", "envelope", "off"]


def free_port() -> int:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return int(nobody.getsockname()[1])


def test_row_16_a_server_that_refuses_connections_is_left_alone_for_a_while_and_all_stay_owed() -> None:
    mailing = Mailing(people=5)
    away = SmtpServer(port=free_port())
    for _ in range(2):
        with pytest.raises(TemporaryFailure, match="could not be reached"):
            mailing.send(away)
    assert mailing.states == {"pending": 5}


def test_row_16_the_waits_grow_and_end_with_the_first_mail_accepted() -> None:
    mailing = Mailing(people=2)
    with SmtpServer(script=Ears(Moment.GREETING, Act(reply="554 Go away"), times=2)) as server:
        for connections, minutes in ((1, 0), (1, 0), (2, 2), (2, 4), (3, 2)):
            mailing.clock.by += minutes * (mailing.lease / 2)
            with suppress(PermanentFailure):
                mailing.send(server)
            assert server.connections == connections
    assert mailing.states == {"sent": 2}


@pytest.mark.parametrize("mode", MODES)
def test_row_17_greylisting_puts_one_off_and_the_others_go_on(mode: str) -> None:
    mailing = Mailing(people=9)
    greylist = Ears(Moment.RCPT, Act(reply="450 4.7.1 Greylisted"), to="reader4@", times=1)
    with SmtpServer(script=greylist) as server:
        mailing.send(server, pipelining=mode)
        assert mailing.states == {"sent": 8, "deferred": 1}
        assert server.connections == 1
        mailing.check(server)
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == {"sent": 9}


@pytest.mark.parametrize("mode", MODES)
def test_row_17_a_421_ends_the_connection_and_not_the_run(mode: str) -> None:
    mailing = Mailing(people=9)
    going_down = Ears(Moment.RCPT, Act(reply="421 4.3.2 Going down", drops=True), times=2, after=3)
    with SmtpServer(script=going_down) as server:
        mailing.send_until_done(server, pipelining=mode)
        mailing.check(server)
    assert mailing.states == {"sent": 9}


def test_row_18_a_server_that_answers_454_to_a_third_gets_half_the_rate_and_everybody_their_mail() -> None:
    mailing = Mailing(people=120)

    def throttle(now: Now) -> Act | None:
        is_third = int(re.findall(r"\d+", now.address)[0]) % 10 < 3 if now.moment is Moment.RCPT else False
        return Act(reply="454 4.7.0 Slow down") if is_third and not mailing.clock.by else None

    with SmtpServer(script=throttle) as server:
        mailing.send(server, connections=4)
        assert mailing.states == {"sent": 84, "deferred": 36}
        assert mailing.factor("email/server/127.0.0.1") < 0.6
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == {"sent": 120}


@pytest.mark.parametrize("mode", MODES)
def test_row_19_a_refused_recipient_fails_alone(mode: str) -> None:
    mailing = Mailing(people=9)
    with SmtpServer(script=Ears(Moment.RCPT, Act(reply="550 5.1.1 No such user"), to="reader4@")) as server:
        mailing.send(server, pipelining=mode)
        mailing.check(server)
        assert server.connections == 1
    assert mailing.states == {"sent": 8, "failed": 1}
    assert mailing.reasons(State.FAILED) == ["RCPT: 550 5.1.1 No such user"]


@pytest.mark.parametrize("mode", MODES)
def test_row_20_a_refusal_after_the_dot_is_final(mode: str) -> None:
    mailing = Mailing(people=9)
    with SmtpServer(script=Ears(Moment.DOT, Act(reply="554 5.0.0 No"), to="reader4@")) as server:
        mailing.send(server, pipelining=mode)
        mailing.check(server)
        assert server.connections == 1
    assert mailing.states == {"sent": 8, "failed": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("moment", [Moment.MAIL, Moment.RCPT, Moment.DATA])
@pytest.mark.parametrize("after", [0, 4])
def test_row_21_a_connection_lost_before_354_costs_at_most_a_while(
    mode: str, moment: Moment, after: int
) -> None:
    mailing = Mailing(people=9)
    with SmtpServer(script=Ears(moment, Act(drops=True), times=1, after=after)) as server:
        mailing.send(server, pipelining=mode)
        # On a connection that was good for others it is tried once more at once.
        assert mailing.states == ({"sent": 9} if after else {"sent": 8, "deferred": 1})
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == {"sent": 9}


@pytest.mark.parametrize("mode", MODES)
def test_row_22_a_connection_lost_in_the_body_puts_one_off(mode: str) -> None:
    mailing = Mailing(people=4)
    lost = Event()
    key = mailing.key("reader2@example.com")
    mailing.ledger.before_begin = lambda one: None if one.key != key else wait_for(lost)
    with SmtpServer(script=Ears(Moment.BODY, Act(drops=True, sets=lost), to="reader2@", times=1)) as server:
        mailing.send(server, pipelining=mode)
        assert mailing.states == {"sent": 3, "deferred": 1}
        mailing.check(server)
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == {"sent": 4}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("keeps", [True, False])
def test_row_23_a_connection_lost_after_the_dot_leaves_one_unknown(mode: str, keeps: bool) -> None:
    mailing = Mailing(people=9)
    lost = Ears(Moment.DOT, Act(drops=True, keeps=keeps), to="reader4@")
    with SmtpServer(script=lost) as server:
        mailing.send_until_done(server, pipelining=mode)
        mailing.check(server)
        assert len(server.taken) == 8 + keeps
    assert mailing.states == {"sent": 8, "unknown": 1}


def test_row_24_a_late_250_is_waited_for_and_the_others_go_on() -> None:
    mailing = Mailing(people=40)
    late = Event()
    with SmtpServer(script=Ears(Moment.DOT, Act(waits_for=late), to="reader4@")) as server:
        seen = Ears(Moment.DOT, Act(), after=38)

        def script(now: Now) -> Act | None:
            if seen(now):
                late.set()
            return Act(waits_for=late) if now.moment is Moment.DOT and "reader4@" in now.address else None

        server.script = script
        mailing.send(server, connections=2)
        mailing.check(server)
    assert mailing.states == {"sent": 40}


@pytest.mark.parametrize("mode", MODES)
def test_row_25_a_250_that_does_not_come_in_time_leaves_one_unknown(mode: str) -> None:
    mailing = Mailing(people=9)
    with SmtpServer(script=Ears(Moment.DOT, Act(stalls=True), to="reader4@")) as server:
        mailing.send(server, pipelining=mode, final_timeout=0.3)
        mailing.check(server)
    assert mailing.states == {"sent": 8, "unknown": 1}
    assert "timed out" in mailing.reasons(State.UNKNOWN)[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_stalls_after_data_puts_one_off(mode: str) -> None:
    mailing = Mailing(people=4)
    with SmtpServer(script=Ears(Moment.DATA, Act(stalls=True), to="reader2@", times=3)) as server:
        mailing.send(server, pipelining=mode, timeout=0.3)
        mailing.check(server)
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == {"sent": 4}


@pytest.mark.parametrize("moment", [Moment.GREETING, Moment.EHLO])
def test_row_26_a_slow_opening_does_not_hold_the_run_up(moment: Moment) -> None:
    mailing = Mailing(people=2)
    with SmtpServer(script=Ears(moment, Act(gap=0.1))) as server:
        started = monotonic()
        with pytest.raises(TemporaryFailure, match="timed out"):
            mailing.send(server, timeout=0.5)
        assert monotonic() - started < 5
    assert mailing.states == {"pending": 2}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("moment", "state"), [(Moment.MAIL, "deferred"), (Moment.DATA, "deferred"), (Moment.DOT, "unknown")]
)
def test_row_26_a_slow_answer_does_not_extend_its_time(mode: str, moment: Moment, state: str) -> None:
    mailing = Mailing(people=6)

    def slow(now: Now) -> Act | None:
        # MAIL does not tell whom it is for.
        return Act(gap=0.1) if now.connection == 1 and now.moment is moment else None

    with SmtpServer(script=slow) as server:
        mailing.send(server, pipelining=mode, connections=2, timeout=0.5, final_timeout=0.5)
        mailing.check(server)
        if state == "deferred":
            mailing.send_until_done(server)
            assert mailing.states == {"sent": 6}
        else:
            assert mailing.states == {"sent": 5, "unknown": 1}
        mailing.check(server)


ODD = {
    "gibberish": b"hello there\r\n",
    "no code": b"\r\n",
    "a code of its own": b"999 what\r\n",
    "a 1xx": b"199 wait\r\n",
    "binary": bytes(range(256)) + b"\r\n",
    "a line of 100 KB": b"250 " + b"x" * 100_000 + b"\r\n",
    "no end of a line": b"x" * 100_000,
    "no end of lines": b"250-more\r\n" * 5_000,
    "two codes": b"250-yes\r\n550 no\r\n",
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("moment", [Moment.GREETING, Moment.EHLO, Moment.MAIL, Moment.DATA, Moment.DOT])
def test_row_27_what_is_no_reply_ends_the_connection_alone(reply: bytes, moment: Moment) -> None:
    mailing = Mailing(people=4)
    with SmtpServer(script=Ears(moment, Act(reply=reply, keeps=True), times=1)) as server:
        try:
            mailing.send(server, timeout=2)
        except (TemporaryFailure, PermanentFailure):
            assert moment in (Moment.GREETING, Moment.EHLO)
        mailing.check(server)
        unknown = mailing.ledger.tally(SLUG)[State.UNKNOWN]
        assert unknown == (1 if moment is Moment.DOT else 0)
        mailing.clock.by += mailing.lease
        mailing.send_until_done(server)
        mailing.check(server)
    assert mailing.states == ({"sent": 3, "unknown": 1} if unknown else {"sent": 4})


@pytest.mark.parametrize("moment", [Moment.GREETING, Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.DOT])
@pytest.mark.parametrize("gap", [None, 0.0])
def test_row_27_replies_of_many_lines_in_pieces_and_not_in_ascii_are_read(
    moment: Moment, gap: float | None
) -> None:
    code = {Moment.GREETING: "220", Moment.DATA: "354"}.get(moment, "250")
    reply = f"{code}-ผู้ส่ง\r\n{code}-\r\n{code} \udcff ok\r\n".encode(errors="surrogateescape")
    mailing = Mailing(people=4)
    with SmtpServer(script=Ears(moment, Act(reply=reply, gap=gap))) as server:
        mailing.send(server)
        mailing.check(server)
        assert server.connections == 1
    assert mailing.states == {"sent": 4}


@pytest.mark.parametrize("mode", MODES)
def test_row_27_a_250_that_came_before_the_dot_is_not_its_answer(mode: str) -> None:
    """The server says one reply too many behind its 354, and refuses the mail itself."""
    mailing = Mailing(people=3)
    early = Ears(Moment.DATA, Act(reply=b"354 Go on\r\n250 2.0.0 Kept\r\n"), times=1)
    with SmtpServer(script=either(early, Ears(Moment.DOT, Act(reply="554 5.0.0 No"), times=1))) as server:
        mailing.send_until_done(server, pipelining=mode)
        mailing.check(server)


def test_row_30_a_name_that_is_not_found_leaves_all_owed() -> None:
    mailing = Mailing(people=2)
    # An interface that does not exist: it is looked up on this machine alone.
    options = Options(host="fe80::1%nosuchif", security="tls", ehlo="x", timeout=5)
    with pytest.raises(TemporaryFailure, match="could not be reached"):
        mailing.through(mailing.open(options))
    assert mailing.states == {"pending": 2}
