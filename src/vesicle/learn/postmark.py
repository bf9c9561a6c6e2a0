"""Webhooks of Postmark (postmarkapp.com/developer: Webhooks, Bounce types; read 2026-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vesicle.model.errors import Forged
from vesicle.model.event import Event, EventType
from vesicle.ports import Keys
from vesicle.text import statuses, told, traces, verifying

_BY = "postmark"
_TYPES = {
    "Delivery": EventType.DELIVERED,
    "Open": EventType.OPENED,
    "Click": EventType.CLICKED,
    "SpamComplaint": EventType.COMPLAINED,
}
# Types of bounces that are about the address, and may be for good.
_HARD = frozenset({"HardBounce", "BadEmailAddress"})
_OTHERS = {
    "SoftBounce": EventType.BOUNCED,
    "Unknown": EventType.BOUNCED,
    "Transient": EventType.DEFERRED,
    "DnsError": EventType.DEFERRED,
    "Unsubscribe": EventType.UNSUBSCRIBED,
    "SpamComplaint": EventType.COMPLAINED,
    # Content, policy, our account: nobody complained, and the address is as good as before.
    "SpamNotification": EventType.REJECTED,
    "VirusNotification": EventType.REJECTED,
    "Blocked": EventType.REJECTED,
    "DMARCPolicy": EventType.REJECTED,
    "ManuallyDeactivated": EventType.REJECTED,
    "Unconfirmed": EventType.REJECTED,
    "SMTPApiError": EventType.REJECTED,
    "TemplateRenderingFailed": EventType.REJECTED,
}
# What tells one event from another: bounces have an ID, the others only these together.
_NAMED_BY = ("RecordType", "ID", "MessageID", "Email", "Recipient", "OriginalLink")
_MOMENTS = ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*secret* is the password in the URL that Postmark calls, or a Bearer token in a header."""

    secret: str = field(repr=False, metadata={"secret": True})


class Reports:
    """Postmark's webhooks, which are not signed: whoever knows the secret is Postmark."""

    def __init__(self, options: Options) -> None:
        pass

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield the event of *body*; raise Forged or UserError for what is not Postmark's."""
        if not verifying.holds_secret(headers.get("authorization", ""), keys.secret("secret")):
            raise Forged("postmark: the Authorization header does not hold the secret")
        yield _event(told.an_object(told.read(body, by=_BY), by=_BY, wants="RecordType"))


def _event(found: told.Told) -> Event:
    said = found.text("Details") or found.text("Description")
    code = statuses.code_in(said)
    verdict = _verdict(found, code, said)
    moments = [found.text(name) for name in _MOMENTS]
    kind = " ".join((found.text("RecordType"), found.text("Type"))).strip()
    metadata = [one.text() for one in found.each("Metadata")]
    return Event(
        id=traces.event_id(*(found.text(name) for name in _NAMED_BY), *moments),
        type=verdict.type,
        source=_BY,
        at=next((at for name in _MOMENTS if (at := found.moment(name))), None),
        # The bounce itself comes with it where "Include bounce content" is on.
        token=traces.any_token(found.text("Content"), *metadata),
        recipient=traces.address(found.text("Email") or found.text("Recipient")),
        is_permanent=verdict.is_permanent,
        code=code,
        reason=traces.reason(kind if verdict.type not in _TYPES.values() else "", said),
    )


def _verdict(found: told.Told, code: str, said: str) -> statuses.Verdict:
    record, kind = found.text("RecordType"), found.text("Type")
    if record == "Bounce" and kind in _HARD:
        return statuses.judge(code or "5.0.0", said)
    if record == "Bounce":
        return statuses.Verdict(type=_OTHERS.get(kind, EventType.UNKNOWN))
    if record == "SubscriptionChange":
        # Bounces and complaints, which lead to one too, are told by webhooks of their own.
        has_left = found.is_true("SuppressSending") and found.text("SuppressionReason") == "ManualSuppression"
        return statuses.Verdict(type=EventType.UNSUBSCRIBED if has_left else EventType.UNKNOWN)
    return statuses.Verdict(type=_TYPES.get(record, EventType.UNKNOWN))
