"""Opens the site that a command was called in."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.content import Content
    from vesicle.model.issue import Issue


def open_site() -> "App":
    """Open the site of the current command with the real clock and environment."""
    from vesicle.app import App
    from vesicle.queue.clock import now

    root: Path = click.get_current_context().find_root().obj
    return App(root, clock=now, environ=os.environ)


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
