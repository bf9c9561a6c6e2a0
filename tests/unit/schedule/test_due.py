from datetime import UTC, datetime, timedelta

from vesicle.model.issue import Issue, IssueStatus
from vesicle.schedule.due import due
from vesicle.testing import nouns


def issue(
    slug: str, at: str, *, status: IssueStatus = IssueStatus.READY, newsletter: str = "letter"
) -> Issue:
    return nouns.issue(slug=slug, newsletter=newsletter, due=datetime.fromisoformat(at), status=status)


def slugs(*issues: Issue, now: datetime) -> list[str]:
    return [one.slug for one, _ in due(issues, {"letter": nouns.newsletter()}, now=now)]


def test_an_issue_is_due_at_its_wall_time_in_the_newsletters_zone_and_not_before() -> None:
    at = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    one = issue("a", "2026-11-26 09:00")
    assert slugs(one, now=at - timedelta(seconds=1)) == []
    assert slugs(one, now=at) == ["a"]


def test_due_issues_come_earliest_first_and_cancelled_or_unknown_ones_never() -> None:
    found = slugs(
        issue("late", "2026-11-26 09:00"),
        issue("early", "2026-11-19 09:00"),
        issue("cancelled", "2026-11-12 09:00", status=IssueStatus.CANCELLED),
        issue("stray", "2026-11-12 09:00", newsletter="other"),
        now=datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert found == ["early", "late"]
