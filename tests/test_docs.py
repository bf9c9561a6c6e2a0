"""The documentation is whole and true: generated pages equal what the code says, and links lead somewhere.

Set VESICLE_UPDATE_DOCS=1 to write the generated pages anew.
"""

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest

from vesicle import registry
from vesicle.cli import main
from vesicle.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
MADE_BY = "<!-- Generated from the code by tests/test_docs.py; change the code, not this page. -->\n"
STAGES = {
    "watch": ("Sources", "Named below `sources` in `config.yaml`. Each brings new papers into the inbox."),
    "check": (
        "Checks",
        "All run by default; name one below `checks` to change its options or switch it off.",
    ),
    "deliver": (
        "Channels",
        "Named below `channels`. A channel of another name says `by:` which of these it uses.",
    ),
    "learn": (
        "Reports",
        "What comes back: `mail` reads mailboxes, each other the webhook of the provider it is named after "
        "([how to set them up](webhooks.md)).",
    ),
    "mailbox": (
        "Mailboxes",
        "Named below `returns: mailboxes`, each by a name of your own with `by:` one of these "
        "([how to set them up](mailboxes.md)).",
    ),
}


def commands_page() -> str:
    return MADE_BY + "# Commands\n\n" + "\n".join(_helps(main, "vesicle"))


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    info = {"info_name": name.rpartition(" ")[2], "parent": parent, "terminal_width": 90}
    context = click.Context(command, **{**command.context_settings, **info})
    yield f"## `{name}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found
            yield from _helps(found, f"{name} {child}", context)


def settings_page() -> str:
    schema = Settings.model_json_schema()
    parts = [MADE_BY + "# Settings\n\n`config.yaml`, at the top of a site. Unknown fields are refused.\n"]
    titles = {
        "SiteSettings": "site",
        "NewsletterSettings": "newsletters: SLUG",
        "AudienceSettings": "newsletters: SLUG: audience",
        "SourceSettings": "sources: NAME",
        "ChannelSettings": "channels: NAME",
        "PluginSettings": "checks, webhooks, returns: mailboxes: NAME",
        "ContentSettings": "content",
        "SendingSettings": "sending",
        "CrossrefSettings": "crossref",
        "NoticesSettings": "notices",
        "WelcomeSettings": "notices: welcome",
        "EditorSettings": "editor",
        "ReturnsSettings": "returns",
        "PagesSettings": "pages",
        "MonitorSettings": "monitor",
        "LoggingSettings": "logging",
        "RetentionSettings": "retention",
        "Doctor": "doctor",
        "Rules": "rules",
        "Group": "rules: groups",
        "Together": "rules: together",
        "Penalties": "rules: penalties",
    }
    parts.append(_table("The whole file", schema))
    parts += [_table(f"`{title}`", schema["$defs"][name]) for name, title in titles.items()]
    return "\n".join(parts)


def _table(title: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        f"| `{name}` | {'required' if name in required else _default(one)} | {_what(one)} |"
        for name, one in schema["properties"].items()
    ]
    intro = " ".join(schema.get("description", "").split())
    return "\n".join([f"## {title}", "", intro, "", "| field | default | what |", "|---|---|---|", *rows, ""])


def _what(field: dict[str, Any]) -> str:
    return str(field.get("description") or "See the text.").replace("|", "\\|")


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if isinstance(value, list):
        return f"`[{', '.join(map(_flow, value))}]`"
    return (
        "none" if value in (None, "", {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    )


def _flow(value: object) -> str:
    """A value as it stands in a YAML list."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {one}" for name, one in value.items()) + "}"
    return str(value)


def plugins_page() -> str:
    parts = [MADE_BY + "# Sources, checks, channels, reports and mailboxes\n"]
    for stage, (title, intro) in STAGES.items():
        parts.append(f"## {title}\n\n{intro}\n")
        parts += [_plugin(stage, name) for name in registry.names(stage)]
    return "\n".join(parts)


def _plugin(stage: str, name: str) -> str:
    module = import_module(f"vesicle.{stage}.{name}")
    role = getattr(module, registry.ROLES[stage])
    options = _options(module.Options) if dataclasses.fields(module.Options) else []
    within = [
        part
        for field, hint in get_type_hints(module.Options).items()
        for inner, is_by_name in [registry.nested(hint)]
        if inner
        for part in [f"#### `{field}{': NAME' if is_by_name else ''}`", *_options(inner), ""]
    ]
    return "\n".join([f"### `{name}`", "", _folded(role), *options, "", *within])


def _options(made: type[Any]) -> list[str]:
    rows = [f"| `{one.name}` | {_option(one)} |" for one in dataclasses.fields(made)]
    return ["", _folded(made), "", "| option | default |", "|---|---|", *rows]


def _option(field: dataclasses.Field[Any]) -> str:
    if field.metadata.get("secret"):
        return "none; a secret, only as `env:NAME`"
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`"
    return "required" if field.default_factory is dataclasses.MISSING else "none"


def _folded(thing: object) -> str:
    return " ".join((getdoc(thing) or "").split())


GENERATED = {"commands.md": commands_page, "settings.md": settings_page, "plugins.md": plugins_page}


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    page = GENERATED[name]().rstrip() + "\n"
    if os.environ.get("VESICLE_UPDATE_DOCS"):
        (DOCS / name).write_text(page)
    assert (DOCS / name).read_text() == page


def test_every_command_has_a_help_with_an_example() -> None:
    helps = list(_helps(main, "vesicle"))
    assert len(helps) > 10
    assert [text.splitlines()[0] for text in helps if "Example:" not in text] == []


def test_every_setting_is_explained() -> None:
    schema = Settings.model_json_schema()
    for part in schema["$defs"].values():
        fields = part.get("properties", {})
        explained = [name for name, one in fields.items() if one.get("description")]
        # The fields of a plain dataclass are explained in its docstring, which the page shows.
        assert explained == list(fields) or (not explained and len(part["description"]) > 100)


def test_every_plugin_says_in_a_sentence_what_it_does() -> None:
    for stage in STAGES:
        for name in registry.names(stage):
            module = import_module(f"vesicle.{stage}.{name}")
            assert (getdoc(getattr(module, registry.ROLES[stage])) or "").endswith("."), (stage, name)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *(line for group in groups.values() for line in group)]
    names = {re.match(r"[a-z0-9\-]+", line)[0] for line in wanted}  # type: ignore[index]  # each line has a name
    explained = set(
        re.findall(r"^\| `([a-z0-9\-]+)` \|", (DOCS / "dependencies.md").read_text(), re.MULTILINE)
    )
    assert names == explained


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_test_that_a_page_names_exists() -> None:
    there = {
        f"{file.name}::{name}"
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    named = {
        f"{file}::{name}"
        for page in PAGES
        for file, name in re.findall(r"(test_\w+\.py)::(\w+)", page.read_text())
    }
    assert named
    assert named - there == set()


def test_the_readme_names_only_commands_that_exist() -> None:
    known = set(main.list_commands(click.Context(main)))
    blocks = "\n".join(
        re.findall(r"```(?:sh|console)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    )
    used = set(re.findall(r"vesicle (?:--site \S+ )?([a-z]+)\b", blocks))
    assert used
    assert used <= known
