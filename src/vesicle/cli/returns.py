"""`vesicle returns`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.pipeline.returns import Collected


_COLUMNS = ("mailbox", "mails", "bounced", "complained", "left", "automatic", "unmatched", "failure")


@click.command(short_help="Read what came back: bounces, complaints, wishes to leave.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Read the mailboxes of `returns` once, as `vesicle run` does every minute.

    Whoever bounced for good, complained or wrote to leave is not written to any more. Mails that nobody
    could read are kept in the mailbox's folder `unmatched`, for you to look at.

    \b
    Example:
      vesicle returns
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json, print_table

    found = open_site().returning.collect()
    if as_json:
        print_json([dict(zip(_COLUMNS, _row(one), strict=True)) for one in found])
    elif found:
        print_table(_COLUMNS, [[str(cell) for cell in _row(one)] for one in found])
    else:
        click.echo("There is no mailbox to read: name one below `returns` in config.yaml.")
    if any(one.failure for one in found):
        ctx.exit(3)


def _row(found: "Collected") -> tuple[str | int, ...]:
    from vesicle.learn.mail import Kind
    from vesicle.model.event import Effect

    effects = (found.effects.get(one, 0) for one in (Effect.BOUNCED, Effect.COMPLAINED, Effect.LEFT))
    kinds = (found.kinds.get(one, 0) for one in (Kind.AUTOMATIC, Kind.UNMATCHED))
    return (found.mailbox, found.mails, *effects, *kinds, found.failure)
