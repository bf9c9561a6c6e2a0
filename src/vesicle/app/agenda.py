"""The agenda of one site: what is due when."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vesicle.app.running import posts, slots
from vesicle.app.timetables import timetables, with_slots
from vesicle.model.content import Content
from vesicle.model.issue import Issue, IssueStatus
from vesicle.model.slot import Slot
from vesicle.pipeline.agenda import MISSED_FOR, Appointment, Desk, agenda
from vesicle.schedule.due import slot_of

if TYPE_CHECKING:
    from vesicle.app import App


def agenda_of(app: "App", *, until: datetime) -> list[Appointment]:
    """Give what is due at the site of *app* up to *until* (aware), and what is overdue."""
    content, now = app.content.read(), app.clock()
    ahead = [one for one in content.issues.values() if _is_near(app, one, now, until)]
    frozen = frozenset(one.slug for one in ahead if app.ledger.is_frozen(one.slug))
    waiting = posts(app)
    desk = Desk(
        timetables=timetables(app.settings, app.newsletters),
        newsletters=app.newsletters,
        content=content,
        kept=_kept(app, now),
        waiting={name: waiting.waiting(name) for name in with_slots(app.settings)},
        zones={
            slug: tuple(app.subscribers.zones(one.audience))
            for slug, one in app.newsletters.items()
            if one.readers_time
        },
        frozen=frozen,
        held={one.slug: _held(app, one, content) for one in ahead if one.slug not in frozen},
    )
    return agenda(desk, now=now, until=until)


def _is_near(app: "App", issue: Issue, now: datetime, until: datetime) -> bool:
    newsletter = app.newsletters.get(issue.newsletter)
    if newsletter is None or issue.status is IssueStatus.CANCELLED:
        return False
    return now - timedelta(days=3) < slot_of(issue, newsletter).due <= until


def _held(app: "App", issue: Issue, content: Content) -> str:
    return app.prepare(issue, content).held


def _kept(app: "App", now: datetime) -> list[Slot]:
    kept, since = slots(app), now - MISSED_FOR
    return [slot for name in kept.marks() for slot in kept.of(name, since=since)]
