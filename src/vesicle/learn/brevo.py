"""Webhooks of Brevo (developers.brevo.com: Transactional webhooks, Secured webhooks; read 2026-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vesicle.model.errors import Forged
from vesicle.model.event import Event, EventType
from vesicle.ports import Keys
from vesicle.text import statuses, told, traces, verifying

_BY = "brevo"
_TYPES = {
    "delivered": EventType.DELIVERED,
    "deferred": EventType.DEFERRED,
    "opened": EventType.OPENED,
    "unique_opened": EventType.OPENED,
    "proxy_open": EventType.OPENED,
    "unique_proxy_open": EventType.OPENED,
    "click": EventType.CLICKED,
    "spam": EventType.COMPLAINED,
    "complaint": EventType.COMPLAINED,
    "unsubscribe": EventType.UNSUBSCRIBED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    # Brevo did not send it, because of its own list or of our mail.
    "blocked": EventType.REJECTED,
    "invalid": EventType.REJECTED,
    "error": EventType.REJECTED,
}
_HARD = "hard_bounce"
# `invalid_email` is the address for some of their pages and the sender's for others: nobody is lost at once.
_SOFT = frozenset({"soft_bounce", "invalid_email"})
# There is no id of an event (`id` is the webhook's), but these together are one event's alone.
_NAMED_BY = ("event", "message-id", "email", "ts_epoch", "ts_event", "ts", "link")
_MILLISECONDS = 1_000
# Their own example has seconds in the field for milliseconds; as milliseconds it would be of 1970.
_LEAST_MILLISECONDS = 100_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*secret* is the token that Brevo sends (Bearer), or the password in the URL that it calls."""

    secret: str = field(repr=False, metadata={"secret": True})


class Reports:
    """Brevo's webhooks, which are not signed: whoever knows the secret is Brevo."""

    def __init__(self, options: Options) -> None:
        pass

    def events(self, body: bytes, headers: Mapping[str, str], keys: Keys) -> Iterator[Event]:
        """Yield the events of *body*, one or several; raise Forged or UserError for what is not Brevo's."""
        if not verifying.holds_secret(headers.get("authorization", ""), keys.secret("secret")):
            raise Forged("brevo: the Authorization header does not hold the secret")
        found = told.read(body, by=_BY)
        every = list(found.each()) if isinstance(found.value, list) else [found]
        yield from [_event(told.an_object(one, by=_BY, wants="event")) for one in every]


def _event(found: told.Told) -> Event:
    name, said = found.text("event"), found.text("reason")
    code = statuses.code_in(said)
    verdict = _verdict(name, code, said)
    custom = found.text("X-Mailin-custom")
    return Event(
        id=traces.event_id(*(found.text(part) for part in _NAMED_BY)),
        type=verdict.type,
        source=_BY,
        # `date` and `ts` are in the account's zone; these two are UTC.
        at=told.Told(_seconds(found)).moment() or found.moment("ts_event"),
        token=traces.any_token(custom) or traces.envelope_token(custom),
        message_id=traces.message_id(found.text("message-id")),
        recipient=traces.address(found.text("email")),
        is_permanent=verdict.is_permanent,
        code=code,
        reason=traces.reason(name if verdict.type in (EventType.UNKNOWN, EventType.REJECTED) else "", said),
    )


def _seconds(found: told.Told) -> float | None:
    value = found.at("ts_epoch").value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return value / _MILLISECONDS if value >= _LEAST_MILLISECONDS else value


def _verdict(name: str, code: str, said: str) -> statuses.Verdict:
    if name == _HARD:
        return statuses.judge(code or "5.0.0", said)
    if name in _SOFT:
        # Soft is soft, whatever the code; but what is about us is not about the address.
        return statuses.Verdict(type=statuses.judge(code, said).type)
    return statuses.Verdict(type=_TYPES.get(name, EventType.UNKNOWN))
