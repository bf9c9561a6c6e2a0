"""Webhooks of SendGrid (Twilio SendGrid docs: Event Webhook, its security features; read 2026-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vesicle.model.errors import Forged, UserError
from vesicle.model.event import Event, EventType
from vesicle.ports import Keys
from vesicle.text import statuses, told, traces, verifying

_BY = "sendgrid"
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_TYPES = {
    "delivered": EventType.DELIVERED,
    "deferred": EventType.DEFERRED,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
    "spamreport": EventType.COMPLAINED,
    "unsubscribe": EventType.UNSUBSCRIBED,
    "group_unsubscribe": EventType.UNSUBSCRIBED,
}
# SendGrid did not even try: because of what it knows of the address, or because of our mail.
_DROPPED = {
    "bounced address": statuses.Verdict(type=EventType.BOUNCED, is_permanent=True),
    "invalid": statuses.Verdict(type=EventType.BOUNCED, is_permanent=True),
    "spam reporting address": statuses.Verdict(type=EventType.BOUNCED, is_permanent=True),
    "unsubscribed address": statuses.Verdict(type=EventType.UNSUBSCRIBED),
}
_NAMED_BY = ("event", "sg_message_id", "email", "timestamp", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*public_key* is the "verification key" of the signed event webhook, as SendGrid shows it."""

    public_key: str


class Reports:
    """SendGrid's webhooks: many events in one body, signed by ECDSA over a time and the body."""

    def __init__(self, options: Options) -> None:
        """Take the key; raise UserError where it is none, or without the extra `webhooks`."""
        self._public_key = options.public_key
        if not verifying.is_key(options.public_key):
            mend = "copy the verification key from Settings, Mail Settings, Event Webhook"
            raise UserError("sendgrid: public_key is not a public key of the curve P-256", mend=mend)

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield the events of *body* in its order; raise Forged or UserError for what is not SendGrid's."""
        signed = headers.get(_TIMESTAMP, "").encode("utf-8", "replace") + body
        signature = headers.get(_SIGNATURE, "")
        if not verifying.is_signed_by_key(signed, signature, public_key=self._public_key):
            raise Forged("sendgrid: the signature is not that of the public key")
        found = told.read(body, by=_BY)
        if not isinstance(found.value, list):
            raise UserError("sendgrid: the body is not a list", mend="use the event webhook, version 3")
        yield from [_event(told.an_object(one, by=_BY, wants="event")) for one in found.each()]


def _event(found: told.Told) -> Event:
    name = found.text("event")
    said = found.text("reason") or found.text("response")
    code = statuses.best_code(found.text("status"), said) if name in ("bounce", "deferred") else ""
    verdict = _verdict(found, code, said)
    return Event(
        id=found.text("sg_event_id") or traces.event_id(*(found.text(part) for part in _NAMED_BY)),
        type=verdict.type,
        source=_BY,
        at=found.moment("timestamp"),
        message_id=traces.message_id(found.text("smtp-id")),
        recipient=traces.address(found.text("email")),
        is_permanent=verdict.is_permanent,
        code=code,
        reason=traces.reason(name if verdict.type in (EventType.UNKNOWN, EventType.REJECTED) else "", said),
    )


def _verdict(found: told.Told, code: str, said: str) -> statuses.Verdict:
    name = found.text("event")
    if name == "dropped":
        return _DROPPED.get(found.text("reason").lower(), statuses.Verdict(type=EventType.REJECTED))
    if name != "bounce":
        return statuses.Verdict(type=_TYPES.get(name, EventType.UNKNOWN))
    if found.text("type") == "blocked":
        # Refused now, perhaps because of us: the address itself is good.
        return statuses.Verdict(type=statuses.judge(code, said).type)
    return statuses.judge(code or "5.0.0", said)
