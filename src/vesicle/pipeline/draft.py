"""Write new files for the editor: a composed issue, or an empty draft."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from vesicle.compose import drafts, issue_file
from vesicle.compose.pick import pick, used
from vesicle.model.content import Content
from vesicle.model.errors import UserError
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Kind
from vesicle.ports import ContentStore
from vesicle.schedule.calendar import calendar
from vesicle.text.citations import slugged


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What composing came to.

    *is_there* tells that the file was there already and was left alone, *is_new* that it was written. With
    neither, too few items are ready.
    """

    newsletter: str
    slug: str
    path: str
    items: tuple[str, ...]
    is_new: bool
    is_there: bool


def draft(
    newsletter: Newsletter, store: ContentStore, content: Content, *, due: datetime, least: int = 1
) -> Draft:
    """Write the issue for *due* (aware), unless it is there or fewer than *least* items are ready."""
    due, slug = _named(newsletter, due)
    path = f"issues/{slug}.md"
    issues = content.issues.values()
    if existing := content.issues.get(slug) or _due(issues, newsletter, due):
        path = existing.where.file.removeprefix("content/")
        return Draft(
            newsletter=newsletter.slug,
            slug=existing.slug,
            path=path,
            items=existing.slugs,
            is_new=False,
            is_there=True,
        )
    items = pick(
        content.originals(newsletter.fallback),
        taken=used(issues, newsletter.slug),
        most=newsletter.max_items,
    )
    number = issue_file.number(issues, newsletter.slug)
    text = issue_file.text(newsletter, number=number, due=due, items=items)
    is_enough = len(items) >= least
    is_new = is_enough and store.write_new(path, text)
    slugs = tuple(item.slug for item in items)
    return Draft(
        newsletter=newsletter.slug,
        slug=slug,
        path=path,
        items=slugs,
        is_new=is_new,
        is_there=is_enough and not is_new,
    )


def next_due(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the instant (UTC) of the newsletter's next slot."""
    return next(calendar(newsletter.cadence).after(now, newsletter.zone))


def _named(newsletter: Newsletter, due: datetime) -> tuple[datetime, str]:
    """Give *due* as wall-clock time of the newsletter's zone, and the slug of the issue that is due then."""
    local = due.astimezone(ZoneInfo(newsletter.zone))
    midnight = local.replace(hour=0, minute=0, second=0, fold=0) - timedelta(seconds=1)
    moments = calendar(newsletter.cadence).after(midnight, newsletter.zone)
    same = takewhile(lambda one: one.astimezone(local.tzinfo).date() == local.date(), moments)
    wall = local.replace(tzinfo=None, fold=0)
    return wall, issue_file.slug(newsletter, wall, is_alone=len(list(islice(same, 2))) < 2)


def _due(issues: Iterable[Issue], newsletter: Newsletter, due: datetime) -> Issue | None:
    """Give the issue that an editor has made for this slot under a name of their own."""
    return next((one for one in issues if one.newsletter == newsletter.slug and one.due == due), None)


def new_item(kind: str, slug: str, store: ContentStore, *, today: date) -> tuple[str, bool]:
    """Write an empty finding or explainer; give its path, and False when it was there already.

    Raises UserError for a name that cannot be a slug.
    """
    if not slug or slugged(slug, most=len(slug)) != slug:
        fitting = slugged(slug) or "umbilical-cord"
        raise UserError(
            f"'{slug}' cannot be a slug: lower-case letters, digits and hyphens", mend=f"write {fitting}"
        )
    path = f"{kind}s/{slug}.md"
    return path, store.write_new(path, drafts.item(Kind(kind), today=today))


def new_issue(
    newsletter: Newsletter, store: ContentStore, content: Content, *, now: datetime
) -> tuple[str, bool]:
    """Write an empty issue for the newsletter's next slot; give its path, and False when it was there."""
    due, slug = _named(newsletter, next_due(newsletter, now=now))
    path = f"issues/{slug}.md"
    number = issue_file.number(content.issues.values(), newsletter.slug)
    return path, store.write_new(path, drafts.issue(newsletter, number=number, due=due))
