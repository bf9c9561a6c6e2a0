"""Delivery status notifications (RFC 3464 in the frame of RFC 6522; international: RFC 6533).

Strict in what counts: the machine-readable part alone, recipient by recipient, never the prose. Lenient in
how it is spelt, as servers are: comments, a missing address type, `failure` or `error` for `failed`.
"""

import re
from collections.abc import Iterable, Mapping

from vesicle.learn.mail.mime import Mail, blocks, walk
from vesicle.learn.mail.origin import Origin
from vesicle.learn.mail.senders import is_system
from vesicle.model.event import Event, EventType
from vesicle.text import statuses, traces

_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_REPORT_TYPES = frozenset({"", "delivery-status"})
_WORD = re.compile(r"[a-z]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# RFC 6533, section 3: how an address is written where only ASCII may stand.
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_LARGEST = 0x10FFFF
_FAILED = "failed"
_ACTIONS = {
    _FAILED: _FAILED,
    "failure": _FAILED,
    "error": _FAILED,
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
# What a report without an Action that anybody knows means, by the class of its status.
_BY_CLASS = {"5": _FAILED, "4": "delayed", "2": "delivered"}
_GRAVITY = (EventType.DELIVERED, EventType.DEFERRED, EventType.REJECTED, EventType.BOUNCED)

Group = Mapping[str, str]
"""The fields of one recipient, by names in small letters."""


def events(mail: Mail) -> tuple[Event, ...]:
    """Give an event for each recipient that *mail* reports on; none where it is no report of this kind."""
    # A gateway may wrap the whole report into a mail of its own.
    for parent, part in walk(mail, within=is_system(mail)):
        if part.type not in _STATUS_PARTS or parent.parameter("report-type").lower() not in _REPORT_TYPES:
            continue
        told = list(blocks(part.text))
        about = told[0] if told else {}
        envelope = [about.get("original-envelope-id", "")]
        origin = Origin.of(mail, parent.parts, envelope)
        if found := _gravest(event for group in told for event in _event(group, origin)):
            return found
    return ()


def _event(group: Group, origin: Origin) -> Iterable[Event]:
    status = found[0] if (found := _STATUS.search(group.get("status", ""))) else ""
    said = group.get("diagnostic-code", "")
    action = _action(group, status or statuses.code_in(said))
    if not action or not _names_somebody(group):
        return
    recipient = _recipient(group)
    code = statuses.best_code(status, said)
    # What stands behind a code is a comment of the server's, and often the only sentence that there is.
    words = f"{said} {group.get('status', '')}"
    verdict = statuses.judge(code, words)
    type_ = _types(action, verdict)
    yield origin.event(
        type_,
        recipient,
        why=traces.reason(said or group.get("status", "")),
        code=code,
        is_permanent=type_ is EventType.BOUNCED and verdict.is_permanent,
    )


def _types(action: str, verdict: statuses.Verdict) -> EventType:
    if action == _FAILED:
        return verdict.type
    return EventType.DEFERRED if action == "delayed" else EventType.DELIVERED


def _action(group: Group, code: str) -> str:
    word = found[0] if (found := _WORD.search(group.get("action", "").lower())) else ""
    return _ACTIONS.get(word) or _BY_CLASS.get(code[:1], "")


def _names_somebody(group: Group) -> bool:
    return "final-recipient" in group or "original-recipient" in group


def _recipient(group: Group) -> str:
    """Give whom we wrote to: the original recipient (RFC 3461), before any forwarding, else the final one."""
    for name in ("original-recipient", "final-recipient"):
        kind, semicolon, rest = group.get(name, "").partition(";")
        if kind.strip().lower() != "x400" and (found := traces.address(rest if semicolon else kind)):
            return _ESCAPED.sub(_letter, found)
    return ""


def _letter(escaped: re.Match[str]) -> str:
    number = int(escaped[1], 16)
    return chr(number) if number <= _LARGEST and chr(number).isprintable() else "\N{REPLACEMENT CHARACTER}"


def _gravest(found: Iterable[Event]) -> tuple[Event, ...]:
    """Keep one event for each recipient: what is worst of all that was said."""
    kept: dict[str, Event] = {}
    for event in found:
        before = kept.get(event.id)
        if before is None or _gravity(event) > _gravity(before):
            kept[event.id] = event
    return tuple(kept.values())


def _gravity(event: Event) -> tuple[int, bool]:
    return _GRAVITY.index(event.type), event.is_permanent
