"""`vesicle compose`."""

import click


@click.command(short_help="Compose the next issue of a newsletter from what is ready.")
@click.argument("newsletter", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what was composed as JSON.")
def command(newsletter: str | None, *, as_json: bool) -> None:
    """Write the next issue of NEWSLETTER (of every newsletter if none is named) for you to edit.

    It takes ready items that no issue has had: the newest, with one explainer, up to `max_items`. An issue
    file that exists is never touched.

    \b
    Example:
      vesicle compose conditioned-media
    """
    from dataclasses import asdict

    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import counted, print_json
    from vesicle.pipeline.draft import draft, next_due

    app = open_site()
    chosen = [app.settings.newsletter(newsletter)] if newsletter else app.newsletters.values()
    drafts = [
        draft(one, app.content, app.content.read(), due=next_due(one, now=app.clock())) for one in chosen
    ]
    if as_json:
        print_json([asdict(one) for one in drafts])
        return
    for one in drafts:
        path = f"content/{one.path}"
        if one.is_new:
            click.echo(
                f"Wrote {path} with {counted(len(one.items), 'item')}. Next: vesicle preview {one.slug}"
            )
        elif one.items:
            click.echo(f"{path} is there already and was left as it is.")
        else:
            click.echo(f"{one.newsletter}: no ready item is left for a new issue.")
