"""When issues are due, and which of them belong to a slot."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from vesicle.model.issue import Issue, IssueStatus, Newsletter
from vesicle.model.slot import Job, Slot, Timetable
from vesicle.schedule.calendar import is_zone, moment
from vesicle.schedule.plan import following, moments

EARLY = timedelta(hours=50)
"""How long before its own time an issue is looked at where each reader has theirs.

The first are 26 hours ahead of the last (UTC+14 and UTC-12), and up to a day may lie between the time of day
in `due` and that of readers.
"""

_LAST = "Etc/GMT+12"
_LOOK_BACK = (timedelta(days=1), timedelta(days=10), timedelta(days=100))


def due(
    issues: Iterable[Issue], newsletters: Mapping[str, Newsletter], *, now: datetime
) -> Iterator[tuple[Issue, Newsletter]]:
    """Yield the issues whose time has come and that were not cancelled, earliest first."""
    when = {
        issue.slug: moment(issue.due, newsletters[issue.newsletter].zone)
        for issue in issues
        if issue.newsletter in newsletters and issue.status is not IssueStatus.CANCELLED
    }
    for issue in sorted((one for one in issues if one.slug in when), key=lambda one: when[one.slug]):
        if when[issue.slug] <= now:
            yield issue, newsletters[issue.newsletter]


def timetable(newsletter: Newsletter) -> Timetable:
    """Give when issues of *newsletter* are looked at; how late one may go out is decided for each."""
    return Timetable(
        job=Job.ISSUE,
        about=newsletter.slug,
        rule=newsletter.cadence,
        zone=newsletter.zone,
        ahead=EARLY if newsletter.readers_time else timedelta(0),
        each=True,
    )


def slot_of(issue: Issue, newsletter: Newsletter) -> Slot:
    """Give the slot that *issue* belongs to."""
    when = timetable(newsletter)
    return Slot(name=when.name, due=moment(issue.due, newsletter.zone) - when.ahead)


def wall_for_readers(issue: Issue, newsletter: Newsletter) -> datetime | None:
    """Give the wall-clock time at which each reader gets *issue* in their own zone; None for all at once."""
    if not newsletter.readers_time:
        return None
    return datetime.combine(issue.due.date(), time.fromisoformat(newsletter.readers_time))


def first_moment(issue: Issue, newsletter: Newsletter, zones: Collection[str]) -> datetime:
    """Give the instant at which the first reader is owed *issue*, where readers live in *zones*."""
    wall = wall_for_readers(issue, newsletter)
    if wall is None:
        return moment(issue.due, newsletter.zone)
    known = (zone for zone in zones if is_zone(zone))
    return min(moment(wall, zone) for zone in {newsletter.zone, *known})


def last_moment(issue: Issue, newsletter: Newsletter) -> datetime:
    """Give the instant by which every reader is owed *issue*, wherever they live."""
    wall = wall_for_readers(issue, newsletter)
    return moment(issue.due, newsletter.zone) if wall is None else moment(wall, _LAST)


def is_moved(slot: Slot, newsletter: Newsletter, issues: Iterable[Issue]) -> bool:
    """Tell whether an editor gave the issue of *slot* another time, between the slots before and after it."""
    when = timetable(newsletter)
    before, after = _before(when, slot.due), following(when, slot.due)
    others = (slot_of(one, newsletter).due for one in issues if one.newsletter == newsletter.slug)
    return any(before < due < after and due != slot.due for due in others)


def _before(when: Timetable, due: datetime) -> datetime:
    """Give the slot before *due*; *due* itself where there is none in a hundred days."""
    for back in _LOOK_BACK:
        near = [one for one in moments(when, due - back, due) if one < due]
        if near:
            return near[-1]
    return due
