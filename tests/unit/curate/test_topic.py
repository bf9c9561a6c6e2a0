import pytest

from vesicle.curate.rules import Group
from vesicle.curate.terms import pattern, words_between
from vesicle.curate.topic import mentions


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("exosom*", "Exosomal cargo", "Exosomal"),
        ("exosom*", "microexosomes", ""),
        ("*MSC|*MSCs", "of hUC-MSCs and", "MSCs"),
        ("*MSC|*MSCs", "of hUCMSCs and", "hUCMSCs"),
        ("EV|EVs", "ev and evs", ""),
        ("stem cell* derived", "stem-cell-derived", "stem-cell-derived"),
        ("stem cell* derived", "stem cells. Derived", ""),
        ("medium ... of|from tumor", "Medium (CM) from tumor cells", "Medium (CM) from tumor"),
        ("medium ... tumor", "medium a b c d tumor", ""),
        ("", "anything", ""),
    ],
)
def test_a_term_finds_what_it_says(term: str, text: str, found: str) -> None:
    match = pattern((term,)).search(text)
    assert (match[0] if match else "") == found


def test_a_term_is_no_regular_expression() -> None:
    assert pattern(("a.b (c",)).search("axb (c") is None


def test_words_between_counts_in_either_order() -> None:
    text = "exosomes from human stem cells"
    assert words_between(text, (0, 8), (20, 30)) == 2
    assert words_between(text, (20, 30), (0, 8)) == 2


CELLS = Group(name="cells", terms=("stem cell*",))
MEDIUM = Group(name="medium", terms=("medium",), against=("medium ... tumor",))


def test_words_that_belong_to_something_else_are_not_counted() -> None:
    found = mentions("Medium of tumor cells, and our medium", (CELLS, MEDIUM))
    assert found.words("medium") == ("medium",)
    assert len(found.others["medium"]) == 1


def test_words_of_an_earlier_group_show_whose_they_are() -> None:
    assert mentions("medium of stem cells on tumor", (CELLS, MEDIUM)).words("medium") == ("medium",)
