"""What stands in `config.yaml` taken together: parts that are there but cannot work without each other."""

from collections.abc import Iterator
from dataclasses import dataclass

from vesicle.model.checkup import Line, fault, good, warning

_WHAT = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is there; *redirects_to* is where every mail goes instead of to its reader, if anywhere."""

    newsletters: int
    sources: int
    has_rules: bool
    has_email: bool
    takes_bounces: bool = False
    reads_bounces: bool = False
    redirects_to: str = ""


def look(parts: Parts) -> Iterator[Line]:
    """Yield what is missing."""
    missing = list(_missing(parts))
    counts = f"newsletters: {parts.newsletters}, sources: {parts.sources}"
    yield from missing or [good("doctor.configuration", _WHAT, counts)]


def _missing(parts: Parts) -> Iterator[Line]:
    if not parts.sources:
        text, mend = "no source is set", "add one below `sources`"
        yield warning("doctor.no-source", _WHAT, text, why="nothing is watched", mend=mend)
    if not parts.has_rules:
        text, mend = "no rules are set", "describe the subject below `rules`"
        yield warning("doctor.no-rules", _WHAT, text, why="nothing is ranked", mend=mend)
    if parts.newsletters and not parts.has_email:
        text, mend = "no channel `email` is set", "write your mail server below `channels: email`"
        yield fault("doctor.no-email", _WHAT, text, why="newsletters go nowhere", mend=mend)
    if parts.takes_bounces and not parts.reads_bounces:
        text = "mails come back to the bounce_domain, and nobody reads them"
        mend = "write a mailbox below `returns: mailboxes`"
        why = "dead addresses are written to for ever, until providers refuse all of your mail"
        yield warning("doctor.bounces-unread", _WHAT, text, why=why, mend=mend)
    if parts.redirects_to:
        text = f"every mail goes to {parts.redirects_to}: redirect_all"
        mend = "take `redirect_all` out when you are ready to send"
        yield warning("doctor.redirected", _WHAT, text, why="no reader gets anything", mend=mend)
