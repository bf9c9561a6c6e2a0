"""What is due when, and what would be done then; what was missed, and what waits. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.issue import Issue, IssueStatus, Newsletter
from vesicle.model.slot import Job, Slot, SlotState, Timetable
from vesicle.ports import WaitingPost
from vesicle.schedule.calendar import moment
from vesicle.schedule.due import first_moment, timetable
from vesicle.schedule.plan import moments

MISSED_FOR = timedelta(days=30)
"""How long a slot that was missed is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One slot for people: *due* is the instant (UTC), *zone* the one it is meant in.

    *what* is what is done, *about* the newsletter, channel or source, *note* what stands in the way or is
    worth knowing, *link* the slug of the issue or post. A slot that is *overdue* has gone by.
    """

    name: str
    due: datetime
    zone: str
    job: Job
    about: str
    what: str
    note: str = ""
    slug: str = ""
    state: str = "to come"
    is_overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an agenda is made of: *kept* are slots of the past that are not done, *waiting* posts by channel.

    *zones* are those of readers, by newsletter; *frozen* are the slugs of issues that are going out or are
    out; *held* says of an issue why it may not go out.
    """

    timetables: Sequence[Timetable]
    newsletters: Mapping[str, Newsletter]
    content: Content
    kept: Sequence[Slot]
    waiting: Mapping[str, Sequence[WaitingPost]]
    zones: Mapping[str, Sequence[str]]
    frozen: frozenset[str]
    held: Mapping[str, str]


def agenda(desk: Desk, *, now: datetime, until: datetime) -> list[Appointment]:
    """Give what is overdue, and every slot up to *until*, earliest first."""
    found = [*_overdue(desk, now), *_issues(desk, now, until), *_posts(desk, now, until)]
    for one in desk.timetables:
        if one.job not in (Job.ISSUE, Job.POST, Job.PIN):
            found += (_plain(one, due) for due in moments(one, now, until))
    return sorted(found, key=lambda one: (not one.is_overdue, one.due, one.name))


def _overdue(desk: Desk, now: datetime) -> Iterator[Appointment]:
    zones = {one.name: one.zone for one in desk.timetables}
    for slot in desk.kept:
        if slot.state in (SlotState.OPEN, SlotState.MISSED) and slot.due > now - MISSED_FOR:
            yield Appointment(
                name=slot.name,
                due=slot.due,
                zone=zones.get(slot.timetable, "UTC"),
                job=slot.job,
                about=slot.about,
                what=_WORDS[slot.job],
                note=slot.why,
                slug=slot.what,
                state="missed" if slot.state is SlotState.MISSED else "in hand",
                is_overdue=True,
            )


def _issues(desk: Desk, now: datetime, until: datetime) -> Iterator[Appointment]:
    for newsletter in desk.newsletters.values():
        when = replace(timetable(newsletter), ahead=timedelta(0))
        mine = [
            one
            for one in desk.content.issues.values()
            if one.newsletter == newsletter.slug
            and one.status is not IssueStatus.CANCELLED
            and one.slug not in desk.frozen
        ]
        there = {
            moment(one.due, newsletter.zone)
            for one in desk.content.issues.values()
            if _is_of(one, newsletter)
        }
        for one in mine:
            due = first_moment(one, newsletter, desk.zones.get(newsletter.slug, ()))
            if now < due <= until:
                yield _issue(one, newsletter, due, desk)
        for due in moments(when, now, until):
            if due not in there:
                yield _empty(newsletter, when, due)


def _is_of(issue: Issue, newsletter: Newsletter) -> bool:
    return issue.newsletter == newsletter.slug


def _issue(issue: Issue, newsletter: Newsletter, due: datetime, desk: Desk) -> Appointment:
    held = desk.held.get(issue.slug, "")
    times = f"each reader at {newsletter.readers_time} of their own time; " if newsletter.readers_time else ""
    return Appointment(
        name=timetable(newsletter).name,
        due=due,
        zone=newsletter.zone,
        job=Job.ISSUE,
        about=newsletter.slug,
        what=_WORDS[Job.ISSUE],
        note=f"{times}{held or 'it may go out'}",
        slug=issue.slug,
    )


def _empty(newsletter: Newsletter, when: Timetable, due: datetime) -> Appointment:
    return Appointment(
        name=when.name,
        due=due,
        zone=newsletter.zone,
        job=Job.ISSUE,
        about=newsletter.slug,
        what=_WORDS[Job.ISSUE],
        note="there is no issue for it yet",
    )


def _posts(desk: Desk, now: datetime, until: datetime) -> Iterator[Appointment]:
    for one in desk.timetables:
        waiting = desk.waiting.get(one.about, ())
        if one.job is Job.POST:
            in_turn = [post for post in waiting if post.pinned is None and not post.is_held]
            yield from _in_turn(one, moments(one, now, until), in_turn)
        elif one.job is Job.PIN:
            pinned = (post for post in waiting if post.pinned is not None)
            yield from (
                _post(one, due, post) for post in pinned if (due := post.pinned) and now < due <= until
            )


def _in_turn(
    when: Timetable, dues: Iterable[datetime], posts: Sequence[WaitingPost]
) -> Iterator[Appointment]:
    for number, due in enumerate(dues):
        yield _post(when, due, posts[number] if number < len(posts) else None)


def _post(when: Timetable, due: datetime, post: WaitingPost | None) -> Appointment:
    held = "held" if post and post.is_held else ""
    return Appointment(
        name=when.name,
        due=due,
        zone=when.zone,
        job=when.job,
        about=when.about,
        what=_WORDS[when.job],
        note=held or ("" if post else "nothing waits yet"),
        slug=post.slug if post else "",
    )


def _plain(when: Timetable, due: datetime) -> Appointment:
    return Appointment(
        name=when.name, due=due, zone=when.zone, job=when.job, about=when.about, what=_WORDS[when.job]
    )


_WORDS = {
    Job.ISSUE: "send the issue",
    Job.COMPOSE: "compose the next issue",
    Job.POST: "publish the next post",
    Job.PIN: "publish a post that is pinned to this time",
    Job.WATCH: "look for new papers",
    Job.FOLLOW_UP: "look again at papers that were kept or published",
    Job.TIDY: "delete what is older than it is kept",
}
