from datetime import date
from types import SimpleNamespace

import pytest

from vesicle.model.errors import UserError
from vesicle.text.days import day, refuse_unsound, since

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("position", "first"),
    [
        ("2026-11-20", date(2026, 11, 15)),
        ("2026-11-20T11:00:00+00:00", date(2026, 11, 15)),
        ("", date(2026, 10, 23)),
        ("rubbish", date(2026, 10, 23)),
        ("2027-01-01", date(2026, 11, 17)),
    ],
)
def test_a_run_asks_from_a_few_days_before_the_last_one(position: str, first: date) -> None:
    assert since(position, today=TODAY, overlap_days=5, first_days=30) == first


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-11-20T01:00", date(2026, 11, 20)),
        ("2026-11", None),
        ("", None),
    ],
)
def test_a_day_is_read_and_half_of_one_is_not(text: str, read: date | None) -> None:
    assert day(text) == read


def test_every_option_out_of_reach_is_told_at_once() -> None:
    reach = SimpleNamespace(overlap_days=-1, first_days=0, page=201)
    with pytest.raises(UserError) as caught:
        refuse_unsound(reach, name="pubmed", query=" ", syntax="pubmed.gov", most=200)
    named = [problem.text.split("`")[1] for problem in caught.value.problems]
    assert named == ["query", "overlap_days", "first_days", "page"]
    refuse_unsound(
        SimpleNamespace(overlap_days=0, first_days=1, page=200), name="x", query="q", syntax="x", most=200
    )
