"""What is asked of the literature: one source, or what was kept and published."""

from typing import TYPE_CHECKING

from vesicle.model.paper import Harvest
from vesicle.pipeline.collect import harvest
from vesicle.pipeline.follow import Change, changed, follow, followed

if TYPE_CHECKING:
    from vesicle.app import App


def watch(app: "App", name: str) -> Harvest:
    """Ask the source called *name* for what is new; give the account of it."""
    return harvest(name, app.sources[name], app.collecting())


def follow_up(app: "App") -> Harvest | None:
    """Look again at what was kept or published; None where there is nothing, or no source that can."""
    desk = app.collecting()
    pmids, records = followed(desk, app.published_pmids()), app.records
    if not pmids or records is None:
        return None
    return follow(pmids, records, desk, opinion=app.second_opinion)


def changes(app: "App") -> list[Change]:
    """Give the papers that were kept or published and no longer stand as they did."""
    desk = app.collecting()
    return list(changed(followed(desk, app.published_pmids()), desk))
