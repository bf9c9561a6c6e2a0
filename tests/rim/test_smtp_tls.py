"""The channel `email` and encryption: nothing goes out in plain text that should not."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.rim.certificates import made_certificate
from tests.rim.mailing import Ears, Mailing

from vesicle.deliver.email import Channel, Options
from vesicle.model.delivery import Frozen, State, Tally
from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message
from vesicle.model.subscriber import Audience, Subscriber, SubscriberStatus
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.mailserver import MailServer
from vesicle.testing.memory import MemoryLedger, MemorySubscribers
from vesicle.testing.smtpserver import Act, Moment, SmtpServer

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
SENDER = Mailbox(name="News", address="news@example.org")
MESSAGE = Message(
    channel="email", slug="one", lang="en", subject="One", text="Hi", html="<p>Hi</p>", sender=SENDER
)
READER = Subscriber(id="0f" * 16, email="a@example.com", status=SubscriberStatus.CONFIRMED, language="en")

with_certificate = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


def deliver(server: MailServer, *, username: str = "", password: str = "") -> Tally:
    """Send one mail by STARTTLS, as is the default, and tell what the ledger says of it at the end."""
    ledger, clock = MemoryLedger(MemorySubscribers([READER])), FixedClock(NOW)
    ledger.freeze(Frozen(slug="one", channel="email", hash="h", messages={"en": MESSAGE}), Audience())
    options = Options(host=server.host, port=server.port, username=username, password=password, ehlo="x.org")
    feed = iter(ledger.take("email", limit=9, now=NOW, lease=timedelta(hours=1)))
    try:
        Channel(options, desk=plain_desk(clock)).deliver_all(feed, ledger)
    finally:
        tally = ledger.tally("one")
        assert tally[State.SENT] + tally[State.PENDING] == 1
    return tally


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for 127.0.0.1 that nobody but itself vouches for, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    )
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def server(certificate: Path, tmp_path: Path) -> Iterator[MailServer]:
    """A server that offers STARTTLS and wants `me` with `secret-word`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with MailServer(tmp_path / "mail", tls=context, login=("me", "secret-word")) as server:
        yield server


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


def test_a_server_without_starttls_is_refused(tmp_path: Path) -> None:
    with (
        MailServer(tmp_path / "mail", login=("me", "secret-word")) as server,
        pytest.raises(PermanentFailure, match="STARTTLS extension not supported"),
    ):
        deliver(server, username="me", password="secret-word")
    assert server.received == []


class TestWithACertificate:
    pytestmark = with_certificate

    def test_one_that_nobody_vouches_for_is_refused(self, server: MailServer) -> None:
        with pytest.raises(PermanentFailure, match="certificate that is not trusted"):
            deliver(server, username="me", password="secret-word")
        assert server.received == []

    @pytest.mark.usefixtures("trusted")
    def test_mail_goes_out_encrypted_and_logged_in(self, server: MailServer) -> None:
        assert deliver(server, username="me", password="secret-word")[State.SENT] == 1
        assert [mail.recipient for mail in server.received] == ["a@example.com"]

    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize(("username", "password"), [("me", "wrong-word"), ("", "")])
    def test_a_refused_login_stops_the_run_and_tells_no_password(
        self, server: MailServer, username: str, password: str
    ) -> None:
        with pytest.raises(PermanentFailure, match=r"53[05]") as caught:
            deliver(server, username=username, password=password)
        assert "word" not in str(caught.value)
        assert server.received == []


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return made_certificate(tmp_path, days=9)


ENCRYPTED: dict[str, Any] = {"security": "starttls", "connections": 3}


@pytest.mark.parametrize("mode", ["full", "envelope", "off"])
def test_many_go_out_encrypted_pipelined_or_not(good: ssl.SSLContext, mode: str) -> None:
    mailing = Mailing(people=60)
    with SmtpServer(tls=good) as server:
        mailing.send(server, pipelining=mode, **ENCRYPTED)
        mailing.check(server)
        assert server.encrypted == server.connections > 0
    assert mailing.states == {"sent": 60}


def test_row_28_an_expired_certificate_is_refused_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    mailing = Mailing(people=3)
    with SmtpServer(tls=made_certificate(tmp_path, days=-1)) as server:
        with pytest.raises(PermanentFailure, match="not trusted: certificate has expired"):
            mailing.send(server, **ENCRYPTED)
        assert not any(command.startswith("MAIL") for command in server.commands)
    assert mailing.states == {"pending": 3}


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Act(reply="454 4.7.0 TLS not available"), TemporaryFailure),
        (Act(reply="502 5.5.1 No TLS today"), PermanentFailure),
        (Act(drops=True), TemporaryFailure),
        # What somebody in the middle puts behind the answer, to be read as if it had been encrypted.
        (Act(reply=b"220 Go on\r\n250 2.1.0 OK\r\n"), TemporaryFailure),
        (Act(reply=b"220 Go on\r\n", drops=True), TemporaryFailure),
    ],
)
def test_row_28_nothing_goes_out_in_plain_where_encrypting_fails(
    good: ssl.SSLContext, act: Act, error: type[Exception]
) -> None:
    mailing = Mailing(people=3)
    with SmtpServer(tls=good, script=Ears(Moment.STARTTLS, act)) as server:
        with pytest.raises(error):
            mailing.send(server, **ENCRYPTED)
        assert not any(command.startswith("MAIL") for command in server.commands)
    assert mailing.states == {"pending": 3}


def test_row_28_a_server_that_stops_offering_tls_gets_nothing(good: ssl.SSLContext) -> None:
    mailing = Mailing(people=3)
    with SmtpServer() as server, pytest.raises(PermanentFailure, match="STARTTLS"):
        mailing.send(server, **ENCRYPTED)
    assert mailing.states == {"pending": 3}


def test_an_encrypted_connection_that_is_dropped_after_the_dot_leaves_one_unknown(
    good: ssl.SSLContext,
) -> None:
    mailing = Mailing(people=9)
    with SmtpServer(tls=good, script=Ears(Moment.DOT, Act(drops=True, keeps=True), to="reader4@")) as server:
        mailing.send_until_done(server, **ENCRYPTED)
        mailing.check(server)
    assert mailing.states == {"sent": 8, "unknown": 1}
