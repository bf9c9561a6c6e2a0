"""What a site did before: long enough ago that explainers can be posted again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.rim.daemon.site import KEY, Site, issue

from vesicle.app import App
from vesicle.app.running import Running

FIRST = 900
"""The number of the issue that was sent before; the others count from 1."""
_ONCE = "'{0:%M} {0:%H} {0:%d} {0:%m} *'"


def published(site: Site, at: datetime, *, items: int) -> None:
    """Send an issue at *at* (UTC) with so many explainers, and publish their posts in the minutes after."""
    usual = {name: getattr(site.plan, name) for name in ("issues", "posts", "watch")}
    site.write(issue(FIRST, at.replace(tzinfo=None), items=items))
    site.configure(issues=_ONCE.format(at), posts="'* * * * *'", watch="'0 0 1 1 *'")
    ticked(site, [at + timedelta(minutes=number, seconds=1) for number in range(-1, items + 1)])
    assert len(site.outbox()) == items
    site.configure(**usual)


def ticked(site: Site, moments: Sequence[datetime]) -> None:
    """Do at each of *moments* (UTC) what is due, as one process that ends after the last."""
    now = [moments[0]]
    app = App(site.root, clock=lambda: now[0], environ={"VESICLE_KEY": KEY})
    with app.dispatching(stopping=lambda: False) as dispatch:
        running = Running(app, dispatch)
        for now[0] in moments:
            running.tick(now[0])
    app.database.close()
