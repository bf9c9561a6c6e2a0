from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vesicle.compose.pick import pick
from vesicle.model.item import Item, Kind, Status
from vesicle.testing import nouns


def item(slug: str, day: int, *, kind: Kind = Kind.FINDING, status: Status = Status.READY) -> Item:
    return nouns.item(slug=slug, kind=kind, status=status, updated=date(2026, 1, day))


def slugs(*items: Item, taken: frozenset[str] = frozenset(), most: int = 3) -> list[str]:
    return [one.slug for one in pick(items, taken=taken, most=most)]


def test_the_newest_ready_items_are_picked_and_findings_come_first() -> None:
    found = slugs(item("old", 1), item("new", 9), item("why", 8, kind=Kind.EXPLAINER), item("mid", 5))
    assert found == ["new", "mid", "why"]


def test_one_explainer_takes_the_last_place_from_an_older_finding() -> None:
    found = slugs(item("a", 9), item("b", 8), item("c", 7), item("why", 1, kind=Kind.EXPLAINER))
    assert found == ["a", "b", "why"]


def test_drafts_retired_and_items_of_other_issues_stay_out() -> None:
    found = slugs(
        item("draft", 9, status=Status.DRAFT),
        item("retired", 9, status=Status.RETIRED),
        item("sent", 9),
        item("left", 1),
        taken=frozenset({"sent"}),
    )
    assert found == ["left"]


def test_nothing_ready_gives_nothing() -> None:
    assert slugs() == []


@given(
    st.lists(
        st.builds(
            item,
            st.text("abc", min_size=1, max_size=3),
            st.integers(1, 28),
            kind=st.sampled_from(Kind),
            status=st.sampled_from(Status),
        ),
        unique_by=lambda one: one.slug,
    ),
    st.integers(1, 5),
    st.randoms(),
)
def test_any_content_gives_at_most_so_many_and_the_same_in_any_order(
    items: list[Item], most: int, random: Random
) -> None:
    shuffled = random.sample(items, len(items))
    found = pick(items, taken=frozenset(), most=most)
    assert found == pick(shuffled, taken=frozenset(), most=most)
    assert len(found) == min(most, sum(one.status is Status.READY for one in items))
    has_explainer = any(one.kind is Kind.EXPLAINER and one.status is Status.READY for one in items)
    assert any(one.kind is Kind.EXPLAINER for one in found) == has_explainer
