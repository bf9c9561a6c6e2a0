"""`vesicle send`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from threading import Event

    from vesicle.app import App
    from vesicle.model.content import Content
    from vesicle.pipeline.prepare import Prepared
    from vesicle.pipeline.send import Report


@click.command(short_help="Send one approved issue now.")
@click.argument("issue")
@click.option("--expect", type=int, help="Send it, to exactly this many readers; without it nothing is sent.")
@click.option("--dry-run", is_flag=True, help="Send nothing, also with --expect.")
@click.option("--test", "address", help="Send it to this address alone, marked as a test.")
@click.pass_context
def command(
    ctx: click.Context, issue: str, *, expect: int | None, dry_run: bool, address: str | None
) -> None:
    """Send ISSUE now, whenever it is due. It has to be approved; whoever got it does not get it again.

    Without --expect it only says to how many it would go. With the right number it waits a minute, in
    which Ctrl-C holds the issue before anybody got it, and sends. Ctrl-C during the send finishes what is
    in hand; the rest stays owed, and the same command goes on with it.

    \b
    Example:
      vesicle send 2026-11-26-conditioned-media
      vesicle send 2026-11-26-conditioned-media --test me@example.org
      vesicle send 2026-11-26-conditioned-media --expect 1204
    """
    from vesicle.cli._opening import find_issue, open_site
    from vesicle.cli._reports import finish, show_reports
    from vesicle.cli._trial import send_trial

    app = open_site()
    content = app.content.read()
    one = find_issue(content, issue)
    prepared = app.prepare(one, content)
    if address is not None:
        send_trial(app, prepared, address)
        return
    people = _people(app, prepared)
    _check_number(people, expect)
    if dry_run or expect is None:
        _say_what_would_happen(prepared, people)
        ctx.exit(1 if prepared.held else 0)
    reports = _send(app, prepared, content, people=people)
    show_reports(reports)
    finish(ctx, reports)


def _people(app: "App", prepared: "Prepared") -> int:
    """Count who would get it: of an issue that was frozen, those who are left."""
    from vesicle.model.delivery import OPEN
    from vesicle.pipeline.send import name_of

    name = name_of(prepared.issue, is_rehearsal=app.is_rehearsal)
    if app.ledger.frozen(name):
        tally = app.ledger.tally(name)
        return sum(tally[state] for state in OPEN)
    newsletter = prepared.newsletter
    series = "" if app.is_rehearsal else newsletter.slug
    return app.subscribers.count(newsletter.audience, series=series, at=app.clock())


def _check_number(people: int, expect: int | None) -> None:
    from vesicle.cli._screen import counted
    from vesicle.model.errors import UserError

    if expect is not None and expect != people:
        mend = "look at the list, then give the right number"
        raise UserError(f"{counted(people, 'subscriber')} would get it, not {expect}", mend=mend)


def _say_what_would_happen(prepared: "Prepared", people: int) -> None:
    from vesicle.cli._screen import counted

    slug, posts = prepared.issue.slug, counted(len(prepared.posts), "post")
    click.echo(f"{slug} would go to {counted(people, 'subscriber')}, with {posts}. Nothing was sent.")
    if prepared.held:
        click.echo(f"It is held: {prepared.held}.")
    else:
        click.echo(f"To send it: vesicle send {slug} --expect {people}")


def _send(app: "App", prepared: "Prepared", content: "Content", *, people: int) -> "list[Report]":
    from datetime import timedelta

    from vesicle.cli._progress import progress
    from vesicle.cli._returning import taking_returns
    from vesicle.pipeline.send import send_due
    from vesicle.queue.stopping import stop_when_asked

    with (
        stop_when_asked() as stop,
        progress(people) as watch,
        app.sending(stop=stop, watch=watch) as dispatch,
        taking_returns(app, stop),
    ):
        name = dispatch.name(prepared.issue)
        is_new = dispatch.ledger.frozen(name) is None
        undo = timedelta(seconds=app.settings.sending.undo_seconds if is_new else 0)

        def once() -> "list[Report]":
            return send_due(
                [prepared.issue], lambda issue: app.prepare(issue, content), dispatch.undoing(undo)
            )

        reports = once()
        if undo and not any(report.held for report in reports):
            if _was_undone(stop, seconds=undo.total_seconds()):
                dispatch.ledger.hold(name)
            reports = once()
    return reports


def _was_undone(stop: "Event", *, seconds: float) -> bool:
    click.echo(f"It starts in {seconds:.0f} seconds. Ctrl-C holds it: then nobody gets anything.", err=True)
    return stop.wait(seconds)
