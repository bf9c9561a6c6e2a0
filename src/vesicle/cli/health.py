"""`vesicle health`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from vesicle.model.pulse import Pulse


@click.command(short_help="Say whether `vesicle run` is alive.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Say whether the `vesicle run` of this site is alive; exit with 3 where it is not.

    It is where it has done something in the last two minutes, or within three of its ticks where that is
    longer. Reads `.vesicle/health.json` alone: no configuration, no database.

    \b
    Example:
      vesicle health || echo "nothing goes out"
    """
    from vesicle.cli._opening import site_folder
    from vesicle.cli._screen import print_json
    from vesicle.queue import health
    from vesicle.queue.clock import now

    pulse, moment = health.read(site_folder() / health.FILE), now()
    is_alive = pulse is not None and pulse.is_alive(moment)
    if as_json:
        print_json({"alive": is_alive, **(health.as_data(pulse) if pulse else {})})
    else:
        click.echo(_words(pulse, moment))
    ctx.exit(0 if is_alive else 3)


def _words(pulse: "Pulse | None", now: "datetime") -> str:
    if pulse is None:
        return "No `vesicle run` has been here: there is no health file that can be read."
    sign = f"{abs((now - pulse.last_sign).total_seconds()):,.0f} seconds"
    if pulse.last_sign > now:
        sign += " ahead of this clock"
    else:
        sign += " ago"
    if not pulse.is_alive(now):
        return f"Silent: the last sign of `vesicle run` was {sign}. See its log, and start it again."
    trouble = f", but its last tick ended with {pulse.last_error}: see its log" if pulse.last_error else ""
    return f"Alive: the last sign was {sign}{trouble}."
