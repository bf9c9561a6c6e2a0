"""`vesicle hold`."""

import click


@click.command(short_help="Let nothing more of an issue go out until it is resumed.")
@click.argument("issue")
def command(issue: str) -> None:
    """Hold ISSUE, with its posts: from this moment on nothing more of it begins.

    It acts at once, also on a send that is running here or in `vesicle run`. What a mail server was being
    given at that moment is finished or dropped whole. `vesicle resume` lets the issue go on.

    \b
    Example:
      vesicle hold 2026-11-26-conditioned-media
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import describe

    app = open_site()
    app.deliveries.hold(issue)
    click.echo(f"{issue} is held; {describe(app.ledger.tally(issue))}.")
