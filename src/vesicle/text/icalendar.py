"""Appointments as a calendar that other programs subscribe to (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

LENGTH = timedelta(minutes=15)
"""How long an appointment looks in a calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One appointment: *uid* is the same each time the calendar is made."""

    uid: str
    at: datetime
    title: str
    text: str


def calendar_file(name: str, entries: Iterable[Entry], *, now: datetime) -> bytes:
    """Write *entries* as the calendar called *name*, as it is *now* (aware)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Vesicle//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for one in entries:
        event = Event()
        event.add("uid", one.uid)
        event.add("dtstamp", now)
        event.add("dtstart", one.at)
        event.add("duration", LENGTH)
        event.add("summary", one.title)
        event.add("description", one.text)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
