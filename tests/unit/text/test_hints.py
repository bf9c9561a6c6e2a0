import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.hints import PROVIDERS, is_near, likely_domain

WORDS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("GMAIL.CMO", "gmail.com"),
        ("hotmial.co.th", "hotmail.co.th"),
        ("yahooo.com", "yahoo.com"),
        ("icloud.comm", "icloud.com"),
    ],
)
def test_one_typing_error_in_a_provider_is_seen(written: str, meant: str) -> None:
    assert likely_domain(written) == meant


@pytest.mark.parametrize("domain", [*PROVIDERS, "he.com", "gmx.ch", "clinic.example.org", "ggmmail.com", ""])
def test_what_may_be_right_is_left_alone(domain: str) -> None:
    assert likely_domain(domain) == ""


@given(WORDS, WORDS)
def test_near_is_what_a_single_error_of_damerau_makes(one: str, other: str) -> None:
    assert is_near(one, other) == (other in _with_one_error(one) - {one})


def _with_one_error(text: str) -> set[str]:
    places = range(len(text) + 1)
    found = {text[:at] + text[at + 1 :] for at in places}
    found |= {text[:at] + letter + text[at:] for at in places for letter in "abc"}
    found |= {text[:at] + letter + text[at + 1 :] for at in places[:-1] for letter in "abc"}
    swapped = (text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :] for at in places)
    return found | set(swapped)
