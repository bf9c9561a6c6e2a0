"""A ranker learned from what the editor kept and skipped, used only where it beats the rules.

Logistic regression over TF-IDF of words, with the score of the rules as one more feature; gradient descent
in pure Python. scikit-learn offers the same kind of model at the price of a large dependency: with a thousand
short texts the time is seconds, and every weight can be shown beside its word.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import mean, stdev

from vesicle.curate.judge import judge
from vesicle.curate.rules import Rules
from vesicle.model.paper import Paper
from vesicle.text.fingerprint import words

LEAST = 30
"""Fewer kept or fewer skipped papers than this teach nothing."""
MOST = 1000
"""Only the latest decisions are learned from: tastes change, and time grows with each."""
_FOLDS = 5
_T = 2.13  # of Student, 4 degrees of freedom, 95 % one-sided
_ROUNDS = 8
_RATE = 0.5
_SHRINK = 1e-4
_RULES, _BIAS = "\0rules", "\0bias"

Decision = tuple[Paper, bool]
Features = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """What was learned: a weight for each word, and *because*, the sentence that says why it is used."""

    because: str
    rules: Rules
    weights: Mapping[str, float]
    rarity: Mapping[str, float]
    scale: float

    def score(self, paper: Paper) -> float:
        """Give the probability, 0 to 1, that the editor keeps *paper*."""
        points = judge(paper, self.rules).score / self.scale
        return _chance(self.weights, _features(_counted(paper), points, self.rarity))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Example:
    counts: Counter[str]
    points: float
    is_kept: bool


def learned(decisions: Sequence[Decision], rules: Rules) -> Ranker | None:
    """Learn from *decisions*, oldest first, each a paper and whether it was kept.

    None with fewer than 30 of either, or where cross-validated average precision does not beat that of the
    rules on the same decisions, and by more than chance.
    """
    latest = decisions[-MOST:]
    kept = sum(is_kept for _, is_kept in latest)
    if min(kept, len(latest) - kept) < LEAST:
        return None
    points = [judge(paper, rules).score for paper, _ in latest]
    scale = max(1.0, *map(abs, points))
    examples = [
        _Example(counts=_counted(paper), points=one / scale, is_kept=is_kept)
        for (paper, is_kept), one in zip(latest, points, strict=True)
    ]
    folds = [_held_out(examples, fold) for fold in range(_FOLDS)]
    ours = average_precision([(one.points, one.is_kept) for one in examples])
    theirs = average_precision([(score, one.is_kept) for fold in folds for one, score in fold])
    if theirs <= ours or not _is_no_chance([_lead(fold) for fold in folds]):
        return None
    because = (
        f"Learned from {len(latest)} decisions, {kept} of them to keep: in five-fold cross-validation its "
        f"average precision is {theirs:.2f}, that of the rules {ours:.2f}."
    )
    rarity = _rarity(examples)
    return Ranker(
        because=because, rules=rules, weights=_trained(examples, rarity), rarity=rarity, scale=scale
    )


def average_precision(scored: Iterable[tuple[float, bool]]) -> float:
    """Give the average precision of a ranking by score, 0 where nothing is relevant.

    Of equal scores every order is as likely (McSherry and Najork, ECIR 2008): neither a lucky nor an unlucky
    order of ties counts.
    """
    seen = hits = 0
    total = 0.0
    for _, equals in groupby(sorted(scored, key=lambda one: -one[0]), key=lambda one: one[0]):
        tied = [is_relevant for _, is_relevant in equals]
        share, others = sum(tied) / len(tied), (sum(tied) - 1) / max(1, len(tied) - 1)
        places = range(len(tied))
        total += share * sum((hits + 1 + place * others) / (seen + place + 1) for place in places)
        seen, hits = seen + len(tied), hits + sum(tied)
    return total / hits if hits else 0.0


def _held_out(examples: Sequence[_Example], fold: int) -> list[tuple[_Example, float]]:
    """Give every fifth example of either kind, scored by what was learned from the others."""
    held = [one for part in _classes(examples) for one in part[fold::_FOLDS]]
    rest = [one for part in _classes(examples) for at, one in enumerate(part) if at % _FOLDS != fold]
    rarity = _rarity(rest)
    weights = _trained(rest, rarity)
    return [(one, _chance(weights, _features(one.counts, one.points, rarity))) for one in held]


def _lead(fold: Sequence[tuple[_Example, float]]) -> float:
    learnt = average_precision((score, one.is_kept) for one, score in fold)
    return learnt - average_precision((one.points, one.is_kept) for one, _ in fold)


def _is_no_chance(leads: Sequence[float]) -> bool:
    """Tell whether leads over the rules are more than noise: a paired t-test, one-sided, at 5 %."""
    return mean(leads) > _T * stdev(leads) / math.sqrt(len(leads))


def _trained(examples: Sequence[_Example], rarity: Mapping[str, float]) -> dict[str, float]:
    """Descend the gradient of the logistic loss, kept and skipped weighing the same in all (AdaGrad)."""
    weights: dict[str, float] = {}
    steps: dict[str, float] = {}
    shares = {
        is_kept: len(examples) / (2 * len(part))
        for is_kept, part in zip((True, False), _classes(examples), strict=True)
    }
    rows = [(_features(one.counts, one.points, rarity), one.is_kept) for one in _mixed(examples)]
    for _ in range(_ROUNDS):
        for features, is_kept in rows:
            error = (_chance(weights, features) - is_kept) * shares[is_kept]
            for name, value in features.items():
                slope = error * value + _SHRINK * weights.get(name, 0.0)
                steps[name] = steps.get(name, 1e-6) + slope * slope
                weights[name] = weights.get(name, 0.0) - _RATE * slope / math.sqrt(steps[name])
    return weights


def _features(counts: Counter[str], points: float, rarity: Mapping[str, float]) -> dict[str, float]:
    """Give a text as a vector of length 1 over the words in *rarity*, with bias and rules beside it."""
    weighted = {
        word: (1 + math.log(count)) * rarity[word] for word, count in counts.items() if word in rarity
    }
    length = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
    return {_BIAS: 1.0, _RULES: points} | {word: value / length for word, value in weighted.items()}


def _chance(weights: Mapping[str, float], features: Features) -> float:
    total = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _rarity(examples: Sequence[_Example]) -> dict[str, float]:
    """Give the inverse document frequency of the words that stand in two papers or more."""
    papers = Counter(word for one in examples for word in one.counts)
    return {word: 1 + math.log(len(examples) / count) for word, count in papers.items() if count > 1}


def _counted(paper: Paper) -> Counter[str]:
    return Counter(words(paper.text))


def _classes(examples: Sequence[_Example]) -> tuple[list[_Example], list[_Example]]:
    return [one for one in examples if one.is_kept], [one for one in examples if not one.is_kept]


def _mixed(examples: Sequence[_Example]) -> list[_Example]:
    """Spread the rarer class evenly among the other: descent goes astray on a long run of one."""
    placed = [((at + 0.5) / len(part), one) for part in _classes(examples) for at, one in enumerate(part)]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]
