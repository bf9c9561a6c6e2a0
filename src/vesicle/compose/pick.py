"""Which items the next issue has."""

from collections.abc import Iterable

from vesicle.model.issue import Issue, IssueStatus
from vesicle.model.item import Item, Kind, Status


def used(issues: Iterable[Issue], newsletter: str) -> frozenset[str]:
    """Give the slugs that issues of *newsletter* hold, cancelled ones aside."""
    return frozenset(
        slug
        for issue in issues
        if issue.newsletter == newsletter and issue.status is not IssueStatus.CANCELLED
        for slug in issue.slugs
    )


def pick(items: Iterable[Item], *, taken: frozenset[str], most: int) -> tuple[Item, ...]:
    """Choose up to *most* ready items that are not *taken*: the newest, with one explainer if there is any.

    Findings come first, then explainers, each newest first; items of one day stand in the order of their
    slugs, so that the same content gives the same issue.
    """
    ready = [item for item in items if item.status is Status.READY and item.slug not in taken]
    newest = sorted(sorted(ready, key=lambda item: item.slug), key=lambda item: item.updated, reverse=True)
    chosen = newest[:most]
    if not any(item.kind is Kind.EXPLAINER for item in chosen):
        explainer = next((item for item in newest if item.kind is Kind.EXPLAINER), None)
        chosen = [*chosen[: most - 1], explainer] if explainer else chosen
    return tuple(sorted(chosen, key=lambda item: item.kind is Kind.EXPLAINER))
