"""What it says of an address that a delivery failed while it was sent."""

import re
from dataclasses import dataclass

from vesicle.model.event import EventType
from vesicle.text.statuses import code_in, judge

SOURCE = "smtp"

# As `deliver.email.endings` writes it: the step that was refused, or that time ran out.
_REFUSED = re.compile(r"(RCPT|DATA|the final dot): ")
_GIVEN_UP = "not reached by "
# No such mailbox, for good, or it is disabled (RFC 3463; RFC 7505 for a domain that takes no mail).
_NO_SUCH = frozenset({"5.1.1", "5.1.10", "5.2.1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reason tells: how it ended, with the enhanced code (RFC 3463) or none."""

    type: EventType
    is_permanent: bool = False
    code: str = ""


def refusal(reason: str) -> Told:
    """Judge the *reason* of a delivery that failed.

    Only codes that say there is no such mailbox count at once. Another refusal of the address, or a server
    that could not be reached, counts as one of several; what is about us, or could not be written, against
    nobody.
    """
    code = code_in(reason)
    is_about_them = _REFUSED.match(reason) or reason.startswith(_GIVEN_UP)
    type_ = judge(code, reason).type if is_about_them else EventType.REJECTED
    is_permanent = type_ is EventType.BOUNCED and code in _NO_SUCH and not reason.startswith(_GIVEN_UP)
    return Told(type=type_, is_permanent=is_permanent, code=code)
