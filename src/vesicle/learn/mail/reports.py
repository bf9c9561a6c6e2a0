"""Reads any mail that came back: a report, a complaint, somebody who wants to leave, or none of these."""

from dataclasses import replace

from vesicle.learn.mail import delivery, feedback, heuristics, senders
from vesicle.learn.mail.mime import MOST_BYTES, Mail, taken_apart
from vesicle.learn.mail.origin import Origin, recipients
from vesicle.learn.mail.reading import Kind, Reading
from vesicle.model.event import Event, EventType
from vesicle.text import traces


def read(content: bytes) -> Reading:
    """Tell what a mail is, by its bytes as they came; of more than 10 MB the rest is not read.

    The parts that are meant for machines come first (RFC 3464, RFC 5965), then who wrote it, then who it
    is addressed to, and prose last.
    """
    mail = taken_apart(content[:MOST_BYTES])
    if found := delivery.events(mail) or feedback.events(mail):
        return Reading(kind=Kind.EVENTS, events=found)
    if senders.is_answering(mail):
        return Reading(kind=Kind.AUTOMATIC)
    if found := _leaving(mail):
        return Reading(kind=Kind.EVENTS, events=found)
    if senders.is_automatic(mail):
        return Reading(kind=Kind.AUTOMATIC)
    if found := heuristics.events(content, mail):
        return Reading(kind=Kind.EVENTS, events=found)
    return Reading(kind=Kind.UNMATCHED)


def _leaving(mail: Mail) -> tuple[Event, ...]:
    """Give the wish of whoever wrote to an address that is for leaving; its content says no more.

    A mail program may write it by itself, so that `auto-generated` counts, and a bounce does not.
    """
    token = traces.leave_token(recipients(mail))
    if not token or senders.is_system(mail):
        return ()
    origin = replace(Origin.of(mail), token=token)
    author = traces.address(mail.first("from"))
    return (origin.event(EventType.UNSUBSCRIBED, author, why="wrote to the address for leaving"),)
