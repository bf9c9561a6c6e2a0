"""`vesicle send`."""

import click


@click.command(short_help="Send one approved issue now.")
@click.argument("issue")
@click.option("--dry-run", is_flag=True, help="Say what would be sent to how many, and send nothing.")
@click.option("--expect", type=int, help="Send only if exactly this many subscribers would get it.")
@click.pass_context
def command(ctx: click.Context, issue: str, *, dry_run: bool, expect: int | None) -> None:
    """Send ISSUE now, whenever it is due. It has to be approved; whoever got it does not get it again.

    \b
    Example:
      vesicle send 2026-11-26-conditioned-media --dry-run
    """
    from vesicle.cli._opening import find_issue, open_site
    from vesicle.cli._reports import finish, show_reports
    from vesicle.cli._screen import counted
    from vesicle.model.errors import UserError
    from vesicle.pipeline.send import send_due
    from vesicle.queue.lock import sole_sender

    app = open_site()
    content = app.content.read()
    one = find_issue(content, issue)
    prepared = app.prepare(one, content)
    people = sum(1 for _ in app.subscribers.confirmed())
    if expect is not None and expect != people:
        mend = "look at the list, then give the right number"
        raise UserError(f"{counted(people, 'subscriber')} would get it, not {expect}", mend=mend)
    if dry_run:
        held = f" It is held: {prepared.held}." if prepared.held else ""
        posts = counted(len(prepared.posts), "post")
        click.echo(f"{one.slug} would go to {counted(people, 'subscriber')}, with {posts}.{held}")
        return
    with sole_sender(app.database_path):
        reports = send_due([one], lambda issue: app.prepare(issue, content), app.dispatch())
    show_reports(reports)
    finish(ctx, reports)
