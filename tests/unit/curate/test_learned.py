import random
from typing import Any

import pytest

from vesicle.curate.learned import Ranker, average_precision, learned
from vesicle.curate.rules import Group, Rules
from vesicle.model.paper import Paper

BLIND = Rules(groups=(Group(name="fern", terms=("fern",), title_points=1),))
SEEING = Rules(groups=(Group(name="moss", terms=("moss",), title_points=5),))
WORDS = ("river", "stone", "wind", "sand", "cloud", "snow", "leaf")


def decisions(make: Any, count: int) -> list[tuple[Paper, bool]]:
    """Papers on moss are kept, others skipped; the other words mean nothing."""

    def paper(number: int, subject: str) -> Paper:
        rest = f"{WORDS[number % 7]} {WORDS[number % 5]} {WORDS[number % 3]}"
        found = make(f"{subject} and {rest}", f"The {rest} of {subject}.", pmid=f"{subject}{number}")
        assert isinstance(found, Paper)
        return found

    kept = [(paper(number, "Moss"), True) for number in range(count)]
    return kept + [(paper(number, "Rock"), False) for number in range(count)]


def test_it_learns_what_the_rules_do_not_see(make: Any) -> None:
    ranker = learned(decisions(make, 30), BLIND)
    assert isinstance(ranker, Ranker)
    assert ranker.score(make("Moss of the sea")) > 0.5 > ranker.score(make("Rock of the sea"))
    assert "60 decisions, 30 of them to keep" in ranker.because
    assert "average precision is 1.00, that of the rules 0.5" in ranker.because


def test_it_says_nothing_before_thirty_of_each(make: Any) -> None:
    assert learned(decisions(make, 29), BLIND) is None
    assert learned(decisions(make, 40)[:60], BLIND) is None
    assert learned([], BLIND) is None


def test_it_gives_way_where_the_rules_are_as_good(make: Any) -> None:
    assert learned(decisions(make, 30), SEEING) is None


def test_it_learns_the_same_from_the_same(make: Any) -> None:
    assert learned(decisions(make, 30), BLIND) == learned(decisions(make, 30), BLIND)


def test_noise_is_seldom_learned(make: Any) -> None:
    """The test at 5 % lets one in twenty pass; of twenty, four would be much."""
    taught = 0
    for seed in range(20):
        chance = random.Random(seed)
        noise = [
            (make(f"Moss {' '.join(chance.choices(WORDS, k=3))}", pmid=str(number)), chance.random() < 0.5)
            for number in range(100)
        ]
        taught += learned(noise, BLIND) is not None
    assert taught < 4


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        ([(3, True), (2, False), (1, True)], (1 + 2 / 3) / 2),
        ([(1, True), (1, False)], 0.75),  # equal scores: the mean of both orders
        ([(1, False), (1, True)], 0.75),
        ([(1, True), (1, True), (0, False)], 1),
        ([(1, False)], 0),
        ([], 0),
    ],
)
def test_average_precision(scored: list[tuple[float, bool]], expected: float) -> None:
    assert average_precision(scored) == pytest.approx(expected)
