"""The agenda of one site: what is due when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vesicle.app.running import posts, slots
from vesicle.app.timetables import timetables, with_slots
from vesicle.model.issue import Issue, IssueStatus
from vesicle.pipeline.agenda import MISSED_FOR, Appointment, Desk, agenda
from vesicle.ports import WaitingPost
from vesicle.schedule.due import slot_of

if TYPE_CHECKING:
    from vesicle.app import App

_AROUND = timedelta(days=3)
"""How far an issue may lie behind its slot, with times of readers, and not be out yet."""


def agenda_of(app: "App", *, until: datetime) -> list[Appointment]:
    """Give what is due at the site of *app* up to *until* (aware), and what is overdue.

    Without a database, as on the machine of an editor, files and settings alone tell.
    """
    content, now = app.content.read(), app.clock()
    ahead = [one for one in content.issues.values() if _is_near(app, one, now, until)]
    has_database = app.database_path.exists()
    frozen = frozenset(one.slug for one in ahead if has_database and app.deliveries.is_frozen(one.slug))
    desk = Desk(
        timetables=timetables(app.settings, app.newsletters),
        newsletters=app.newsletters,
        content=content,
        kept=slots(app).since(now - MISSED_FOR) if has_database else (),
        waiting=_waiting(app) if has_database else {},
        zones=_zones(app) if has_database else {},
        frozen=frozen,
        held={one.slug: app.prepare(one, content).held for one in ahead if one.slug not in frozen},
    )
    return agenda(desk, now=now, until=until)


def _is_near(app: "App", issue: Issue, now: datetime, until: datetime) -> bool:
    newsletter = app.newsletters.get(issue.newsletter)
    if newsletter is None or issue.status is IssueStatus.CANCELLED:
        return False
    return now - _AROUND < slot_of(issue, newsletter).due <= until


def _waiting(app: "App") -> dict[str, Sequence[WaitingPost]]:
    return {name: posts(app).waiting(name) for name in with_slots(app.settings)}


def _zones(app: "App") -> dict[str, Sequence[str]]:
    """Give the zones of readers, where they matter."""
    own = {slug: one for slug, one in app.newsletters.items() if one.readers_time}
    return {slug: tuple(app.subscribers.zones(one.audience)) for slug, one in own.items()}
