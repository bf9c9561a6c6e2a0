"""Opens the site that a command was called in."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.content import Content
    from vesicle.model.issue import Issue


def open_site(*, is_service: bool = False) -> "App":
    """Open the site of the current command with the real clock, environment and log.

    A service writes everything into the log that its settings ask for, any other command warnings alone.
    """
    from vesicle.app import App
    from vesicle.queue.clock import now

    app = App(site_folder(), clock=now, environ=os.environ)
    start_log(app, is_service=is_service)
    return app


def site_folder() -> Path:
    """Give the folder of the site of the current command."""
    root: Path = click.get_current_context().find_root().obj
    return root


def start_log(app: "App", *, is_service: bool) -> None:
    """Let the log be as the settings of *app* say, from now on; its files are opened anew."""
    from vesicle.cli._logging import set_up_logging

    set_up_logging(
        app.settings.logging,
        sys.stderr,
        root=app.root,
        environ=app.environ,
        is_service=is_service,
        secrets=app.secrets,
    )


def find_issue(content: "Content", name: str) -> "Issue":
    """Give an issue by its slug or file name; raises UserError with the names there are."""
    from vesicle.model.errors import UserError

    slug = Path(name).name.removesuffix(".md")
    if slug in content.issues:
        return content.issues[slug]
    broken = [one for one in content.problems if Path(one.where.file).name == f"{slug}.md"]
    if broken:
        raise UserError(broken)
    known = ", ".join(sorted(content.issues)) or "none yet: make one with `vesicle compose`"
    raise UserError(f"there is no issue called '{slug}'", mend=f"known: {known}")
