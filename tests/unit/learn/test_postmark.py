"""Postmark's webhooks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.learn.hooks import SECRET, Hook, basic, keys
from tests.unit.learn.mails import READER, TOKEN

from vesicle.learn.postmark import Options, Reports
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType
from vesicle.testing.keys import FixedKeys


def bounce(
    kind: str = "HardBounce", details: str = "smtp;550 5.1.1 user unknown", **more: Any
) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": details,
        "Email": READER,
        "BouncedAt": "2026-11-26T13:28:10.2735393-04:00",
        **more,
    }


def record(kind: str, **more: Any) -> dict[str, Any]:
    return {"RecordType": kind, "MessageID": "00000000-0000", "Recipient": READER, **more}


def events(hook: Hook) -> list[Event]:
    return list(Reports(Options(secret=SECRET)).events(hook.body, hook.headers, keys()))


def test_a_bounce_carries_all_that_postmark_knows() -> None:
    content = f"Return-Path: <>\r\nTo: <b+{TOKEN}@bounce.example.org>\r\n\r\n…"
    [event] = events(basic(bounce(Content=content)))
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.source, event.recipient, event.token) == ("postmark", READER, TOKEN)
    assert event.at == datetime(2026, 11, 26, 17, 28, 10, 273539, UTC)
    assert event.reason == "Bounce HardBounce smtp;550 5.1.1 user unknown"


def test_a_token_may_come_back_as_metadata() -> None:
    told = bounce(Metadata={"a": 1, "sender": f"b+{TOKEN}@bounce.example.org"})
    assert [event.token for event in events(basic(told))] == [TOKEN]


@pytest.mark.parametrize(
    ("told", "type_", "is_permanent"),
    [
        (bounce("HardBounce", ""), EventType.BOUNCED, True),
        (bounce("HardBounce", "550 5.7.1 rejected by policy"), EventType.REJECTED, False),
        (bounce("BadEmailAddress", ""), EventType.BOUNCED, True),
        (bounce("SoftBounce", "550 5.1.1 no"), EventType.BOUNCED, False),
        (bounce("Transient"), EventType.DEFERRED, False),
        (bounce("DnsError"), EventType.DEFERRED, False),
        (bounce("SpamNotification"), EventType.REJECTED, False),
        (bounce("Blocked"), EventType.REJECTED, False),
        (bounce("SpamComplaint"), EventType.COMPLAINED, False),
        (bounce("Unsubscribe"), EventType.UNSUBSCRIBED, False),
        (bounce("AutoResponder"), EventType.UNKNOWN, False),
        (bounce("ChallengeVerification"), EventType.UNKNOWN, False),
        (record("Delivery", DeliveredAt="2026-11-26T10:00:00Z"), EventType.DELIVERED, False),
        (record("Open", ReceivedAt="2026-11-26T10:00:00Z"), EventType.OPENED, False),
        (record("Click", OriginalLink="https://example.org"), EventType.CLICKED, False),
        (record("SpamComplaint", Email=READER, ID=42), EventType.COMPLAINED, False),
        (
            record("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"),
            EventType.UNSUBSCRIBED,
            False,
        ),
        (
            record("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
            EventType.UNKNOWN,
            False,
        ),
        (
            record("SubscriptionChange", SuppressSending=False, SuppressionReason=None),
            EventType.UNKNOWN,
            False,
        ),
        (record("Inbound"), EventType.UNKNOWN, False),
    ],
)
def test_each_event_in_our_words(told: dict[str, Any], type_: EventType, is_permanent: bool) -> None:
    [event] = events(basic(told))
    assert (event.type, event.is_permanent, event.recipient) == (type_, is_permanent, READER)


def test_an_event_that_nobody_knows_is_named() -> None:
    assert [event.reason for event in events(basic(record("Levitation")))] == ["Levitation"]


def test_opens_of_different_moments_are_different_events() -> None:
    opens = [record("Open", ReceivedAt=f"2026-11-26T10:00:0{number}Z") for number in (1, 2, 1)]
    first, second, again = [event.id for told in opens for event in events(basic(told))]
    assert first == again != second


def test_the_secret_may_be_a_bearer_token() -> None:
    hook = basic(bounce())
    assert events(Hook(body=hook.body, headers={"authorization": f"Bearer {SECRET}"}))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        f"Basic {SECRET}",
        "Bearer",
        "Bearer x",
        f"Digest {SECRET}",
        f"bearer {SECRET}x",
        "é",
    ],
)
def test_whoever_does_not_know_the_secret_is_not_postmark(authorization: str) -> None:
    with pytest.raises(Forged):
        events(Hook(body=basic(bounce()).body, headers={"authorization": authorization}))


def test_without_a_secret_nothing_is_believed() -> None:
    hook = basic(bounce(), secret="")
    with pytest.raises(Forged):
        list(Reports(Options(secret="")).events(hook.body, hook.headers, FixedKeys()))


@pytest.mark.parametrize("told", [{}, [], "x", {"RecordType": {}}, {"ID": 1}])
def test_another_shape_is_told(told: Any) -> None:
    with pytest.raises(UserError, match="postmark"):
        events(basic(told))
