"""`vesicle preview`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.pipeline.prepare import Prepared


@click.command(short_help="Write an issue as HTML, text and posts to look at.")
@click.argument("issue", required=False)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to; preview/ISSUE of the site if not given.",
)
@click.option("--open/--no-open", "opens", default=True, help="Open the page in the browser.")
def command(issue: str | None, to: Path | None, *, opens: bool) -> None:
    """Write ISSUE (the one due last, if none is named) as pages to look at, and send nothing.

    They show each mail at two widths, its plain text, each post with its card, and the problems found.

    \b
    Example:
      vesicle preview 2026-11-26-conditioned-media --no-open
    """
    import webbrowser

    from vesicle.cli._opening import find_issue, open_site
    from vesicle.cli._screen import show_problems
    from vesicle.model.errors import UserError
    from vesicle.pipeline.preview import PAGE

    app = open_site()
    content = app.content.read()
    if issue is None and not content.issues:
        raise UserError("there is no issue yet", mend="make one with `vesicle compose`")
    name = issue or max(content.issues.values(), key=lambda one: one.due).slug
    prepared = app.prepare(find_issue(content, name), content)
    folder = to or app.root / "preview" / prepared.issue.slug
    write(app, prepared, folder)
    show_problems(prepared.problems)
    click.echo(f"Look at {folder / PAGE}")
    if opens:
        webbrowser.open((folder / PAGE).resolve().as_uri())


def write(app: "App", prepared: "Prepared", folder: Path) -> None:
    """Write the preview of an issue into *folder*, with the cards of its posts."""
    from vesicle.pipeline.preview import preview
    from vesicle.store.pages import write_pages

    pages = preview(prepared, app.templates, app.posting.outlets)
    cards = {one.card.name: one.card for post in prepared.posts for one in post.pictures if one.card}
    pictures = {f"cards/{name}": app.posting.picture(card) for name, card in cards.items()}
    write_pages(folder, pages, site=app.root, pictures=pictures)
