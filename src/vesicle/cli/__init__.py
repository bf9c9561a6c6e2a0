"""The command line: one file per command, imported when it runs."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click

from vesicle.cli._screen import complain
from vesicle.model.errors import ContentError, UserError, VesicleError


class Commands(click.Group):
    """The commands are the files of this folder whose names do not begin with an underscore."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        return sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command by name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"vesicle.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what Vesicle raises on purpose becomes words on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except VesicleError as error:
            complain(error)
            ctx.exit(1 if isinstance(error, ContentError) else 2 if isinstance(error, UserError) else 3)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Folder of the site (the one with config.yaml).",
)
@click.version_option(package_name="vesicle")
@click.pass_context
def main(ctx: click.Context, site: Path) -> None:
    """Turn curated findings and explainers into newsletters and posts, each delivered once.

    \b
    Example:
      vesicle demo            see the whole flow, on this machine alone
      vesicle init my-site    make a site of your own

    Exit codes: 0 done, 1 problems in content, 2 the command or config.yaml is wrong, 3 the outside world
    failed.
    """
    ctx.obj = site
