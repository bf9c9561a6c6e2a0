"""From settings to timetables: what `vesicle run` does, and when."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from vesicle.model.issue import Newsletter
from vesicle.model.slot import Job, Timetable
from vesicle.pipeline.send import EMAIL
from vesicle.schedule import due
from vesicle.settings import Settings
from vesicle.settings.plugins import ChannelSettings

TIDY = "every day at 03:30"
"""When old records are deleted: at night, in the site's zone."""


def timetables(settings: Settings, newsletters: Mapping[str, Newsletter]) -> tuple[Timetable, ...]:
    """Give every timetable of a site."""
    return (*of_newsletters(newsletters), *_of_posts(settings), *_of_library(settings))


def with_slots(settings: Settings) -> frozenset[str]:
    """Give the channels whose posts go out at times of their own."""
    return frozenset(name for name, one in settings.channels.items() if _has_slots(name, one))


def of_newsletters(newsletters: Mapping[str, Newsletter]) -> Iterator[Timetable]:
    """Yield those of issues: when they are sent, and when they are composed."""
    for newsletter in newsletters.values():
        yield due.timetable(newsletter)
        if newsletter.compose_ahead:
            yield Timetable(
                job=Job.COMPOSE,
                about=newsletter.slug,
                rule=newsletter.cadence,
                zone=newsletter.zone,
                grace=newsletter.compose_ahead,
                ahead=newsletter.compose_ahead,
                each=True,
            )


def _of_posts(settings: Settings) -> Iterator[Timetable]:
    for name, one in settings.channels.items():
        if _has_slots(name, one):
            grace, zone = timedelta(minutes=one.grace_minutes), one.zone or settings.site.zone
            yield Timetable(job=Job.POST, about=name, rule=str(one.when), zone=zone, grace=grace)
            yield Timetable(job=Job.PIN, about=name, rule="", zone=zone, grace=grace, each=True)


def _of_library(settings: Settings) -> Iterator[Timetable]:
    zone = settings.site.zone
    for name, one in settings.sources.items():
        if one.enabled and one.when:
            yield Timetable(job=Job.WATCH, about=name, rule=str(one.when), zone=one.zone or zone)
    if settings.sources and settings.follow_up:
        yield Timetable(job=Job.FOLLOW_UP, about="", rule=str(settings.follow_up), zone=zone)
    yield Timetable(job=Job.TIDY, about="", rule=TIDY, zone=zone)


def _has_slots(name: str, channel: ChannelSettings) -> bool:
    return name != EMAIL and channel.enabled and bool(channel.when)
