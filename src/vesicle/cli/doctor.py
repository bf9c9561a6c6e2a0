"""`vesicle doctor`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vesicle.model.checkup import Line
    from vesicle.pipeline.diagnose.rounds import Area

_COLOURS = {"good": "green", "warning": "yellow", "fault": "red", "not looked at": "cyan"}


@click.command(short_help="Say what is wrong with the site's set-up and how to mend it.")
@click.option("--offline", is_flag=True, help="Ask nobody outside: no DNS, server, page or source.")
@click.option("--send-test", is_flag=True, help="Send a mail to the test mailbox, and look how it arrives.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@click.pass_context
def command(ctx: click.Context, *, offline: bool, send_test: bool, as_json: bool) -> None:
    """Look at configuration, content, database, clock, mail servers, DNS, pages and sources.

    Each line says what was looked at, how it stands, why that matters and what to do. Nothing is changed,
    and no mail is sent but by --send-test.

    Ends with 0 where all is good or there are only warnings, with 2 where something of the site's own has
    a fault, and with 3 where only the outside world failed, which may pass by itself.

    \b
    Example:
      vesicle doctor
      vesicle doctor --offline --json
    """
    from dataclasses import asdict

    from vesicle.cli._progress import stepping
    from vesicle.cli._screen import print_json
    from vesicle.pipeline.diagnose.rounds import diagnose, exit_code

    areas = _areas(offline=offline, sends=send_test)
    with stepping("looking", total=len(areas)) as step:
        lines = list(diagnose(areas, watch=step))
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        _show(lines)
    ctx.exit(exit_code(lines))


def _areas(*, offline: bool, sends: bool) -> "Sequence[Area]":
    """Give what is to be looked at; of a site whose settings cannot be read, these alone."""
    from vesicle.app.diagnosing import Diagnosing
    from vesicle.cli._opening import open_site
    from vesicle.model.errors import UserError
    from vesicle.pipeline.diagnose.rounds import unreadable

    try:
        return Diagnosing(open_site()).areas(is_offline=offline, sends=sends)
    except UserError as error:
        return unreadable(error)


def _show(lines: "Sequence[Line]") -> None:
    """Print a line for each, what it matters for and the mend below; the colour is for a terminal alone."""
    width = max((len(line.what) for line in lines), default=0)
    for line in lines:
        state = click.style(f"{line.health.value:13}", fg=_COLOURS[line.health.value])
        code = click.style(line.code, dim=True)
        click.echo(f"{state}  {line.what:{width}}  {line.text}  {code}")
        for mark, words in (("why", line.why), ("→", line.mend)):
            if words:
                click.echo(f"{'':{width + 15}}  {mark:>3} {words}")
    click.echo(_summary(lines))


def _summary(lines: "Sequence[Line]") -> str:
    from vesicle.cli._screen import counted
    from vesicle.model.checkup import Health

    counts = {health: sum(line.health is health for line in lines) for health in Health}
    unseen = f"; {counts[Health.UNSEEN]} not looked at" if counts[Health.UNSEEN] else ""
    if not counts[Health.FAULT] and not counts[Health.WARNING]:
        return f"All is well{unseen}."
    return f"{counted(counts[Health.FAULT], 'fault')}, {counted(counts[Health.WARNING], 'warning')}{unseen}."
