"""Webhooks of Mailgun (documentation.mailgun.com: Webhooks, Event types; read 2026-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vesicle.model.errors import Forged
from vesicle.model.event import Event, EventType
from vesicle.ports import Keys
from vesicle.text import statuses, told, traces, verifying

_BY = "mailgun"
_TYPES = {
    "delivered": EventType.DELIVERED,
    "opened": EventType.OPENED,
    "clicked": EventType.CLICKED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    "complained": EventType.COMPLAINED,
    "rejected": EventType.REJECTED,
}
# Mailgun did not even try, because of what it knows of the address from before.
_KNOWN_BEFORE = {
    "suppress-bounce": statuses.Verdict(type=EventType.BOUNCED, is_permanent=True),
    "suppress-complaint": statuses.Verdict(type=EventType.BOUNCED, is_permanent=True),
    "suppress-unsubscribe": statuses.Verdict(type=EventType.UNSUBSCRIBED),
    # It tried until its time was up.
    "old": statuses.Verdict(type=EventType.BOUNCED),
}
_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*signing_key* is the "HTTP webhook signing key" of the account."""

    signing_key: str = field(repr=False, metadata={"secret": True})


class Reports:
    """Mailgun's webhooks. The seal is over a time and a random word, not over what is told."""

    def __init__(self, options: Options) -> None:
        pass

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield the event of *body*; raise Forged or UserError for what is not Mailgun's."""
        found = told.read(body, by=_BY)
        seal = found.at("signature")
        signed = seal.text("timestamp") + seal.text("token")
        # An event of a subaccount is signed with the key of the account above it too.
        seals = (seal.text("signature"), seal.text("parent-signature"))
        key = keys.secret("signing_key")
        if not any(verifying.is_sealed(signed, one, key) for one in seals):
            raise Forged("mailgun: the signature is not that of the signing key")
        yield _event(told.an_object(found.at("event-data"), by=_BY, wants="event"))


def _event(data: told.Told) -> Event:
    status = data.at("delivery-status")
    said = status.text("message") or status.text("description") or data.text("reject", "reason")
    verdict, code = _verdict(data, said)
    name = data.text("event")
    at = data.moment("timestamp")
    # Its ids are unique "within a day".
    day = str(int(at.timestamp()) // _DAY) if at else ""
    return Event(
        id=traces.event_id(data.text("id") or data.text("recipient") + name, day),
        type=verdict.type,
        source=_BY,
        at=at,
        token=traces.any_token(data.text("envelope", "sender")),
        message_id=traces.message_id(data.text("message", "headers", "message-id")),
        recipient=traces.address(data.text("recipient")),
        is_permanent=verdict.is_permanent,
        code=code,
        reason=traces.reason(name if verdict.type is EventType.UNKNOWN else "", data.text("reason"), said),
    )


def _verdict(data: told.Told, said: str) -> tuple[statuses.Verdict, str]:
    """Give what happened and its code; `temporary` means that Mailgun tries again."""
    if data.text("event") != "failed":
        return statuses.Verdict(type=_TYPES.get(data.text("event"), EventType.UNKNOWN)), ""
    status = data.at("delivery-status")
    code = statuses.best_code(status.text("enhanced-code"), said)
    if data.text("severity") == "temporary":
        return statuses.Verdict(type=EventType.DEFERRED), code
    if data.text("reason") in _KNOWN_BEFORE:
        return _KNOWN_BEFORE[data.text("reason")], code
    return statuses.judge(code, f"{status.text('code')} {said}"), code
