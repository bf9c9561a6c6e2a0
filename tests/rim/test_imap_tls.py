"""The mailbox `imap` and encryption: no password goes to whoever is not who we asked for."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vesicle.mailbox.imap import Mailbox, Options
from vesicle.mailbox.imap.options import Security
from vesicle.model.errors import OutsideError, PermanentFailure
from vesicle.queue.clock import now
from vesicle.testing.imapserver import Act, ImapServer, Now

Made = Callable[..., ssl.SSLContext]
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Make the context of a server whose certificate we trust, for *address* and *days* from now."""

    def certificate(*, address: str = "127.0.0.1", days: int = 9) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        signed = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, BEGUN, now() + timedelta(days=days))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (tmp_path / "cert.pem").write_bytes(signed.public_bytes(pem))
        (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, form, secret))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        return context

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return certificate


def read(server: ImapServer, security: Security) -> list[bytes]:
    options = Options(
        host=server.host,
        port=server.port,
        security=security,
        username="me",
        password="secret-word",
        timeout=20,
    )
    mailbox = Mailbox(options, folder=Path())
    try:
        return [one.content for one in mailbox.new()]
    finally:
        mailbox.close()


def heard(server: ImapServer) -> set[str]:
    return {one.partition(" ")[0] for one in server.commands} & {"LOGIN", "AUTHENTICATE"}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_are_read_over_an_encrypted_connection(made: Made, security: Security) -> None:
    with ImapServer(tls=made(), has_starttls=security == "starttls") as server:
        server.put(b"x" * 100_000)
        assert read(server, security) == [b"x" * 100_000]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("wrong", [{"days": -1}, {"address": "127.0.0.2"}])
def test_a_certificate_that_does_not_hold_is_refused(
    made: Made, security: Security, wrong: dict[str, str | int]
) -> None:
    with ImapServer(tls=made(**wrong), has_starttls=security == "starttls") as server:
        with pytest.raises(PermanentFailure, match="certificate that is not trusted"):
            read(server, security)
        assert heard(server) == set()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = made()
    monkeypatch.delenv("SSL_CERT_FILE")
    with ImapServer(tls=context) as server:
        with pytest.raises(PermanentFailure, match="certificate that is not trusted"):
            read(server, "tls")
        assert heard(server) == set()


@pytest.mark.parametrize(
    "act",
    [
        Act(reply="BAD not here"),
        Act(reply="NO not now"),
        Act(drops=True),
        Act(raw=b"TAG OK begin\r\n* PREAUTH come in\r\nnot encrypted at all\r\n"),
    ],
)
def test_nothing_is_said_in_plain_text_where_encrypting_fails(made: Made, act: Act) -> None:
    def script(now: Now) -> Act | None:
        return act if now.command == "STARTTLS" else None

    with ImapServer(tls=made(), has_starttls=True, script=script) as server:
        with pytest.raises(OutsideError):
            read(server, "starttls")
        assert heard(server) == set()


@pytest.mark.parametrize("greeting", [b"* PREAUTH welcome\r\n", b"* OK [CAPABILITY IMAP4rev1] hi\r\n"])
def test_a_server_that_does_not_offer_encryption_hears_no_password(greeting: bytes) -> None:
    def script(now: Now) -> Act | None:
        return Act(raw=greeting) if now.command == "greeting" else None

    with ImapServer(script=script) as server, pytest.raises(OutsideError):
        read(server, "starttls")
    with ImapServer() as server, pytest.raises(PermanentFailure, match="does not offer STARTTLS"):
        read(server, "starttls")
    assert heard(server) == set()
