import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.languages import preferred

KNOWN = ("en", "th", "fa")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fa-IR,fa;q=0.9,en;q=0.5", "fa"),
        ("de,th;q=0.3,en;q=0.2", "th"),
        ("en;q=0.1, th;q=0.8", "th"),
        ("th;q=0, fa", "fa"),
        ("de, *;q=0.1", "en"),
        ("TH-th", "th"),
        ("th;q=x, ;;, fa;q=.5", "fa"),
        ("xx", "en"),
    ],
)
def test_the_best_known_language_is_taken(header: str, language: str) -> None:
    assert preferred(header, KNOWN) == language


@given(st.text())
def test_any_header_gives_a_known_language(header: str) -> None:
    assert preferred(header, KNOWN) in KNOWN
