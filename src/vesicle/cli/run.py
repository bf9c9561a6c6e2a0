"""`vesicle run`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from vesicle.pipeline.send import Report


@click.command(short_help="Send what is due, now and from now on.")
@click.option("--once", is_flag=True, help="Do what is due now, then leave.")
@click.option("--every", "seconds", default=10, show_default=True, help="Seconds between two looks.")
@click.pass_context
def command(ctx: click.Context, *, once: bool, seconds: int) -> None:
    """Send each approved issue when it is due, with the posts of its items, each once.

    What readers ask for on the pages is answered, before issues and between their mails, and what comes back
    is taken in: see `vesicle returns`.

    Runs until it is stopped with Ctrl-C or SIGTERM. Only one may run for a site.

    \b
    Example:
      vesicle run --once
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import finish, show_reports
    from vesicle.cli._returning import taking_returns, tell_returns
    from vesicle.pipeline.send import Report, send_due
    from vesicle.queue.stopping import stop_when_asked
    from vesicle.schedule.due import due

    app = open_site()
    with stop_when_asked() as stop, app.sending(stop=stop) as dispatch:

        def work() -> list[Report]:
            content = app.content.read()
            issues = [issue for issue, _ in due(content.issues.values(), app.newsletters, now=app.clock())]
            return send_due(issues, lambda issue: app.prepare(issue, content), dispatch)

        if not once:
            with taking_returns(app, stop):
                _keep_running(work, stop, seconds=seconds)
            return
        tell_returns(app.returning.collect(stopping=stop.is_set))
        reports = work()
    show_reports(reports)
    finish(ctx, reports)


def _keep_running(work: "Callable[[], list[Report]]", stop: "Event", *, seconds: int) -> None:
    import logging

    from vesicle.cli._reports import as_rows
    from vesicle.model.errors import DiskFailure
    from vesicle.queue.clock import tick_until

    told: set[tuple[str, str, str]] = set()

    def tick() -> None:
        try:
            reports = work()
        except DiskFailure:
            raise
        except Exception:  # the outermost loop: it records the fault and goes on with the next tick
            logging.getLogger("vesicle").exception("run.failed")
            return
        for row in as_rows(reports):
            if row not in told:
                click.echo("  ".join(row))
        # Each notice that goes out is news, though the line be the same.
        told.update(as_rows([one for one in reports if not one.notices]))

    click.echo(f"Looking every {seconds} seconds. Stop with Ctrl-C.")
    tick_until(stop, tick, seconds=seconds)
