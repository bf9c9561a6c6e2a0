"""Makes what `config.yaml` names of several kinds, where settings, registry and the rim meet."""

from collections.abc import Mapping
from pathlib import Path

from vesicle import registry
from vesicle.model.errors import UserError
from vesicle.model.problem import Problem
from vesicle.ports import Mailbox
from vesicle.settings import PluginSettings, ReturnsSettings
from vesicle.text.marked import Marked


def mailboxes(
    returns: ReturnsSettings, *, config: Marked, environ: Mapping[str, str], folder: Path
) -> Mapping[str, Mailbox]:
    """Give the mailboxes that are switched on, by name; nothing is connected yet.

    *config* is the file that *returns* were read from, *folder* the site's. Raises UserError with every
    mistake of all of them.
    """
    found = plugins(
        "mailbox", returns.mailboxes, section=("returns", "mailboxes"), config=config, environ=environ
    )
    return {name: plugin.make(plugin.options, folder=folder) for name, plugin in found.items()}


def plugins(
    stage: str,
    entries: Mapping[str, PluginSettings],
    *,
    section: tuple[str, ...],
    config: Marked,
    environ: Mapping[str, str],
) -> Mapping[str, registry.Plugin]:
    """Load the plug-ins of *entries* that are switched on; raises UserError with every mistake of all."""
    found: dict[str, registry.Plugin] = {}
    problems: list[Problem] = []
    for name, one in entries.items():
        entry = registry.Entry(by=one.by or name, options=one.options(), path=(*section, name))
        try:
            if one.enabled:
                found[name] = registry.load(stage, entry, marked=config, environ=environ)
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return found
