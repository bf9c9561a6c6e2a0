"""The channel `email` against a real server on loopback, for every way a mail can end."""

import logging
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from vesicle.deliver.email import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import ContentError, PermanentFailure, TemporaryFailure
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.ports import Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import KEY, plain_desk
from vesicle.testing.mailserver import DROP, SILENCE, MailServer, Moment, Script
from vesicle.testing.memory import MemoryLedger, MemorySubscribers
from vesicle.text import tokens

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
STAND_IN = Personal.UNSUBSCRIBE_URL.value
MESSAGE = Message(
    channel="email",
    slug="2026-11-26-first",
    lang="en",
    subject="What vesicles carry",
    text=f"Hello.\n.\nLeave: {STAND_IN}\n",
    html=f'<p>Hello.</p>\n.\n<a href="{STAND_IN}">Leave</a>\n',
    sender=Mailbox(name="Conditioned Media", address="news@example.org"),
    headers=(
        ("List-Id", "Conditioned Media <conditioned-media.example.org>"),
        ("List-Unsubscribe", f"<{STAND_IN}>"),
    ),
)


class Witness(MemoryLedger):
    """A ledger that remembers what it was told, and can look at the server when a mail begins."""

    def __init__(self, people: MemorySubscribers) -> None:
        super().__init__(people)
        self.told: list[tuple[str, str]] = []
        self.at_begin: Callable[[], None] = lambda: None

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        self.at_begin()
        self.told.append(("begin", address(delivery)))
        return super().begin(delivery, now=now)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        self.told.append((outcome.state, address(delivery)))
        super().end(delivery, outcome)


def address(delivery: Delivery) -> str:
    return delivery.to.email if delivery.to else ""


def reaching(server: MailServer, **changes: Any) -> Options:
    fields: dict[str, Any] = {"host": server.host, "port": server.port, "security": "none"}
    return Options(**(fields | {"ehlo": "test.example", "connections": 1} | changes))


@dataclass(kw_only=True)
class Run:
    """One frozen newsletter, its ledger, and the deliveries taken for it."""

    ledger: Witness
    clock: FixedClock
    desk: Desk
    feed: Iterator[Delivery]
    keys: dict[str, str]

    def deliver(self, server: MailServer) -> None:
        self.through(reaching(server))

    def through(self, options: Options, *, final_timeout: float = 600.0) -> None:
        Channel(options, desk=self.desk, final_timeout=final_timeout).deliver_all(self.feed, self.ledger)

    def outcome(self, email: str) -> Outcome:
        found = self.ledger.outcome(self.keys[email])
        assert found is not None
        return found

    def tally(self) -> dict[State, int]:
        """How many are in each state, once what is left of the feed is given back as well."""
        self.ledger.release(list(self.feed))
        return dict(self.ledger.tally(MESSAGE.slug).counts)

    def states(self) -> list[str]:
        return [state for state, _ in self.ledger.told]


def begun(
    *emails: str, message: Message = MESSAGE, lease: timedelta = timedelta(hours=1), name: str = ""
) -> Run:
    people = [
        Subscriber(id=f"{n:032x}", email=email, status=SubscriberStatus.CONFIRMED, language="en", name=name)
        for n, email in enumerate(emails, 1)
    ]
    ledger = Witness(MemorySubscribers(people))
    frozen = Frozen(slug=message.slug, channel="email", hash="h", messages={"en": message})
    ledger.freeze(frozen, Audience())
    taken = ledger.take("email", limit=100, now=NOW, lease=lease)
    clock = FixedClock(NOW)
    return Run(
        ledger=ledger,
        clock=clock,
        desk=plain_desk(clock),
        feed=iter(taken),
        keys={address(delivery): delivery.key for delivery in taken},
    )


def answering(moment: Moment, reply: str, *, to: str = "", first: int = 10**6) -> Script:
    """A script that gives *reply* at *moment*, where *to* is the address asked about, the *first* times."""
    left = iter(range(first))

    def script(now: Moment, about: str) -> str:
        return reply if now is moment and to in about and next(left, None) is not None else ""

    return script


def recipients(server: MailServer) -> list[str]:
    return [mail.recipient for mail in server.received]


def test_everyone_gets_their_own_mail_over_one_connection(tmp_path: Path) -> None:
    run = begun("a@example.com", "b@example.com", "c@example.com", name="Rosalind Ünlü")
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert recipients(server) == ["a@example.com", "b@example.com", "c@example.com"]
    assert server.connections == 1
    assert len(server.maildir) == 3
    assert run.ledger.told == [
        (what, f"{who}@example.com") for who in "abc" for what in ("begin", State.SENT)
    ]
    for number, mail in enumerate(server.received, 1):
        parsed = BytesParser(policy=policy.default).parsebytes(mail.content)
        assert mail.sender == "news@example.org"
        assert parsed["To"] == f"Rosalind Ünlü <{mail.recipient}>"
        assert parsed["Date"] == "Thu, 26 Nov 2026 02:00:00 +0000"
        token = parsed["List-Unsubscribe"].removeprefix("<https://news.example.org/u/").removesuffix(">")
        assert tokens.read(KEY, "unsubscribe", token) == f"{number:032x}.conditioned-media"
        text = parsed.get_body(("plain",))
        assert text is not None
        assert text.get_content().splitlines() == [
            "Hello.",
            ".",
            f"Leave: https://news.example.org/u/{token}",
        ]


def test_the_receipt_is_what_the_server_said_and_the_message_id_can_be_told_from_the_key(
    tmp_path: Path,
) -> None:
    run = begun("a@example.com")
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    receipt = run.outcome("a@example.com").receipt
    assert receipt.raw == "250 2.0.0 OK kept as 1"
    parsed = BytesParser(policy=policy.default).parsebytes(server.received[0].content)
    slug, _, rest = parsed["Message-ID"].strip("<>").partition(".")
    seal, _, domain = rest.partition("@")
    assert (slug, len(seal), domain) == ("2026-11-26-first", 32, "example.org")


def test_begin_comes_after_the_body_and_before_the_mail_is_the_servers(tmp_path: Path) -> None:
    run = begun("a@example.com")
    seen: list[int] = []
    with MailServer(tmp_path / "mail") as server:
        run.ledger.at_begin = lambda: seen.append(len(server.received))
        run.deliver(server)
    assert seen == [0]
    assert len(server.received) == 1


def test_a_delivery_that_somebody_else_owns_is_dropped_without_the_dot(tmp_path: Path) -> None:
    run = begun("a@example.com", lease=timedelta(minutes=1))
    run.clock.forward(timedelta(minutes=2))
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert server.received == []
    assert run.ledger.told == [("begin", "a@example.com")]


def test_after_a_dropped_delivery_the_next_goes_out_on_a_new_connection(tmp_path: Path) -> None:
    late, run = begun("late@example.com", lease=timedelta(minutes=1)), begun("b@example.com")
    stolen = next(late.feed)
    run.feed = iter([replace(stolen, token="somebody else's"), *run.feed])
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert recipients(server) == ["b@example.com"]
    assert server.connections == 2
    assert run.states() == ["begin", "begin", State.SENT]


def test_a_ledger_that_breaks_at_begin_lets_no_mail_out(tmp_path: Path) -> None:
    run = begun("a@example.com", "b@example.com")

    def broken() -> None:
        raise RuntimeError("the disk is full")

    run.ledger.at_begin = broken
    with MailServer(tmp_path / "mail") as server, pytest.raises(RuntimeError, match="disk is full"):
        run.deliver(server)
    assert server.received == []
    assert run.ledger.told == []


@pytest.mark.parametrize("moment", [Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.DOT])
def test_a_refusal_for_now_defers_one_and_the_next_goes_out(tmp_path: Path, moment: Moment) -> None:
    run = begun("a@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", script=answering(moment, "451 4.3.0 Try later", first=1)) as server:
        run.deliver(server)
    assert recipients(server) == ["b@example.com"]
    assert server.connections == 1
    outcome = run.outcome("a@example.com")
    assert outcome.state is State.DEFERRED
    assert outcome.reason == f"{moment}: 451 4.3.0 Try later"
    assert outcome.retry_at is not None
    assert timedelta(minutes=1) <= outcome.retry_at - NOW <= timedelta(minutes=1.25)


@pytest.mark.parametrize("moment", [Moment.RCPT, Moment.DATA, Moment.DOT])
def test_a_refusal_of_the_recipient_fails_that_one_alone(tmp_path: Path, moment: Moment) -> None:
    run = begun("a@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", script=answering(moment, "550 5.1.1 No such user", to="a@")) as server:
        run.deliver(server)
    assert recipients(server) == ["b@example.com"]
    assert server.connections == 1
    assert run.outcome("a@example.com").state is State.FAILED
    assert run.outcome("a@example.com").reason == f"{moment}: 550 5.1.1 No such user"
    assert run.outcome("b@example.com").state is State.SENT


@pytest.mark.parametrize(
    ("moment", "reply"),
    [
        (Moment.MAIL, "530 5.7.0 Authentication required"),
        (Moment.MAIL, "550 Sender refused"),
        (Moment.RCPT, "550 5.7.1 Relay access denied"),
        (Moment.RCPT, "550 5.7.515 Access denied, sending domain does not meet the required level"),
        (Moment.DOT, "554 5.7.1 Looks like spam"),
        (Moment.DOT, "552 5.3.4 Message too big"),
    ],
)
def test_a_refusal_of_us_stops_the_run_and_blames_nobody(tmp_path: Path, moment: Moment, reply: str) -> None:
    run = begun("a@example.com", "b@example.com")
    with (
        MailServer(tmp_path / "mail", script=answering(moment, reply)) as server,
        pytest.raises(PermanentFailure, match=reply[:3]),
    ):
        run.deliver(server)
    assert server.received == []
    assert server.connections == 1
    # Begun or named in the refusal: it comes back later, behind the others. All else is owed as before.
    owed = {State.PENDING: 2} if moment is Moment.MAIL else {State.PENDING: 1, State.DEFERRED: 1}
    assert run.tally() == owed


@pytest.mark.parametrize("moment", [Moment.MAIL, Moment.RCPT, Moment.DATA])
@pytest.mark.parametrize("reply", [DROP, "421 4.3.2 Going down", "gibberish"])
def test_a_connection_lost_before_the_dot_defers(tmp_path: Path, moment: Moment, reply: str) -> None:
    run = begun("a@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", script=answering(moment, reply, first=1)) as server:
        run.deliver(server)
    assert recipients(server) == ["b@example.com"]
    assert run.outcome("a@example.com").state is State.DEFERRED
    assert run.ledger.told[:2] == [(State.DEFERRED, "a@example.com"), ("begin", "b@example.com")]


@pytest.mark.parametrize("reply", [DROP, "421 4.7.0 Too many mails on this connection"])
def test_a_server_that_closes_between_two_mails_delays_nobody(tmp_path: Path, reply: str) -> None:
    run = begun("a@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", script=answering(Moment.RCPT, reply, to="b@", first=1)) as server:
        run.deliver(server)
    assert recipients(server) == ["a@example.com", "b@example.com"]
    assert server.connections == 2
    assert run.states() == ["begin", State.SENT, "begin", State.SENT]


def test_an_answer_lost_after_the_dot_is_unknown_and_never_sent_again(tmp_path: Path) -> None:
    run = begun("a@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", script=answering(Moment.DOT, DROP, to="a@")) as server:
        run.deliver(server)
    assert recipients(server) == ["a@example.com", "b@example.com"]
    assert run.outcome("a@example.com").state is State.UNKNOWN
    assert run.outcome("b@example.com").state is State.SENT


def test_an_answer_that_never_comes_is_unknown(tmp_path: Path) -> None:
    run = begun("a@example.com")
    with MailServer(tmp_path / "mail", script=answering(Moment.DOT, SILENCE)) as server:
        started = monotonic()
        run.through(reaching(server), final_timeout=0.1)
    # Not the minute that every other step may take.
    assert monotonic() - started < 30
    assert recipients(server) == ["a@example.com"]
    assert run.outcome("a@example.com").state is State.UNKNOWN
    assert "timed out" in run.outcome("a@example.com").reason


def test_a_server_that_never_answers_before_the_dot_defers(tmp_path: Path) -> None:
    run = begun("a@example.com")
    with MailServer(tmp_path / "mail", script=answering(Moment.RCPT, SILENCE)) as server:
        run.through(reaching(server, timeout=0.5))
    assert run.states() == [State.DEFERRED]


def test_a_reply_after_the_dot_that_is_none_is_unknown(tmp_path: Path) -> None:
    run = begun("a@example.com")
    with MailServer(tmp_path / "mail", script=answering(Moment.DOT, "354 go on")) as server:
        run.deliver(server)
    assert run.outcome("a@example.com").state is State.UNKNOWN


def test_a_421_after_the_dot_defers_and_reconnects(tmp_path: Path) -> None:
    run = begun("a@example.com", "b@example.com")
    script = answering(Moment.DOT, "421 4.3.2 Shutting down", first=1)
    with MailServer(tmp_path / "mail", script=script) as server:
        run.deliver(server)
    assert run.states() == ["begin", State.DEFERRED, "begin", State.SENT]
    assert server.connections == 2


def test_a_server_that_is_away_stops_the_run_with_nothing_begun() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        run = begun("a@example.com", "b@example.com")
        with pytest.raises(TemporaryFailure, match=f"127.0.0.1:{port} could not be reached"):
            run.through(Options(host="127.0.0.1", port=port, security="none"))
    assert run.ledger.told == []
    assert run.tally() == {State.PENDING: 2}


def test_an_address_outside_ascii_goes_to_a_server_that_offers_it(tmp_path: Path) -> None:
    run = begun("läser@bücher.example", "b@example.com")
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert recipients(server) == ["läser@xn--bcher-kva.example", "b@example.com"]
    assert "To: läser@xn--bcher-kva.example\r\n".encode() in server.received[0].content


def test_an_address_outside_ascii_fails_alone_where_the_server_does_not_offer_it(tmp_path: Path) -> None:
    run = begun("läser@example.com", "b@example.com")
    with MailServer(tmp_path / "mail", offers_utf8=False) as server:
        run.deliver(server)
    assert recipients(server) == ["b@example.com"]
    assert "SMTPUTF8" in run.outcome("läser@example.com").reason


def test_an_address_that_is_none_fails_without_a_connection(tmp_path: Path) -> None:
    run = begun("a@example.com>\r\nRCPT TO:<b@example.com")
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert server.connections == 0
    assert run.states() == [State.FAILED]


def test_a_newsletter_that_cannot_be_written_stops_before_the_first_mail(tmp_path: Path) -> None:
    evil = replace(MESSAGE, subject="Hello\r\nBcc: all@example.org")
    run = begun("a@example.com", "b@example.com", message=evil)
    with MailServer(tmp_path / "mail") as server, pytest.raises(ContentError, match="Subject holds"):
        run.deliver(server)
    assert server.connections == 0
    assert run.ledger.told == [(State.DEFERRED, "a@example.com")]


def test_a_log_line_names_the_delivery_and_no_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = begun("a@example.com")
    with caplog.at_level(logging.INFO, "vesicle"), MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("vesicle")]
    assert lines == [f"deliver.sent channel=email key={run.keys['a@example.com']}"]


def test_no_feed_opens_no_connection(tmp_path: Path) -> None:
    run = begun()
    with MailServer(tmp_path / "mail") as server:
        run.deliver(server)
    assert server.connections == 0
