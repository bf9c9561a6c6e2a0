"""What the rules make of a paper. Every point has its reason."""

from collections.abc import Iterator
from datetime import date

from vesicle.curate.evidence import evidence, is_preprint
from vesicle.curate.rules import Penalties, Rules
from vesicle.curate.standing import standing
from vesicle.curate.terms import pattern
from vesicle.curate.topic import topic
from vesicle.model.item import Evidence
from vesicle.model.paper import Judgement, Paper, Reason


def judge(paper: Paper, rules: Rules, *, now: date | None = None) -> Judgement:
    """Judge *paper* by *rules*; the score is the sum of the reasons' points.

    Without *now* no paper is fresh.
    """
    label = evidence(paper)
    found = topic(paper, rules)
    reasons = [*found.reasons, *_penalties(paper, rules.penalties, label)]
    if found.is_met:
        reasons += [*_bonuses(paper, rules, label), *_freshness(paper, rules, now)]
    earned = tuple(reason for reason in reasons if reason.points)
    return Judgement(
        score=round(sum(reason.points for reason in earned), 2),
        reasons=earned,
        standing=standing(paper),
        is_preprint=is_preprint(paper),
        evidence=label,
    )


def _penalties(paper: Paper, penalties: Penalties, label: Evidence | None) -> Iterator[Reason]:
    for kind, points in penalties.types.items():
        if kind in paper.types:
            yield Reason(rule="publication type", points=points, words=(kind,))
    if not paper.abstract:
        yield Reason(rule="no abstract", points=penalties.no_abstract)
    praise = tuple(pattern(penalties.praise).findall(paper.title)) if label is None else ()
    if praise:
        yield Reason(rule="praise in the title and no design", points=penalties.praise_points, words=praise)


def _bonuses(paper: Paper, rules: Rules, label: Evidence | None) -> Iterator[Reason]:
    if label and label.design in rules.designs:
        yield Reason(rule="design", points=rules.designs[label.design], words=(label.design.value,))
    if paper.journal.casefold() in map(str.casefold, rules.journals):
        yield Reason(rule="journal", points=rules.journal_points, words=(paper.journal,))


def _freshness(paper: Paper, rules: Rules, now: date | None) -> Iterator[Reason]:
    if now and paper.seen and 0 <= (now - paper.seen).days <= rules.fresh_days:
        yield Reason(rule="fresh", points=rules.fresh_points, words=(paper.seen.isoformat(),))
