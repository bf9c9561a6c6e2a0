"""`vesicle keep`."""

import click


@click.command(short_help="Make a draft finding of a paper in the inbox.")
@click.argument("paper")
@click.option("--edit", is_flag=True, help="Open the draft in $EDITOR.")
def command(paper: str, *, edit: bool) -> None:
    """Keep PAPER (a PMID or DOI): write a draft finding and what is known of the paper.

    The draft's claims are empty: what a paper shows is for a person to say. A paper that was retracted, or
    that is a notice about another, is refused.

    \b
    Example:
      vesicle keep 34095124
    """
    from vesicle.cli._opening import open_site
    from vesicle.pipeline.decide import keep

    app = open_site()
    kept = keep(paper, app.inbox, app.content, now=app.clock())
    verb = "Wrote" if kept.is_new else "Left as it was:"
    click.echo(f"{verb} content/{kept.finding}. Its paper is in content/{kept.paper}.")
    if edit:
        click.edit(filename=str(app.root / "content" / kept.finding))
