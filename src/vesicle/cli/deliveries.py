"""`vesicle deliveries`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from vesicle.model.delivery import Undelivered

STATES = ("pending", "taken", "sending", "deferred", "failed", "unknown", "skipped", "sent")


@click.command(short_help="Who did not get an issue, and why.")
@click.argument("issue")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only those in this state.")
@click.option(
    "--resume-unknown",
    type=click.Choice(["resend", "skip"]),
    help="What to do with those of whom it is not known: send once more, or leave them.",
)
@click.option(
    "--arrived",
    "log",
    type=click.File(errors="replace"),
    help="Log of a mail server, or another text with Message-IDs: whoever it names has got the issue.",
)
@click.option(
    "--compact", is_flag=True, help="Of an issue that is done, keep who got it and why others did not."
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, a line each.")
def command(
    issue: str,
    *,
    states: tuple[str, ...],
    resume_unknown: str | None,
    log: "TextIO | None",
    compact: bool,
    as_json: bool,
) -> None:
    """Say of ISSUE how many are in each state, and who did not get it and why.

    \b
    deferred   the server said "not now"; tried again by itself
    failed     it can never arrive there; the reason is what the server said
    unknown    it was handed over whole and the answer never came: it may have arrived.
               Never sent again by itself
    skipped    may not be written to (left, suppressed, erased), or the issue was cancelled

    \b
    Example:
      vesicle deliveries 2026-11-26-conditioned-media --state unknown
    """
    import json

    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import describe
    from vesicle.cli._screen import counted
    from vesicle.model.delivery import State

    app = open_site()
    if resume_unknown:
        resend = resume_unknown == "resend"
        number = app.deliveries.settle_unknown(issue, resend=resend, now=app.clock())
        told = "owed again" if resend else "left as they are"
        click.echo(f"{counted(number, 'delivery', 'deliveries')} whose outcome is unknown: {told}.")
        return
    if log is not None:
        number = app.keeping.settle_arrived(issue, log)
        click.echo(f"{counted(number, 'delivery', 'deliveries')} found there: sent.")
        return
    if compact:
        number = app.deliveries.compact(issue)
        click.echo(
            f"{issue}: {counted(number, 'delivery', 'deliveries')} compacted; what servers said is gone."
        )
        return
    chosen = {State(name) for name in states} or set(State) - {State.SENT}
    rows = app.deliveries.undelivered(issue, chosen)
    if as_json:
        for row in rows:
            click.echo(json.dumps(_data(row), ensure_ascii=False))
        return
    _show(rows)
    why = app.ledger.why(issue)
    held = f" Held: {why}." if why else ""
    click.echo(f"{issue}: {describe(app.ledger.tally(issue))}.{held}")


def _show(rows: "Iterator[Undelivered]") -> None:
    from itertools import islice

    from vesicle.cli._screen import print_table

    columns = ("state", "who", "tries", "since (UTC)", "why")
    # A table is laid out as a whole; of a million rows the first say what kind it is, and JSON has them all.
    shown = list(islice(rows, 1000))
    if shown:
        print_table(columns, [_row(row) for row in shown])
    if next(rows, None) is not None:
        click.echo("… and more: `--json` prints all of them, `--state` chooses.")


def _row(row: "Undelivered") -> tuple[str, str, str, str, str]:
    who = row.to.email if row.to else "(nobody any more)"
    return (row.state.value, who, str(row.attempts), f"{row.at:%Y-%m-%d %H:%M}" if row.at else "", row.reason)


def _data(row: "Undelivered") -> dict[str, object]:
    return {
        "key": row.key,
        "state": row.state.value,
        "email": row.to.email if row.to else None,
        "attempts": row.attempts,
        "at": row.at.isoformat() if row.at else None,
        "reason": row.reason,
    }
