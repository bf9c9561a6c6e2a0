"""Tokens of addresses that mail comes back to."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.deliver.email import verp

KEY = bytes(range(32))
ids = st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(person_id=ids, slug=st.text(max_size=200).filter(lambda text: text.isprintable()))
def test_a_token_tells_its_delivery_in_whatever_case_it_comes_back(person_id: str, slug: str) -> None:
    token = verp.make(KEY, verp.BOUNCE, slug=slug, person_id=person_id)
    assert re.fullmatch(r"[a-z2-7]{56}", token)
    for came in (token, token.upper(), token.title()):
        origin = verp.read(KEY, verp.BOUNCE, came)
        assert origin is not None
        assert origin.person_id == person_id
        assert origin.slug_hash == verp.slug_hash(slug)
        assert origin.slug_hash != verp.slug_hash(f"{slug}x")


@given(person_id=ids, place=st.integers(0, 55), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_token_tells_nothing(person_id: str, place: int, letter: str) -> None:
    token = verp.make(KEY, verp.BOUNCE, slug="one", person_id=person_id)
    forged = token[:place] + letter + token[place + 1 :]
    assert (verp.read(KEY, verp.BOUNCE, forged) is None) == (forged != token)


def test_a_token_opens_its_own_purpose_with_its_own_key_alone() -> None:
    token = verp.make(KEY, verp.BOUNCE, slug="one", person_id="0f" * 16)
    assert verp.read(KEY, verp.LEAVE, token) is None
    assert verp.read(bytes(32), verp.BOUNCE, token) is None


@given(st.text())
def test_no_text_is_mistaken_for_a_token(text: str) -> None:
    assert verp.read(KEY, verp.BOUNCE, text) is None


@pytest.mark.parametrize("person_id", ["", "0f", "person-1", "0f" * 17])
def test_an_id_that_is_none_is_refused(person_id: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        verp.make(KEY, verp.BOUNCE, slug="one", person_id=person_id)
