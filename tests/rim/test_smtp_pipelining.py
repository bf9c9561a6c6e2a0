"""Pipelining (RFC 2920): used where it is offered, read in order, and given up where it does not work."""

import pytest
from tests.rim.mailing import Ears, Mailing, either

from vesicle.testing.smtpserver import Act, Fault, Moment, Now, SmtpServer

MODES = ["full", "envelope", "off"]
PLAIN = ("8BITMIME",)


@pytest.mark.parametrize("mode", MODES)
def test_all_arrive_once_in_every_mode(mode: str) -> None:
    mailing = Mailing(people=60)
    with SmtpServer() as server:
        mailing.send(server, connections=3, pipelining=mode)
        mailing.check(server)
        assert server.connections <= 3
    assert mailing.states == {"sent": 60}


def test_without_the_offer_nothing_is_pipelined() -> None:
    """A server that throws away what it did not ask for yet still gets every mail."""
    mailing = Mailing(people=6)
    with SmtpServer(extensions=PLAIN, fault=Fault.DISCARDS) as server:
        mailing.send(server)
        assert server.connections == 1
        mailing.check(server)
    assert mailing.states == {"sent": 6}


def test_with_the_offer_one_write_holds_the_dot_and_the_next_envelope() -> None:
    mailing = Mailing(people=80)
    with SmtpServer() as server:
        mailing.send(server)
        mailing.check(server)
        # Wherever the next mail was there in time; it may be late on a busy machine, but not always.
        assert server.behind
        assert server.behind == ["MAIL", "RCPT", "DATA"] * (len(server.behind) // 3)
    with SmtpServer() as server:
        mailing = Mailing(people=80)
        mailing.send(server, pipelining="envelope")
        mailing.check(server)
        assert server.behind == []


@pytest.mark.parametrize("fault", list(Fault))
def test_a_server_that_offers_it_and_breaks_it_is_spoken_to_plainly(fault: Fault) -> None:
    mailing = Mailing(people=6)
    with SmtpServer(fault=fault) as server:
        mailing.send(server, timeout=0.4, final_timeout=2)
        mailing.check(server)
        mailing.send_until_done(server)
        mailing.check(server)
        # What was learned stays: no silence is waited for again.
        assert server.connections <= 4
    assert mailing.states["sent"] >= 5


@pytest.mark.parametrize(
    ("moment", "reply"),
    [
        (Moment.MAIL, "451 4.3.0 Later"),
        (Moment.RCPT, "451 4.3.0 Later"),
        (Moment.RCPT, "550 5.1.1 No"),
        (Moment.DATA, "451 4.3.0 Later"),
        (Moment.DATA, "550 5.1.1 No"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_after_a_refusal_the_next_mail_goes_out_on_the_same_connection(
    moment: Moment, reply: str, mode: str
) -> None:
    mailing = Mailing(people=5)
    about = "" if moment is Moment.MAIL else "reader3@"
    times = 1 if moment is Moment.MAIL else 9
    with SmtpServer(script=Ears(moment, Act(reply=reply), to=about, times=times)) as server:
        mailing.send(server, pipelining=mode)
        assert server.connections == 1
        mailing.check(server)
    assert mailing.states["sent"] == 4


def test_data_that_is_accepted_after_a_refusal_is_ended_by_a_lone_dot() -> None:
    """RFC 2920, section 3.1: 354 although no recipient was taken."""
    mailing = Mailing(people=3)
    refuse = Ears(Moment.RCPT, Act(reply="550 5.1.1 No"), to="reader2@")
    eager = Ears(Moment.DATA, Act(reply="354 Go on all the same"))
    with SmtpServer(script=either(refuse, eager)) as server:
        mailing.send(server)
        mailing.check(server)
        assert server.connections == 1
        assert [mail.recipient for mail in server.taken] == ["reader1@example.com", "reader3@example.com"]
    assert mailing.states == {"sent": 2, "failed": 1}


def test_no_dot_is_sent_where_a_refused_mail_has_a_recipient_all_the_same() -> None:
    mailing = Mailing(people=2)
    refuse = Ears(Moment.MAIL, Act(reply="451 4.3.0 Later"), times=1)
    eager = Ears(Moment.RCPT, Act(reply="250 2.1.5 OK"))
    with SmtpServer(script=either(refuse, eager, Ears(Moment.DATA, Act(reply="354 Go on")))) as server:
        mailing.send(server)
        assert all(mail.content for mail in server.taken)
        mailing.send_until_done(server)
        assert len(server.taken) == 2
        mailing.check(server)


@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_closes_after_every_50_mails_delays_nobody(mode: str) -> None:
    mailing = Mailing(people=230)

    def fifty(now: Now) -> Act | None:
        return Act(drops=True) if now.moment is Moment.MAIL and now.mails == 50 else None

    with SmtpServer(script=fifty) as server:
        mailing.send(server, pipelining=mode, connections=2, mails_per_connection=0)
        mailing.check(server)
        assert server.connections >= 4
    assert mailing.states == {"sent": 230}


def test_a_connection_is_closed_after_its_number_of_mails() -> None:
    mailing = Mailing(people=10)
    with SmtpServer() as server:
        mailing.send(server, mails_per_connection=4)
        mailing.check(server)
        assert server.connections == 3
        assert server.commands.count("QUIT") == 3
    assert mailing.states == {"sent": 10}
