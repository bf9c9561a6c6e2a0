"""Every problem of a site: in its files, in its items, and in its issues as they would go out."""

from collections.abc import Mapping
from dataclasses import dataclass

from vesicle.model.content import Content
from vesicle.model.issue import IssueStatus, Newsletter
from vesicle.model.problem import Problem
from vesicle.pipeline.prepare import Kitchen, papers_of, prepare
from vesicle.ports import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """How much was looked at, and what was found."""

    items: int
    issues: int
    problems: tuple[Problem, ...]


def inspect(content: Content, newsletters: Mapping[str, Newsletter], kitchen: Kitchen) -> Inspection:
    """Judge all items, and every issue that may still go out."""
    items = tuple(content.items.values())
    case = Case(items=items, papers=papers_of(items, content.papers), standings=kitchen.standings)
    found = [*content.problems, *(problem for check in kitchen.checks for problem in check.check(case))]
    live = [one for one in content.issues.values() if one.status is not IssueStatus.CANCELLED]
    for issue in live:
        if issue.newsletter in newsletters:
            found += prepare(issue, newsletters[issue.newsletter], kitchen).problems
    return Inspection(items=len(items), issues=len(live), problems=tuple(dict.fromkeys(found)))
