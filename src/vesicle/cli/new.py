"""`vesicle new`."""

import click


@click.command(short_help="Write a draft finding, explainer or issue with every field explained.")
@click.argument("kind", type=click.Choice(["finding", "explainer", "issue"]))
@click.argument("name")
@click.option("--edit", is_flag=True, help="Open the draft in $EDITOR.")
def command(kind: str, name: str, *, edit: bool) -> None:
    """Write a draft file for a new finding, explainer or issue, every field explained in it.

    NAME is the slug of a finding or explainer, and the slug of the newsletter for an issue.

    \b
    Example:
      vesicle new finding cells-in-mice-with-stroke --edit
      vesicle new issue conditioned-media
    """
    from vesicle.cli._opening import open_site
    from vesicle.model.errors import UserError
    from vesicle.pipeline.draft import new_issue, new_item

    app = open_site()
    if kind == "issue":
        newsletter = app.settings.newsletter(name)
        path, is_new = new_issue(newsletter, app.content, app.content.read(), now=app.clock())
    else:
        path, is_new = new_item(kind, name, app.content, today=app.clock().date())
    shown = f"content/{path}"
    if not is_new:
        raise UserError(f"{shown} exists", mend="choose another name, or edit that file")
    click.echo(f"Wrote {shown}. Fill it in, then: vesicle check {shown}")
    if edit:
        click.edit(filename=str(app.root / shown))
