"""Events of Amazon SES by SNS."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.learn.hooks import CERTIFICATE_URL, SUBSCRIBE_URL, TOPIC, Hook, certificate, keys, sns
from tests.unit.learn.mails import LEAVE, OUR_ID, READER, TOKEN

from vesicle.learn.ses import Options, Reports
from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType
from vesicle.testing.keys import FixedKeys

MAIL = {
    "timestamp": "2026-11-26T09:59:00.000Z",
    "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9",
    "source": f"b+{TOKEN}@bounce.example.org",
    "destination": [READER],
    "headers": [
        {"name": "Message-ID", "value": f"<{OUR_ID}>"},
        {"name": "List-Unsubscribe", "value": f"<mailto:leave+{LEAVE}@bounce.example.org>"},
    ],
    "commonHeaders": {"messageId": "EXAMPLE7c191be45-e9aedb9a-02f9", "returnPath": "x@example.org"},
}


def told(name: str, *, key: str = "eventType", mail: Any = MAIL, **part: Any) -> dict[str, Any]:
    return {key: name, "mail": mail, **part}


def bounce(
    kind: str, subkind: str = "General", status: str = "", said: str = "", **more: Any
) -> dict[str, Any]:
    one = {"emailAddress": READER, "action": "failed", "status": status, "diagnosticCode": said}
    part = {"bounceType": kind, "bounceSubType": subkind, "bouncedRecipients": [one], "feedbackId": "0100-1"}
    return told("Bounce", bounce=part | {"timestamp": "2026-11-26T10:00:00.123Z"} | more)


def complaint(**more: Any) -> dict[str, Any]:
    part = {"complainedRecipients": [{"emailAddress": READER}], "feedbackId": "0100-2"}
    return told("Complaint", complaint=part | more)


def events(hook: Hook, *, given: FixedKeys | None = None) -> list[Event]:
    return list(Reports(Options(topics=(TOPIC,))).events(hook.body, hook.headers, given or keys()))


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_bounce_carries_all_that_amazon_knows(version: str) -> None:
    [event] = events(
        sns(bounce("Permanent", status="5.1.1", said="smtp; 550 5.1.1 unknown"), version=version)
    )
    assert (event.type, event.is_permanent, event.code) == (EventType.BOUNCED, True, "5.1.1")
    assert (event.source, event.recipient, event.message_id, event.token) == ("ses", READER, OUR_ID, TOKEN)
    assert event.at == datetime(2026, 11, 26, 10, 0, 0, 123_000, UTC)
    assert event.reason == "Permanent General smtp; 550 5.1.1 unknown"


@pytest.mark.parametrize(
    ("message", "type_", "is_permanent"),
    [
        (bounce("Permanent"), EventType.BOUNCED, True),
        (bounce("Permanent", "NoEmail"), EventType.BOUNCED, True),
        (bounce("Permanent", "Suppressed"), EventType.BOUNCED, True),
        (bounce("Permanent", "OnAccountSuppressionList"), EventType.BOUNCED, True),
        (bounce("Permanent", status="5.7.1"), EventType.REJECTED, False),
        (bounce("Transient"), EventType.BOUNCED, False),
        (bounce("Transient", "MailboxFull", "5.2.2"), EventType.BOUNCED, False),
        (bounce("Transient", status="5.1.1"), EventType.BOUNCED, False),
        (bounce("Transient", "ContentRejected"), EventType.REJECTED, False),
        (bounce("Transient", "AttachmentRejected"), EventType.REJECTED, False),
        (bounce("Undetermined", "Undetermined"), EventType.BOUNCED, False),
        (complaint(), EventType.COMPLAINED, False),
        (complaint(complaintFeedbackType="abuse"), EventType.COMPLAINED, False),
        (complaint(complaintFeedbackType="not-spam"), EventType.UNKNOWN, False),
        (complaint(complaintSubType="OnAccountSuppressionList"), EventType.BOUNCED, True),
        (told("Delivery", delivery={"recipients": [READER]}), EventType.DELIVERED, False),
        (
            told("Delivery", key="notificationType", delivery={"recipients": [READER]}),
            EventType.DELIVERED,
            False,
        ),
        (
            told("DeliveryDelay", deliveryDelay={"delayedRecipients": [{"emailAddress": READER}]}),
            EventType.DEFERRED,
            False,
        ),
        (told("Reject", reject={"reason": "Bad content"}), EventType.REJECTED, False),
        (told("Rendering Failure", failure={"errorMessage": "no"}), EventType.REJECTED, False),
        (told("Open", open={"timestamp": "2026-11-26T10:00:00Z"}), EventType.OPENED, False),
        (told("Click", click={"link": "https://example.org"}), EventType.CLICKED, False),
        (told("Send", send={}), EventType.UNKNOWN, False),
    ],
)
def test_each_event_in_our_words(message: dict[str, Any], type_: EventType, is_permanent: bool) -> None:
    [event] = events(sns(message))
    assert (event.type, event.is_permanent, event.recipient) == (type_, is_permanent, READER)


def test_each_recipient_has_an_event_of_its_own() -> None:
    two = [{"emailAddress": f"{name}@example.com", "status": "5.1.1"} for name in ("a", "b")]
    found = events(sns(bounce("Permanent", bouncedRecipients=two)))
    assert [event.recipient for event in found] == ["a@example.com", "b@example.com"]
    assert len({event.id for event in found}) == 2


def test_the_same_event_by_two_topics_is_one() -> None:
    one, two = (event for id_ in ("1", "2") for event in events(sns(bounce("Permanent"), MessageId=id_)))
    assert one.id == two.id


def test_opens_of_different_moments_are_different_events() -> None:
    opens = [told("Open", open={"timestamp": f"2026-11-26T10:00:0{number}Z"}) for number in (1, 2, 1)]
    first, second, again = (event.id for message in opens for event in events(sns(message)))
    assert first == again != second


def test_a_subject_is_signed_where_there_is_one() -> None:
    assert events(sns(bounce("Permanent"), Subject="Amazon SES Email Event Notification"))


def test_the_words_that_a_topic_begins_with_are_no_event() -> None:
    assert events(sns("Successfully validated SNS topic for Amazon SES event publishing.")) == []


@pytest.mark.parametrize(
    "hook",
    [
        sns(bounce("Permanent"), key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        sns(bounce("Permanent"), TopicArn=f"{TOPIC}2"),
        sns(bounce("Permanent"), TopicArn=None),
        sns(bounce("Permanent"), Type="Surprise"),
        sns(bounce("Permanent"), version="3"),
        Hook(body=json.dumps(bounce("Permanent")).encode(), headers={"x-amz-sns-rawdelivery": "true"}),
        Hook(body=b"[]"),
        Hook(body=sns(bounce("Permanent")).body.replace(b"5.1.1", b"").replace(b"Permanent", b"permanent")),
    ],
    ids=["other key", "other topic", "no topic", "type", "version", "raw", "list", "changed"],
)
def test_what_amazon_did_not_sign_for_our_topic_is_forged(hook: Hook) -> None:
    with pytest.raises(Forged):
        events(hook)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com.example.org/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com@example.org/SimpleNotificationService-1.pem",
        "https://example.org/?https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://bucket.s3.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com/../SimpleNotificationService-1.pem",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem\n",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str | None) -> None:
    given = FixedKeys(certificates={str(url): certificate()})
    with pytest.raises(Forged):
        events(sns(bounce("Permanent"), SigningCertURL=url), given=given)
    assert given.fetched == []


@pytest.mark.parametrize(
    "found", [b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", None]
)
def test_a_certificate_that_is_none_or_not_there_makes_it_forged(found: bytes | None) -> None:
    given = FixedKeys(certificates={} if found is None else {CERTIFICATE_URL: found})
    with pytest.raises(Forged):
        events(sns(bounce("Permanent")), given=given)


def confirmation(**changed: Any) -> Hook:
    more = {"Type": "SubscriptionConfirmation", "Token": "2336412f37", "SubscribeURL": SUBSCRIBE_URL}
    return sns("You have chosen to subscribe to the topic", **(more | changed))


def test_to_confirm_a_subscription_a_person_opens_the_address_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="vesicle.learn.ses"):
        assert events(confirmation()) == []
    assert caplog.messages == [f"learn.confirm-subscription topic={TOPIC} open={SUBSCRIBE_URL}"]


@pytest.mark.parametrize(
    "url", ["https://example.org/?Action=ConfirmSubscription&Token=y", f"{SUBSCRIBE_URL}\nx"]
)
def test_an_address_to_confirm_from_elsewhere_is_forged_and_not_logged(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Forged):
        events(confirmation(SubscribeURL=url))
    assert caplog.messages == []


def test_the_end_of_a_subscription_is_no_event() -> None:
    assert events(confirmation(Type="UnsubscribeConfirmation")) == []


@pytest.mark.parametrize("message", ["not JSON", "[]", "{}", '{"eventType": 0.0, "x": 1}'])
def test_another_shape_is_told(message: str) -> None:
    if message.startswith('{"eventType"'):
        assert [event.type for event in events(sns(message))] == [EventType.UNKNOWN]
        return
    with pytest.raises(UserError, match="ses"):
        events(sns(message))


@pytest.mark.parametrize("topics", [(), ("mails",), (TOPIC, "")])
def test_topics_that_are_none_are_told(topics: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="ARN"):
        Options(topics=topics)
