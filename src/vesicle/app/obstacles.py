"""What outside of an issue keeps it from being sent."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vesicle.model.errors import OutsideError
from vesicle.model.issue import ApprovalRule
from vesicle.pipeline.follow import unknown
from vesicle.pipeline.prepare import Prepared

if TYPE_CHECKING:
    from vesicle.app import App

_STAYS_OPEN = timedelta(minutes=5)
"""How long a way to leave that was open counts as open, while one issue after the other is looked at."""


class Obstacles:
    """What keeps the issues of the site of *app*.

    The way to leave has to be open, and it has to be known how the papers stand. To this machine's own mail
    server everything may go, unless nobody looks at an issue before: then its papers have to be known.
    """

    def __init__(self, app: "App") -> None:
        self._app = app
        self._open_at: datetime | None = None

    def __call__(self, prepared: Prepared) -> str:
        """Say what keeps an issue; empty where nothing does."""
        app = self._app
        is_unseen = prepared.newsletter.approval is ApprovalRule.AUTOMATIC
        if not app.reaches_others and not is_unseen:
            return ""
        if is_unseen and prepared.untraced:
            names = ", ".join(prepared.untraced)
            return f"the papers of {names} have no PMID, so nobody follows them: a person has to approve it"
        if missing := unknown(prepared.pmids, app.inbox, now=app.clock()):
            return f"it is not known how PMID {', '.join(missing)} stand today: `vesicle watch --follow-up`"
        return self._way_to_leave() if app.reaches_others else ""

    def _way_to_leave(self) -> str:
        app, now = self._app, self._app.clock()
        if self._open_at is not None and abs(now - self._open_at) < _STAYS_OPEN:
            return ""
        try:
            app.outside.reach(app.leaving_address)
        except OutsideError as error:
            return f"nobody could leave: the address to unsubscribe does not answer ({error})"
        self._open_at = now
        return ""
