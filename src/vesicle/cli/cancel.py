"""`vesicle cancel`."""

import click


@click.command(short_help="End an issue for ever: who has not got it will not.")
@click.argument("issue")
def command(issue: str) -> None:
    """Cancel ISSUE, with its posts: whoever has not got it by now will not get it.

    It acts at once, also on a send that is running. It cannot be taken back: to send the same again, make a
    new issue of it.

    \b
    Example:
      vesicle cancel 2026-11-26-conditioned-media
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import counted

    app = open_site()
    skipped = app.deliveries.cancel(issue, now=app.clock())
    click.echo(f"{issue} is cancelled; {counted(skipped, 'reader')} will not get it.")
