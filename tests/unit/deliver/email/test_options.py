"""Options that would not be safe or could not work are refused when they are read."""

import dataclasses

import pytest

from vesicle.deliver.email import Options
from vesicle.deliver.email.options import Security
from vesicle.model.errors import UserError


def test_the_defaults_encrypt() -> None:
    assert Options().security == "starttls"


@pytest.mark.parametrize(
    "host", ["smtp.example.org", "192.0.2.7", "::2", "localhost.example.org", "127.0.0.1.example.org"]
)
def test_plain_text_to_another_machine_is_refused(host: str) -> None:
    with pytest.raises(UserError, match="plain text"):
        Options(host=host, security="none", username="me", password="secret-word")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_text_to_this_machine_is_let_through(host: str) -> None:
    assert Options(host=host, security="none").security == "none"


def test_every_mistake_is_told_at_once_and_no_secret_with_it() -> None:
    with pytest.raises(UserError) as caught:
        Options(host="two words", port=0, timeout=-1, ehlo="a\nb", username="", password="secret-word")
    assert len(caught.value.problems) == 5
    assert "secret-word" not in str(caught.value)


def test_an_unknown_security_is_refused() -> None:
    wrong: Security = "ssl"  # type: ignore[assignment]  # what a caller without types may pass
    with pytest.raises(UserError, match="'ssl' is not known"):
        Options(security=wrong)


def test_a_login_that_smtp_cannot_write_is_refused() -> None:
    with pytest.raises(UserError, match="outside ASCII"):
        Options(username="me", password="pässword")


def test_the_password_is_a_secret_that_is_never_shown() -> None:
    assert "secret-word" not in repr(Options(username="me", password="secret-word"))
    (field,) = [field for field in dataclasses.fields(Options) if field.name == "password"]
    assert field.metadata["secret"] is True
