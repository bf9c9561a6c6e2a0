"""Which issues are due."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from vesicle.model.issue import Issue, IssueStatus, Newsletter
from vesicle.schedule.calendar import moment


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
