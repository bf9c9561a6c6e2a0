"""Events of Amazon SES, told by Amazon SNS (AWS docs: event data, message signatures; read 2026-11)."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vesicle.model.errors import Forged, PermanentFailure, UserError
from vesicle.model.event import Event, EventType
from vesicle.ports import Keys
from vesicle.text import statuses, told, traces, verifying

_log = logging.getLogger(__name__)

_BY = "ses"
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}\.amazonaws\.com"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9A-Za-z]{1,100}\.pem")
_SUBSCRIBE = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[\x21-\x7e]{1,2000}")
_NOTIFICATION = "Notification"
_CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
# The fields that are signed, in this order, each with its name; Subject only where it is there.
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_TO_CONFIRM = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_PLAIN = {
    "Delivery": EventType.DELIVERED,
    "DeliveryDelay": EventType.DEFERRED,
    "Reject": EventType.REJECTED,
    "Rendering Failure": EventType.REJECTED,
    "Open": EventType.OPENED,
    "Click": EventType.CLICKED,
}
# The object of each type, where it is not the type in small letters; and the recipients in it.
_OBJECTS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
_RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients")
_ABOUT_OUR_MAIL = frozenset({"ContentRejected", "AttachmentRejected"})
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure", "virus"})
_SUPPRESSED = "OnAccountSuppressionList"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*topics* are the ARNs of the SNS topics that are ours: Amazon signs what anybody's topic says.

    Raises UserError without one.
    """

    topics: tuple[str, ...]

    def __post_init__(self) -> None:
        if not all(topic.startswith("arn:aws:sns:") for topic in self.topics) or not self.topics:
            mend = "write them so: topics: [arn:aws:sns:eu-central-1:123456789012:mails]"
            raise UserError("ses: topics are not the ARNs of SNS topics", mend=mend)


class Reports:
    """Amazon SES by SNS, signature version 1 or 2. Raw delivery is not signed, and so it is refused."""

    def __init__(self, options: Options) -> None:
        self._topics = frozenset(options.topics)

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield an event for each recipient that *body* names.

        A request to confirm a subscription is logged with the address that a person has to open. Raises
        Forged or UserError for what is not Amazon's, and what *keys* raise where the certificate is not
        to be had.
        """
        found = told.read(body, by=_BY)
        self._verify(found, keys)
        if found.text("Type") == _NOTIFICATION:
            yield from _events(found)
        elif found.text("Type") == "SubscriptionConfirmation":
            _tell(found)

    def _verify(self, found: told.Told, keys: Keys) -> None:
        url, version = found.text("SigningCertURL"), found.text("SignatureVersion")
        if (
            found.text("Type") not in {_NOTIFICATION, *_CONFIRMATIONS}
            or found.text("TopicArn") not in self._topics
        ):
            raise Forged("ses: it is not a signed message of one of our topics (raw delivery has to be off)")
        if version not in ("1", "2") or not _CERTIFICATE.fullmatch(url):
            raise Forged("ses: the certificate is not one of Amazon SNS")
        signed, signature = _canonical(found), found.text("Signature")
        try:
            certificate = keys.certificate(url)
        except PermanentFailure as error:
            raise Forged("ses: Amazon SNS has no such certificate") from error
        if not verifying.is_signed_by_certificate(
            signed, signature, certificate=certificate, uses_sha256=version == "2"
        ):
            raise Forged("ses: the signature is not that of Amazon SNS")


def _canonical(found: told.Told) -> bytes:
    """Give what is signed: name and value of each field, a line each."""
    names = _SIGNED_TO_CONFIRM if found.text("Type") in _CONFIRMATIONS else _SIGNED
    values = ((name, found.at(name).value) for name in names)
    lines = (f"{name}\n{value}\n" for name, value in values if isinstance(value, str))
    return "".join(lines).encode("utf-8", "surrogatepass")


def _tell(found: told.Told) -> None:
    url = found.text("SubscribeURL")
    if not _SUBSCRIBE.fullmatch(url):
        raise Forged("ses: the address to confirm a subscription is not one of Amazon SNS")
    _log.warning("learn.confirm-subscription topic=%s open=%s", found.text("TopicArn"), url)


def _events(notification: told.Told) -> Iterator[Event]:
    message = str(notification.at("Message").value)
    if message.startswith("Successfully validated SNS topic"):
        return
    found = told.read(message.encode("utf-8", "surrogatepass"), by=_BY)
    name = found.text("eventType") or found.text("notificationType")
    if not name:
        text = "ses: the message has neither eventType nor notificationType"
        raise UserError(text, mend="let only SES publish to this topic")
    part = found.at(_OBJECTS.get(name, name.lower()))
    for recipient in _recipients(found, part):
        yield _event(found, part, name=name, recipient=recipient)


def _recipients(found: told.Told, part: told.Told) -> list[told.Told]:
    """Give whom it is about, as the objects of the event or else as plain addresses of the mail."""
    named = [one for name in _RECIPIENTS for one in part.each(name)]
    return named or list(found.each("mail", "destination")) or [told.Told(None)]


def _event(found: told.Told, part: told.Told, *, name: str, recipient: told.Told) -> Event:
    mail = found.at("mail")
    address = traces.address(recipient.text("emailAddress") or recipient.text())
    said = recipient.text("diagnosticCode") or part.text("smtpResponse") or _why(part)
    code = statuses.best_code(recipient.text("status"), said) if name in ("Bounce", "DeliveryDelay") else ""
    verdict = _verdict(name, part, code, said)
    at = part.moment("timestamp") or mail.moment("timestamp")
    told_by = part.text("feedbackId") or mail.text("messageId") + part.text("timestamp") + part.text("link")
    headers = [one.text("value") for one in mail.each("headers")]
    return Event(
        id=traces.event_id(name, told_by, address.lower()),
        type=verdict.type,
        source=_BY,
        at=at,
        token=traces.any_token(mail.text("source"), mail.text("commonHeaders", "returnPath"), *headers),
        message_id=_message_id(mail),
        recipient=address,
        is_permanent=verdict.is_permanent,
        code=code,
        reason=traces.reason(name if verdict.type is EventType.UNKNOWN else _why(part), said),
    )


def _why(part: told.Told) -> str:
    names = (
        "bounceType",
        "bounceSubType",
        "complaintSubType",
        "complaintFeedbackType",
        "delayType",
        "reason",
    )
    return " ".join(filter(None, (part.text(name) for name in (*names, "errorMessage"))))


def _message_id(mail: told.Told) -> str:
    """Give the Message-ID that we wrote; SES puts one of its own into the mail that goes out."""
    for one in mail.each("headers"):
        if one.text("name").lower() == "message-id":
            return traces.message_id(one.text("value"))
    return traces.message_id(mail.text("commonHeaders", "messageId"))


def _verdict(name: str, part: told.Told, code: str, said: str) -> statuses.Verdict:
    if name == "Bounce":
        return _bounce(part.text("bounceType"), part.text("bounceSubType"), code, said)
    if name != "Complaint":
        return statuses.Verdict(type=_PLAIN.get(name, EventType.UNKNOWN))
    if part.text("complaintSubType") == _SUPPRESSED:
        # Not sent, because of a complaint of before; it is no complaint about this mail.
        return statuses.Verdict(type=EventType.BOUNCED, is_permanent=True)
    is_none = part.text("complaintFeedbackType") in _NO_COMPLAINTS
    return statuses.Verdict(type=EventType.UNKNOWN if is_none else EventType.COMPLAINED)


def _bounce(kind: str, subkind: str, code: str, said: str) -> statuses.Verdict:
    if subkind in _ABOUT_OUR_MAIL:
        return statuses.Verdict(type=EventType.REJECTED)
    if subkind in ("Suppressed", _SUPPRESSED):
        return statuses.Verdict(type=EventType.BOUNCED, is_permanent=True)
    if kind == "Permanent":
        return statuses.judge(code or "5.0.0", said)
    return statuses.Verdict(type=statuses.judge(code).type)
