"""Which delivery a mail that came back is about, and which mail it is itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Self

from vesicle.learn.mail.mime import Mail, taken_apart
from vesicle.model.event import Event, EventType
from vesicle.text import traces

SOURCE = "mail"

_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "resent-to", "cc")
_ORIGINAL = frozenset(
    {"message/rfc822", "text/rfc822-headers", "text/rfc822", "message/global", "message/global-headers"}
)
_HEADERS_ONLY = frozenset({"text/rfc822-headers", "text/rfc822", "message/global-headers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all events of one mail share: its own *report* id, our *token*, our *message_id*, its date."""

    report: str
    token: str = ""
    message_id: str = ""
    at: datetime | None = None

    @classmethod
    def of(cls, mail: Mail, parts: Iterable[Mail] = (), envelope: Iterable[str] = ()) -> Self:
        """Look where *mail* was sent to, then at what it quotes of ours in *parts* and *envelope*.

        *envelope* are fields of a report that may hold our envelope sender or envelope id.
        """
        ours = original(parts)
        envelope = tuple(envelope)
        senders = (recipients(mail), *envelope, *ours.every("return-path", "list-unsubscribe"))
        envelope_ids = (token for one in envelope if (token := traces.envelope_token(one)))
        return cls(
            report=mail.first("message-id") or sha256(mail.body).hexdigest(),
            token=_first(map(traces.bounce_token, senders))
            or _first(envelope_ids)
            or _first(map(traces.leave_token, senders)),
            message_id=traces.message_id(ours.first("message-id")),
            at=moment(mail.first("date")),
        )

    def event(
        self, type_: EventType, recipient: str, *, why: str = "", code: str = "", is_permanent: bool = False
    ) -> Event:
        """Make an event whose id is the same for the same mail and recipient."""
        return Event(
            id=traces.event_id(self.report, self.token, self.message_id, recipient.lower()),
            type=type_,
            source=SOURCE,
            at=self.at,
            token=self.token,
            message_id=self.message_id,
            recipient=recipient,
            is_permanent=is_permanent,
            code=code,
            reason=why,
        )


def recipients(mail: Mail) -> str:
    """Give every address that *mail* came to, as its fields write them; envelope recipients first."""
    return " ".join(f"<{value}>" for value in mail.every(*_TO))


def original(parts: Iterable[Mail]) -> Mail:
    """Give our own mail, or its header, as one of *parts* holds it; an empty one without."""
    for part in parts:
        if part.type in _HEADERS_ONLY:
            return taken_apart(part.content.lstrip(b"\n"))
        if part.type in _ORIGINAL and part.parts:
            return part.parts[0]
    return Mail((), b"")


def moment(date: str) -> datetime | None:
    """Give the moment that a Date field tells, in UTC; None where it tells none."""
    try:
        found = parsedate_to_datetime(date[:100])
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _first(found: Iterable[str]) -> str:
    return next((one for one in found if one), "")
