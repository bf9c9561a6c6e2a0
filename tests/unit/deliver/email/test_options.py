"""Options that would not be safe or could not work are refused when they are read."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from vesicle.deliver.email import Options
from vesicle.deliver.email.options import Dkim, Security, Server, WarmUp
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


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pipelining": "some"}, "pipelining 'some'"),
        ({"weight": 0}, "weight 0"),
        ({"connections": 0}, "connections 0"),
        ({"connections": 1000}, "connections 1000"),
        ({"rate": -1}, "below 0"),
        ({"warm_up": WarmUp(start=date(2026, 11, 26), growth=0.5)}, "warm_up"),
        ({"domains": {"gmail.com": 0}}, "domains"),
        ({"domains": {"two words": 1}}, "domains"),
        ({"bounce_domain": "a@b.org"}, "bounce_domain"),
        ({"redirect_all": "everybody"}, "redirect_all"),
        ({"cfbl_address": "a@b.org\r\nBcc: c@d.org"}, "cfbl_address"),
        ({"unsubscribe_address": "unsubscribe@b.example.org"}, "short name"),
        ({"precedence": "junk\r\n"}, "precedence"),
        ({"dkim": Dkim(domain="a b", selector="s", key="secret-word")}, "dkim"),
        ({"host": "smtp.example.org", "servers": {"one": Server(host="smtp.example.org")}}, "both there"),
        ({"servers": {"one": Server(host="smtp.example.org", security="none")}}, "servers: one: security"),
    ],
)
def test_what_cannot_work_is_refused_by_name(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text) as caught:
        Options(**changes)
    assert "secret-word" not in str(caught.value)


def test_several_servers_are_known_by_their_names_and_one_by_its_host() -> None:
    several = {"one": Server(host="a.example"), "two": Server(host="b.example")}
    assert Options(servers=several).each() == several
    assert list(Options(host="smtp.example.org").each()) == ["smtp.example.org"]
