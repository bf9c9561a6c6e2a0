import sys
from dataclasses import dataclass, field
from datetime import date

import pytest

from vesicle import registry
from vesicle.model.errors import UserError
from vesicle.text.marked import parse

CONFIG = parse(
    f"""\
checks:
  size:
    most: many
    mots: 1
  mine:
    by: {__name__}:Check
""",
    file="config.yaml",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a plug-in that lives outside of Vesicle."""

    word: str = "hello"
    password: str = field(default="", repr=False, metadata={"secret": True})


class Check:
    """A plug-in from outside."""

    def __init__(self, options: Options) -> None:
        self.options = options


def load(by: str, environ: dict[str, str] | None = None, **options: str) -> registry.Plugin:
    entry = registry.Entry(by=by, options=options, path=("checks", "mine"))
    return registry.load("check", entry, marked=CONFIG, environ=environ or {})


def codes(by: str, **options: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(by, {}, **options)
    return [problem.code for problem in caught.value.problems]


def ours() -> str:
    return f"{__name__}:Check"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Make this very file importable by its name, as an installed package would be."""
    monkeypatch.setitem(sys.modules, __name__, request.module)


def test_a_plugin_from_outside_is_named_by_module_and_class() -> None:
    plugin = load(ours(), word="x")
    assert plugin.make is Check
    assert plugin.options == Options(word="x")


def test_an_unknown_plugin_is_told_the_names_there_are() -> None:
    with pytest.raises(UserError) as caught:
        load("sise")
    assert "size" in caught.value.problems[0].mend
    assert caught.value.problems[0].where.line == 5


def test_every_wrong_option_is_named_with_its_line() -> None:
    entry = registry.Entry(by="size", options={"most": "many", "mots": "1"}, path=("checks", "size"))
    with pytest.raises(UserError) as caught:
        registry.load("check", entry, marked=CONFIG, environ={})
    assert {(one.code, one.where.line) for one in caught.value.problems} == {
        ("config.unknown-key", 4),
        ("fields.wrong-type", 3),
    }


def test_a_secret_comes_from_the_environment_and_shows_in_no_repr() -> None:
    plugin = load(ours(), {"WORD": "s3cret"}, password="env:WORD")
    assert plugin.options.password == "s3cret"
    assert "s3cret" not in repr(plugin)


def test_a_secret_in_the_file_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserError) as caught:
        load(ours(), password="s3cret")
    assert [one.code for one in caught.value.problems] == ["config.open-secret"]
    assert "s3cret" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    assert codes(ours(), password="env:NOT_SET") == ["config.no-variable"]


def test_a_package_that_is_not_installed_is_named() -> None:
    assert codes("no.such.package:Check") == ["config.no-plugin"]


CHANNELS = parse(
    """\
channels:
  email:
    servers:
      first:
        hosst: smtp.example.org
        password: s3cret
      second:
        port: many
    warm_up:
      start: 2026-11-26
      growht: 2
""",
    file="config.yaml",
)


def load_email(options: dict[str, object], environ: dict[str, str] | None = None) -> registry.Plugin:
    entry = registry.Entry(by="email", options=options, path=("channels", "email"))
    return registry.load("deliver", entry, marked=CHANNELS, environ=environ or {})


def test_a_secret_of_options_within_options_comes_from_the_environment_too() -> None:
    server = {"host": "smtp.example.org", "username": "me", "password": "env:WORD"}
    plugin = load_email({"servers": {"first": server}}, {"WORD": "s3cret"})
    assert plugin.options.each()["first"].password == "s3cret"
    assert "s3cret" not in repr(plugin)
    with pytest.raises(UserError) as caught:
        load_email({"servers": {"first": server}})
    assert [one.code for one in caught.value.problems] == ["config.no-variable"]


def test_what_is_wrong_within_options_is_named_with_its_line_and_no_secret() -> None:
    first = {"hosst": "smtp.example.org", "password": "s3cret"}
    options = {
        "servers": {"first": first, "second": {"port": "many"}},
        "warm_up": {"start": date(2026, 11, 26), "growht": 2},
    }
    with pytest.raises(UserError) as caught:
        load_email(options)
    assert {(one.code, one.where.line) for one in caught.value.problems} == {
        ("config.unknown-key", 5),
        ("config.open-secret", 6),
        ("fields.wrong-type", 8),
        ("config.unknown-key", 11),
    }
    assert "s3cret" not in str(caught.value)
