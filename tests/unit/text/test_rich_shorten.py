"""A short address can be read and never lies about its host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.counting import graphemes
from vesicle.text.rich.shorten import shown


@pytest.mark.parametrize(
    ("url", "short"),
    [
        ("https://doi.org/10.1000/xyz", "doi.org/10.1000/xyz"),
        ("https://doi.org/10.1016/j.celrep.2024.114021", "doi.org/10.1016/j.celrep.2024.1…"),
        ("https://www.example.org/", "example.org"),
        ("http://example.org/papers/", "example.org/papers"),
        ("HTTPS://EXAMPLE.ORG/A", "EXAMPLE.ORG/A"),
        ("https://user:secret@example.org/a", "example.org/a"),
        ("https://example.org/@ana", "example.org/@ana"),
        ("https://th.wikipedia.org/wiki/%E0%B8%AA%E0%B8%A7", "th.wikipedia.org/wiki/…"),
        ("https://example.org/?q=" + "a" * 40, "example.org/?q=aaaaaaaaaaaaaaaa…"),
        ("https://" + "a" * 40 + ".org/", "a" * 31 + "…"),
    ],
)
def test_an_address_is_shown(url: str, short: str) -> None:
    assert shown(url) == short


@given(st.text(st.sampled_from("ab/%E0?=&.แ\u0e31👩\u200d🔬"), max_size=60), st.integers(1, 40))
def test_it_is_never_longer_than_asked(path: str, most: int) -> None:
    url = f"https://example.org/{path}"
    short = shown(url, most=most)
    assert 0 < len(graphemes(short)) <= most
    assert url.startswith(f"https://{short.removesuffix('…')}")
