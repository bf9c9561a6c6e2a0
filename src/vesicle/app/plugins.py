"""The plug-ins that a site's configuration names."""

from collections.abc import Mapping

from vesicle import registry
from vesicle.model.errors import UserError
from vesicle.model.problem import Problem
from vesicle.settings.plugins import PluginSettings
from vesicle.text.marked import Marked

_SECTIONS = {
    "watch": ("sources",),
    "check": ("checks",),
    "deliver": ("channels",),
    "learn": ("webhooks",),
    "mailbox": ("returns", "mailboxes"),
}


def plugins(
    stage: str,
    entries: Mapping[str, PluginSettings],
    *,
    config: Marked,
    environ: Mapping[str, str],
) -> list[tuple[str, registry.Plugin]]:
    """Give every plug-in of *entries* that is not switched off, by its name there.

    Raises UserError with all that is wrong with any of them.
    """
    found: list[tuple[str, registry.Plugin]] = []
    problems: list[Problem] = []
    for name, one in entries.items():
        entry = registry.Entry(by=one.by or name, options=one.options(), path=(*_SECTIONS[stage], name))
        try:
            if one.enabled:
                found.append((name, registry.load(stage, entry, marked=config, environ=environ)))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return found


def all_checks(written: Mapping[str, PluginSettings]) -> dict[str, PluginSettings]:
    """Give every check there is, with the options that are *written* for it."""
    return {name: PluginSettings() for name in registry.names("check")} | dict(written)
