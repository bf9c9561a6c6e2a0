"""Write new files for the editor: a composed issue, or an empty draft."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from vesicle.compose import drafts, issue_file
from vesicle.compose.pick import pick, used
from vesicle.model.content import Content
from vesicle.model.errors import UserError
from vesicle.model.issue import Issue, Newsletter
from vesicle.model.item import Kind
from vesicle.ports import ContentStore
from vesicle.schedule.calendar import next_wall
from vesicle.text.citations import slugged


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What composing came to: *is_new* is False when the file was there already and was left alone."""

    newsletter: str
    slug: str
    path: str
    items: tuple[str, ...]
    is_new: bool


def draft(newsletter: Newsletter, store: ContentStore, content: Content, *, now: datetime) -> Draft:
    """Write the issue for the newsletter's next slot, unless it is there or nothing is ready for it."""
    due = next_wall(newsletter.cadence, newsletter.zone, after=now)
    slug = issue_file.slug(newsletter, due)
    path = f"issues/{slug}.md"
    issues = content.issues.values()
    if existing := content.issues.get(slug) or _due(issues, newsletter, due):
        path = existing.where.file.removeprefix("content/")
        return Draft(
            newsletter=newsletter.slug, slug=existing.slug, path=path, items=existing.slugs, is_new=False
        )
    items = pick(
        content.originals(newsletter.fallback),
        taken=used(issues, newsletter.slug),
        most=newsletter.max_items,
    )
    number = issue_file.number(issues, newsletter.slug)
    text = issue_file.text(newsletter, number=number, due=due, items=items)
    is_new = bool(items) and store.write_new(path, text)
    slugs = tuple(item.slug for item in items)
    return Draft(newsletter=newsletter.slug, slug=slug, path=path, items=slugs, is_new=is_new)


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
    due = next_wall(newsletter.cadence, newsletter.zone, after=now)
    path = f"issues/{issue_file.slug(newsletter, due)}.md"
    number = issue_file.number(content.issues.values(), newsletter.slug)
    return path, store.write_new(path, drafts.issue(newsletter, number=number, due=due))
