"""`vesicle resume`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App


@click.command(short_help="Let a held issue go on.")
@click.argument("issue")
@click.option("--as-frozen", is_flag=True, help="Send what was frozen, although its files have changed.")
@click.option(
    "--expect",
    type=int,
    help="After a restore: to how many it would go who may have got it; without it such an issue stays held.",
)
def command(issue: str, *, as_frozen: bool, expect: int | None) -> None:
    """Let ISSUE go on, with its posts. `vesicle run`, or `vesicle send`, delivers what is left of it.

    An issue that is held because the database is an older copy of itself goes on with the right number
    alone: whoever of these got it after the copy was made gets it twice.

    \b
    Example:
      vesicle resume 2026-11-26-conditioned-media
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import describe

    app = open_site()
    _check_number(app, issue, expect)
    app.deliveries.resume(issue, now=app.clock(), as_frozen=as_frozen)
    click.echo(f"{issue} may go on; {describe(app.ledger.tally(issue))}.")


def _check_number(app: "App", issue: str, expect: int | None) -> None:
    """See that somebody who lets an issue of an older copy go on knows how many may get it twice."""
    from vesicle.cli._screen import counted
    from vesicle.model.delivery import OPEN, Gate
    from vesicle.model.errors import UserError

    put_back = app.keeping.restoration()
    if app.ledger.gate(issue) is not Gate.RESTORED or put_back is None or put_back.is_complete:
        return
    tally = app.ledger.tally(issue)
    owed = sum(tally[state] for state in OPEN)
    if expect != owed:
        made = f" at {put_back.made:%Y-%m-%d %H:%M} UTC" if put_back.made else ""
        raise UserError(
            f"{counted(owed, 'reader')} would get it; who got it after the copy was made{made} gets it twice",
            mend=f"settle who got it with `vesicle deliveries {issue} --arrived mail.log`, "
            f"then `vesicle resume {issue} --expect {owed}`",
        )
