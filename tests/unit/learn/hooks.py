"""What providers post, made up for the tests after their documentation, and signed by keys made here."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from vesicle.ports import Keys
from vesicle.testing.keys import FixedKeys

SECRET = "0123456789abcdef" * 2
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mails"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
SUBSCRIBE_URL = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One request of a provider."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=1)
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@lru_cache(maxsize=1)
def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=rsa_key().public_key())
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=365))
    return builder.sign(rsa_key(), hashes.SHA256()).public_bytes(Encoding.PEM)


def public_key() -> str:
    raw = ec_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


def keys() -> Keys:
    return FixedKeys({"signing_key": SECRET, "secret": SECRET}, certificates={CERTIFICATE_URL: certificate()})


def mailgun(data: Any, *, key: str = SECRET, name: str = "signature") -> Hook:
    token, timestamp = "a" * 50, "1770920772"
    seal = hmac.digest(key.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    told = {"signature": {"timestamp": timestamp, "token": token, name: seal}, "event-data": data}
    return Hook(body=json.dumps(told).encode())


def basic(data: Any, *, secret: str = SECRET) -> Hook:
    """As Postmark and Brevo call a URL with a name and a password in it."""
    told = base64.b64encode(f"vesicle:{secret}".encode()).decode()
    return Hook(body=json.dumps(data).encode(), headers={"authorization": f"Basic {told}"})


def sendgrid(
    data: Any, *, key: ec.EllipticCurvePrivateKey | None = None, timestamp: str = "1770920772"
) -> Hook:
    body = json.dumps(data).encode()
    signature = (key or ec_key()).sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    names = "x-twilio-email-event-webhook-"
    headers = {f"{names}signature": base64.b64encode(signature).decode(), f"{names}timestamp": timestamp}
    return Hook(body=body, headers=headers)


def sns(message: Any, *, version: str = "2", key: rsa.RSAPrivateKey | None = None, **changed: Any) -> Hook:
    """A message of SNS, signed as it is with *changed* fields; a field that is None is left out."""
    text = message if isinstance(message, str) else json.dumps(message)
    told = {"Type": "Notification", "MessageId": "22b80b92", "TopicArn": TOPIC, "Message": text}
    told |= {
        "Timestamp": "2026-11-26T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
    }
    told = {name: value for name, value in (told | changed).items() if value is not None}
    is_notification = told.get("Type") == "Notification"
    # In the order of their alphabet, as Amazon writes it down.
    names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
    without = {"SubscribeURL", "Token"} if is_notification else {"Subject"}
    signed = "".join(f"{name}\n{told[name]}\n" for name in names if name in told and name not in without)
    method = hashes.SHA256() if version == "2" else hashes.SHA1()
    told["Signature"] = base64.b64encode(
        (key or rsa_key()).sign(signed.encode(), PKCS1v15(), method)
    ).decode()
    return Hook(body=json.dumps(told).encode())
