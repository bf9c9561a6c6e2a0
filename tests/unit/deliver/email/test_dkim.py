"""Our signatures against dkimpy, which verifies them as a receiver does."""

import os
import signal
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import active_children

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rim.mailing import MESSAGE, Mailing

from vesicle.deliver.email import Options
from vesicle.deliver.email.dkim import Key, public_key, signer
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.deliver.email.options import Algorithm, Dkim
from vesicle.model.delivery import Delivery
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.testing.desk import plain_desk

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[Algorithm, Key] = {"rsa": RSA, "ed25519": ED25519}
READER = Subscriber(
    id="0f" * 16, email="reader@example.com", name="Jürgen", status=SubscriberStatus.CONFIRMED, language="en"
)


def pem(key: Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def options(algorithm: Algorithm) -> Dkim:
    return Dkim(domain="example.org", selector="news1", key=pem(KEYS[algorithm]), algorithm=algorithm)


def dns(algorithm: Algorithm) -> Callable[..., bytes]:
    """What the domain's owner publishes."""
    public = KEYS[algorithm].public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes_raw()
    else:
        raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = f"v=DKIM1; k={algorithm}; p={b64encode(raw).decode()}".encode()

    def found(name: bytes, timeout: int = 5) -> bytes:
        return record if name == b"news1._domainkey.example.org." else b""

    return found


def written(algorithm: Algorithm, message: Message = MESSAGE) -> bytes:
    letters = Letters(Options(dkim=options(algorithm)), plain_desk(Mailing(people=0).clock))
    delivery = Delivery(key="k", frozen="one", message=message, token="t", attempts=1, to=READER)
    letter = letters.write(delivery)
    assert isinstance(letter, Letter)
    return letter.mail


def is_valid(mail: bytes, algorithm: Algorithm) -> bool:
    return bool(dkim.verify(mail, dnsfunc=dns(algorithm)))


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_a_receiver_finds_every_signature_good(algorithm: Algorithm) -> None:
    headers = (
        *MESSAGE.headers,
        ("List-Unsubscribe", "<VSCLunsubscribeURLx>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    mail = written(algorithm, replace(MESSAGE, headers=headers))
    assert is_valid(mail, algorithm)
    signed = mail.partition(b" h=")[2].partition(b";")[0].replace(b"\r\n ", b"").split(b":")
    assert {b"from", b"to", b"subject", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(signed)
    assert max(map(len, mail.split(b"\r\n"))) <= 200


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_the_public_key_is_that_of_the_record(algorithm: Algorithm) -> None:
    record = dns(algorithm)(b"news1._domainkey.example.org.").decode()
    assert record.endswith(f"p={public_key(options(algorithm))}")


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_a_changed_mail_is_found_out(algorithm: Algorithm) -> None:
    mail = written(algorithm)
    for before, after in (
        (b"Hello", b"Hallo"),
        (b"To: ", b"To: x"),
        (b"\r\nSubject", b"\r\nFrom: evil@example.org\r\nSubject"),
    ):
        assert before in mail
        assert not is_valid(mail.replace(before, after, 1), algorithm)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=90))
def test_any_subject_is_signed_as_it_is_folded(subject: str) -> None:
    if subject.strip() and "VSCL" not in subject:
        assert is_valid(written("ed25519", replace(MESSAGE, subject=subject)), "ed25519")


def test_many_threads_share_the_processes_and_the_mail_survives_their_death() -> None:
    seal = signer(options("rsa"))
    mail = written("ed25519").partition(b"\r\n")[2]
    plain = mail[mail.index(b"To:") :]
    with ThreadPoolExecutor(8) as pool:
        fields = list(pool.map(lambda _: seal(plain), range(24)))
    assert len(set(fields)) == 1
    assert is_valid(fields[0] + plain, "rsa")
    children = active_children()
    assert children
    assert children[0].pid
    os.kill(children[0].pid, signal.SIGKILL)
    for child in children:
        child.join()
    assert seal(plain) == fields[0]


@pytest.mark.parametrize(
    ("key", "algorithm", "why"),
    [
        ("nonsense", "rsa", "not a private key"),
        (pem(ED25519), "rsa", "is no rsa key"),
        (pem(RSA), "ed25519", "is no ed25519 key"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_at_the_start_and_not_shown(
    key: str, algorithm: Algorithm, why: str
) -> None:
    wrong = Dkim(domain="example.org", selector="s", key=key, algorithm=algorithm)
    with pytest.raises(UserError, match=why) as caught:
        signer(wrong)
    assert key not in str(caught.value)
    assert key not in repr(wrong)
