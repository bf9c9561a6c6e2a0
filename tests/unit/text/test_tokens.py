"""What a token must withstand: anything but the key that made it, for the purpose it was made for."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.model.errors import UserError
from vesicle.text import tokens

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
TOKEN = tokens.make(KEY, "unsubscribe", "0f" * 16 + ".conditioned-media")

unhurried = settings(deadline=None)
subjects = st.text(st.characters(codec="utf-8"), max_size=80)


@unhurried
@given(st.binary(min_size=32, max_size=80), st.text(st.characters(codec="utf-8"), max_size=20), subjects)
def test_what_was_made_is_read_again(key: bytes, purpose: str, subject: str) -> None:
    assert tokens.read(key, purpose, tokens.make(key, purpose, subject)) == subject


@unhurried
@given(subjects)
def test_a_token_needs_no_escaping_in_a_link(subject: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", tokens.make(KEY, "unsubscribe", subject))


@unhurried
@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_any_changed_character_is_refused(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert (tokens.read(KEY, "unsubscribe", changed) is None) == (changed != TOKEN)


def test_no_other_spelling_of_the_last_character_is_accepted() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    head, subject, seal = TOKEN.split(".")
    others = [f"{head}.{subject[:-1]}{letter}.{seal}" for letter in alphabet]
    others += [f"{head}.{subject}.{seal[:-1]}{letter}" for letter in alphabet]
    assert {other for other in others if tokens.read(KEY, "unsubscribe", other)} == {TOKEN}


@unhurried
@given(st.text())
def test_any_text_is_refused_without_an_error(text: str) -> None:
    assert tokens.read(KEY, "unsubscribe", text) is None


@pytest.mark.parametrize("token", [TOKEN + "A", TOKEN[:-1], TOKEN + ".", "." + TOKEN, "..", TOKEN + "="])
def test_a_longer_or_shorter_token_is_refused(token: str) -> None:
    assert tokens.read(KEY, "unsubscribe", token) is None


@unhurried
@given(st.text(st.characters(codec="utf-8")).filter(lambda purpose: purpose != "unsubscribe"))
def test_a_token_for_another_purpose_is_refused(purpose: str) -> None:
    assert tokens.read(KEY, purpose, TOKEN) is None


def test_purpose_and_subject_do_not_run_into_each_other() -> None:
    head, _, seal = tokens.make(KEY, "confirm", "x1").split(".")
    subject = tokens.make(KEY, "confirmx", "1").split(".")[1]
    assert tokens.read(KEY, "confirmx", f"{head}.{subject}.{seal}") is None


def test_a_token_of_another_key_is_refused() -> None:
    assert tokens.read(OTHER, "unsubscribe", TOKEN) is None


def test_the_token_names_its_key_and_shows_its_subject_but_not_the_key() -> None:
    assert TOKEN.startswith(tokens.key_id(KEY) + ".")
    assert tokens.key_id(KEY) != tokens.key_id(OTHER)
    assert KEY.hex()[:8] not in TOKEN


def test_the_seal_has_at_least_128_bits() -> None:
    assert len(TOKEN.split(".")[2]) * 6 >= 128


@pytest.mark.parametrize("key", [b"", b"secret", bytes(31)])
def test_a_short_key_is_refused_by_name_of_its_length(key: bytes) -> None:
    with pytest.raises(UserError, match=f"{len(key)} bytes"):
        tokens.make(key, "unsubscribe", "x")
    with pytest.raises(UserError, match="at least 32"):
        tokens.read(key, "unsubscribe", "not a token")
