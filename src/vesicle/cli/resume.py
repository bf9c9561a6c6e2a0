"""`vesicle resume`."""

import click


@click.command(short_help="Let a held issue go on.")
@click.argument("issue")
@click.option("--as-frozen", is_flag=True, help="Send what was frozen, although its files have changed.")
def command(issue: str, *, as_frozen: bool) -> None:
    """Let ISSUE go on, with its posts. `vesicle run`, or `vesicle send`, delivers what is left of it.

    \b
    Example:
      vesicle resume 2026-11-26-conditioned-media
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import describe

    app = open_site()
    app.deliveries.resume(issue, as_frozen=as_frozen)
    click.echo(f"{issue} may go on; {describe(app.ledger.tally(issue))}.")
