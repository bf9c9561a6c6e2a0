"""Bounces in prose, of servers that write no reports: `flufl.bounce` knows some twenty of them."""

import logging
import re
from collections.abc import Collection
from email import message_from_bytes

from vesicle.learn.mail.mime import Mail, walk
from vesicle.learn.mail.origin import Origin
from vesicle.learn.mail.senders import is_system
from vesicle.model.event import Event, EventType
from vesicle.text import statuses, traces

_log = logging.getLogger(__name__)

# A bounce says what it is at its start; the mail that it returns stands behind. With lines as long as the
# standard allows (RFC 5322, section 2.1.1), its patterns take a fraction of a second; on one line of
# 64,000 characters some took 16 seconds (measured 2026-11).
_MOST_READ = 32_000
_LONGEST_LINE = 998
_MOST_PROSE = 4_000
# Where the mail that comes back begins, so that its words are not taken for the server's.
_RETURNED = re.compile(r"^(-{3,}.*|received:.*|return-path:.*)$", re.IGNORECASE | re.MULTILINE)


def events(content: bytes, mail: Mail) -> tuple[Event, ...]:
    """Give an event for each address that the prose of *mail* (whose bytes are *content*) names."""
    delayed, failed = _found(content[:_MOST_READ])
    if not delayed and not failed:
        return ()
    # Our envelope sender may stand in the header that a mail system quotes as text.
    quoted = content[:_MOST_READ].decode("utf-8", "replace") if is_system(mail) else ""
    origin = Origin.of(mail, [part for _, part in walk(mail)], [quoted])
    prose = _prose(mail)
    # With several addresses nobody can tell whose code it is.
    code = statuses.code_in(prose) if len(failed) == 1 else ""
    verdict = statuses.judge(code or "5.0.0", prose if len(failed) == 1 else "")
    why = traces.reason(prose)
    is_permanent = verdict.is_permanent
    lost = [origin.event(verdict.type, one, why=why, code=code, is_permanent=is_permanent) for one in failed]
    return (*lost, *(origin.event(EventType.DEFERRED, one, why=why) for one in delayed if one not in failed))


def _found(content: bytes) -> tuple[list[str], list[str]]:
    """Give the addresses that wait and those that failed, sorted."""
    from flufl.bounce import all_failures  # noqa: PLC0415 - twenty modules, for the last resort

    try:
        delayed, failed = all_failures(message_from_bytes(_short_lines(content)))
    # Its detectors, and the parser below them, raise all kinds of errors on mails that are broken on
    # purpose; a mail that it cannot read is one that it does not know.
    except Exception as error:
        _log.info("learn.unreadable error=%s", type(error).__name__)
        return [], []
    return _addresses(delayed), _addresses(failed)


def _short_lines(content: bytes) -> bytes:
    return b"\n".join(line[:_LONGEST_LINE] for line in content.splitlines())


def _addresses(found: Collection[bytes]) -> list[str]:
    named = (traces.address(one.decode("utf-8", "replace")) for one in found)
    return sorted({address for address in named if address})


def _prose(mail: Mail) -> str:
    parts = (part for _, part in walk(mail) if part.type == "text/plain")
    text = next(parts, Mail((), b"") if mail.parts else mail).text[:_MOST_PROSE]
    returned = _RETURNED.search(text, 1)
    return text[: returned.start()] if returned else text
