"""Complaints: feedback reports (ARF, RFC 5965; how to act on them: RFC 6650)."""

from vesicle.learn.mail.mime import Mail, blocks, walk
from vesicle.learn.mail.origin import Origin
from vesicle.model.event import Event, EventType
from vesicle.text import traces

_ENVELOPE = ("original-mail-from", "original-envelope-id")
# `not-spam` is the opposite, `virus` and `auth-failure` (RFC 6591) are a machine's; nobody complained.
_TYPES = {
    "abuse": EventType.COMPLAINED,
    "fraud": EventType.COMPLAINED,
    "opt-out": EventType.UNSUBSCRIBED,
    "opt-out-list": EventType.UNSUBSCRIBED,
}


def events(mail: Mail) -> tuple[Event, ...]:
    """Give the event that *mail* reports; none where it is no feedback report."""
    for parent, part in walk(mail):
        if part.type != "message/feedback-report":
            continue
        told = {name: value for block in blocks(part.text) for name, value in block.items()}
        kind = told.get("feedback-type", "").partition(";")[0].strip().lower()
        origin = Origin.of(mail, parent.parts, [told.get(name, "") for name in _ENVELOPE])
        recipient = traces.address(told.get("original-rcpt-to", ""))
        why = traces.reason("feedback report:", kind or "of no type", told.get("user-agent", ""))
        return (origin.event(_TYPES.get(kind, EventType.UNKNOWN), recipient, why=why),)
    return ()
