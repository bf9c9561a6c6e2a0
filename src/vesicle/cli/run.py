"""`vesicle run`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from threading import Event

    from vesicle.app import App


@click.command(short_help="Do what is due, now and from now on.")
@click.option("--once", is_flag=True, help="Do what is due now, then leave: for cron.")
@click.option(
    "--every",
    "seconds",
    type=click.IntRange(1, 300),
    default=10,
    show_default=True,
    help="Seconds between two looks.",
)
@click.pass_context
def command(ctx: click.Context, *, once: bool, seconds: int) -> None:
    """Keep the appointments of the site: send issues, publish posts, watch the literature, each at its time.

    What readers ask for on the pages is answered, before issues and between their mails; what comes back is
    taken in (see `vesicle returns`), and the editor is told what needs a person. What is due when is shown
    by `vesicle schedule`.

    Runs until it is stopped with Ctrl-C or SIGTERM; SIGHUP lets it read config.yaml and templates again. Only
    one works for a site: a second one stands by until the first has ended.

    \b
    Example:
      vesicle run --once
    """
    from vesicle.cli._daemon import keep_running
    from vesicle.queue.stopping import hearing, stop_when_asked

    if once:
        with stop_when_asked() as stop:
            _once(ctx, stop)
        return
    with hearing() as asked:
        keep_running(asked, seconds=seconds)


def _once(ctx: click.Context, stop: "Event") -> None:
    from vesicle.app.running import Running
    from vesicle.cli._opening import open_site
    from vesicle.cli._reports import finish, show_reports
    from vesicle.cli._returning import tell_returns
    from vesicle.queue.clock import wait
    from vesicle.store.content.settled import SettledContent, settle

    app = open_site()
    with app.sending(stop=stop) as dispatch:
        tell_returns(app.returning.collect(stopping=stop.is_set))
        if app.settings.content.git:
            _pull(app)
        settle(SettledContent(app.content, app.root), app.clock, wait)
        reports = Running(app, dispatch).tick(app.clock())
    show_reports(reports)
    finish(ctx, reports)


def _pull(app: "App") -> None:
    """Bring the files up to date; where git cannot, say so and go on with those there are."""
    from vesicle.model.errors import OutsideError
    from vesicle.store.content.git import pull

    try:
        pull(app.root)
    except OutsideError as error:
        click.echo(str(error), err=True)
