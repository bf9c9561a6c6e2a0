"""What a mail server's replies mean (RFC 5321, section 4.2; enhanced codes: RFC 3463)."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """A step of handing a mail over; the value is the command, or the final dot."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the final dot"


class NotSmtp(ConnectionError):
    """The server sent something that cannot be what it was asked for; nothing on this connection counts."""


# Log in first, encrypt first, our account, our reputation, our sender, our content, our size.
_OURS = re.compile(r"5\.(7\.|1\.[78]\b|6\.|3\.4\b)")
_OUR_CODES = frozenset({530, 534, 535, 538})
# What servers say when they are sent too much: 4.7.x is theirs for it, but greylisting has it too.
_POLICY = re.compile(r"4\.7\.")
_GREYLISTING = re.compile(r"gr[ae]y.?list", re.IGNORECASE)
_TOO_MUCH = re.compile(r"\brate\b|\btoo (many|fast|much|quick)|throttl|slow down|rate.?limit", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply: its code (-1 where there was none to read) and its text on one line."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    def accepts(self, step: Step) -> bool:
        """Tell whether the step is done: 354 asks for the mail after DATA, 2xx is yes everywhere else."""
        return self.code == 354 if step is Step.DATA else 200 <= self.code < 300

    @property
    def is_temporary(self) -> bool:
        """Tell whether the server says "not now"."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """Tell whether the server says "never"."""
        return 500 <= self.code < 600

    @property
    def is_last(self) -> bool:
        """Tell whether nothing sensible can follow on this connection: 421, or no reply of SMTP at all."""
        return self.code == 421 or not (self.code == 354 or 200 <= self.code < 600)

    @property
    def is_throttle(self) -> bool:
        """Tell whether the server asks for fewer mails in the same time: 454, or one of the words for it."""
        asks = bool(_POLICY.match(self.text)) and not _GREYLISTING.search(self.text)
        return self.is_temporary and (self.code == 454 or asks or bool(_TOO_MUCH.search(self.text)))

    def is_ours(self, step: Step) -> bool:
        """Tell whether a refusal at *step* is about the sender, so that no recipient may be blamed for it.

        Every refusal of MAIL is; elsewhere a demand to log in, 5.7.x (policy, authentication), a bad
        sender (5.1.7, 5.1.8), the content (5.6.x) and its size for the server (5.3.4).
        """
        ours = step is Step.MAIL or self.code in _OUR_CODES or bool(_OURS.match(self.text))
        return self.is_permanent and ours
