"""SendGrid's webhooks."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.unit.learn.hooks import Hook, ec_key, keys, public_key, sendgrid
from tests.unit.learn.mails import OUR_ID, READER

from vesicle.learn.sendgrid import Options, Reports
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType


def told(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": READER,
        "timestamp": 1513299569,
        "smtp-id": f"<{OUR_ID}>",
        "sg_event_id": f"id-of-{event}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001",
        **more,
    }


def bounce(status: str, reason: str, kind: str = "bounce") -> dict[str, Any]:
    return told("bounce", status=status, reason=reason, type=kind)


def events(hook: Hook, *, key: str = "") -> list[Event]:
    made = Reports(Options(public_key=key or public_key()))
    return list(made.events(hook.body, hook.headers, keys()))


def test_a_bounce_carries_all_that_sendgrid_knows() -> None:
    [event] = events(sendgrid([bounce("5.1.1", "550 5.1.1 user unknown")]))
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.source, event.recipient, event.message_id) == ("sendgrid", READER, OUR_ID)
    assert (event.id, event.at) == ("id-of-bounce", datetime(2017, 12, 15, 0, 59, 29, tzinfo=UTC))


@pytest.mark.parametrize(
    ("one", "type_", "is_permanent"),
    [
        (told("processed"), EventType.UNKNOWN, False),
        (told("delivered", response="250 OK"), EventType.DELIVERED, False),
        (told("deferred", response="400 try again later"), EventType.DEFERRED, False),
        (told("open"), EventType.OPENED, False),
        (told("click", url="https://example.org"), EventType.CLICKED, False),
        (told("spamreport"), EventType.COMPLAINED, False),
        (told("unsubscribe"), EventType.UNSUBSCRIBED, False),
        (told("group_unsubscribe", asm_group_id=1), EventType.UNSUBSCRIBED, False),
        (told("group_resubscribe", asm_group_id=1), EventType.UNKNOWN, False),
        (told("dropped", reason="Bounced Address"), EventType.BOUNCED, True),
        (told("dropped", reason="Spam Reporting Address"), EventType.BOUNCED, True),
        (told("dropped", reason="Unsubscribed Address"), EventType.UNSUBSCRIBED, False),
        (told("dropped", reason="Spam Content"), EventType.REJECTED, False),
        (bounce("5.0.0", "500 unknown recipient"), EventType.BOUNCED, True),
        (bounce("", "no mx for this domain"), EventType.BOUNCED, True),
        (bounce("5.2.2", "552 5.2.2 full"), EventType.BOUNCED, False),
        (bounce("5.7.1", "550 5.7.1 blocked"), EventType.REJECTED, False),
        (bounce("5.1.1", "550 5.1.1 no", "blocked"), EventType.BOUNCED, False),
        (bounce("", "unable to get mx info", "blocked"), EventType.BOUNCED, False),
    ],
)
def test_each_event_in_our_words(one: dict[str, Any], type_: EventType, is_permanent: bool) -> None:
    [event] = events(sendgrid([one]))
    assert (event.type, event.is_permanent) == (type_, is_permanent)


def test_many_come_in_one_body_in_its_order() -> None:
    names = ["delivered", "open", "levitation"]
    found = events(sendgrid([told(name) for name in names]))
    assert [event.id for event in found] == [f"id-of-{name}" for name in names]
    assert found[-1].reason == "levitation"


def test_an_event_without_an_id_has_one_of_its_own_that_stays() -> None:
    one, two = (told("open", sg_event_id=None, timestamp=when) for when in (1, 2))
    first, second, again = (event.id for told_ in (one, two, one) for event in events(sendgrid([told_])))
    assert first == again != second


def test_what_another_key_signed_is_forged() -> None:
    with pytest.raises(Forged):
        events(sendgrid([told("open")], key=ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("part", ["body", "timestamp", "signature"])
def test_nothing_that_is_signed_can_be_changed(part: str) -> None:
    hook = sendgrid([told("open")])
    names = {name.rpartition("-")[2]: name for name in hook.headers}
    changed = dict(hook.headers) | ({} if part == "body" else {names[part]: "MA=="})
    with pytest.raises(Forged):
        events(Hook(body=hook.body + b" " * (part == "body"), headers=changed))


def test_without_a_signature_nothing_is_believed() -> None:
    with pytest.raises(Forged):
        events(Hook(body=sendgrid([told("open")]).body))


def test_a_key_in_the_frame_of_pem_is_read_too() -> None:
    framed = ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert events(sendgrid([told("open")]), key=framed)


def der(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize("kind", ["none", "words", "rsa", "curve"])
def test_a_key_that_is_none_is_told_before_anything_comes(kind: str) -> None:
    other = {
        "none": "",
        "words": "paste the key here",
        "rsa": der(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()),
        "curve": der(ec.generate_private_key(ec.SECP384R1()).public_key()),
    }
    with pytest.raises(UserError, match="P-256"):
        Reports(Options(public_key=other[kind]))


@pytest.mark.parametrize("body", [{}, "x", [1], [{}], [{"event": 0.5}, {}]])
def test_another_shape_is_told(body: Any) -> None:
    with pytest.raises(UserError, match="sendgrid"):
        events(sendgrid(body))
