"""What a mail server's code says of an address: enhanced status codes (RFC 3463), else replies (RFC 5321).

A refusal counts against the address only where it is about the address. Whatever is about us (policy,
authentication, our sender, our content, our size: 5.7.x, 5.1.7, 5.1.8, 5.6.x, 5.3.4) is `rejected`, and a
mailbox that is full, or a server that is not well, may be there again next month.
"""

import re
from dataclasses import dataclass

from vesicle.model.event import EventType

_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
# "550 5.1.1", "550-5.7.1", "550 #5.1.1": the code that stands behind a reply is the server's own.
_BEHIND_REPLY = re.compile(r"(?<!\d)[245]\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?:^|(?<=[\s;:(<]))([45]\d\d)(?=[\s:-])")
_OURS = re.compile(r"5\.(7\.\d+|1\.[78]|6\.\d+|3\.4)")
# Full, too large for it, not well, too slow, or a quarrel about the protocol.
_PASSING = re.compile(r"5\.(2\.[234]|3\.[1235]|4\.[3567]|5\.[1-9]\d*)")
_OUR_REPLIES = frozenset({"530", "534", "535", "538"})
_FULL_REPLY = "552"
_GENERIC = re.compile(r"[245]\.0\.0")
_FULL_WORDS = re.compile(r"quota|mailbox (is )?full|(exceed|over).{0,40}(storage|size|limit)", re.IGNORECASE)
_OUR_WORDS = re.compile(
    r"\bspam|blacklist|block.?list|reputation|unsolicited|\bSPF\b|\bDKIM\b|\bDMARC\b|\bpolicy\b|\bvirus",
    re.IGNORECASE,
)
_MOST_READ = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a refusal was: `bounced` or `rejected`, and whether the address is gone for good."""

    type: EventType
    is_permanent: bool = False


def code_in(text: str) -> str:
    """Give the enhanced status code that *text* tells, best the one behind a reply; empty without one."""
    found = _BEHIND_REPLY.search(text[:_MOST_READ]) or _CODE.search(text[:_MOST_READ])
    return found[1] if found else ""


def best_code(code: str, text: str) -> str:
    """Give *code*, or the one in *text* where *code* says nothing (x.0.0) or is not there."""
    is_generic = not code or _GENERIC.fullmatch(code)
    return (code_in(text) or code) if is_generic else code


def judge(code: str, text: str = "") -> Verdict:
    """Judge a refusal by its enhanced *code*, which may be empty; *text* is what the server said.

    Words count only where there is no code that means anything.
    """
    if _OURS.fullmatch(code):
        return Verdict(type=EventType.REJECTED)
    if _PASSING.fullmatch(code) or code.startswith("4."):
        return Verdict(type=EventType.BOUNCED)
    if code and not _GENERIC.fullmatch(code):
        return Verdict(type=EventType.BOUNCED, is_permanent=code.startswith("5."))
    return _by_words(code, text[:_MOST_READ])


def _by_words(code: str, text: str) -> Verdict:
    found = _REPLY.search(text)
    reply = found[1] if found else ""
    if reply in _OUR_REPLIES or _OUR_WORDS.search(text):
        return Verdict(type=EventType.REJECTED)
    if reply == _FULL_REPLY or _FULL_WORDS.search(text):
        return Verdict(type=EventType.BOUNCED)
    return Verdict(type=EventType.BOUNCED, is_permanent=(code or reply)[:1] == "5")
