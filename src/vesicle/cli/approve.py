"""`vesicle approve`."""

import click


@click.command(short_help="Say that an issue may go out as it is now.")
@click.argument("issue")
@click.option("--by", help="Your name; git's user.name, or the name you are logged in by, if not given.")
def command(issue: str, by: str | None) -> None:
    """Approve ISSUE: write who, when and the hash of what would go out into its file.

    Any change of its texts, items, templates or due time after that asks for a new approval.

    \b
    Example:
      vesicle approve 2026-11-26-conditioned-media
    """
    from vesicle.cli._opening import find_issue, open_site
    from vesicle.cli._screen import show_problems
    from vesicle.pipeline.review import approve

    app = open_site()
    content = app.content.read()
    prepared = app.prepare(find_issue(content, issue), content)
    approval = approve(prepared, app.content, by=by or _name(), now=app.clock())
    show_problems(prepared.problems)
    click.echo(
        f"{prepared.issue.where.file}: approved by {approval.by}, due {prepared.issue.due:%Y-%m-%d %H:%M}."
    )


def _name() -> str:
    import getpass
    import subprocess

    try:
        asked = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False)
        return asked.stdout.strip() or getpass.getuser()
    except OSError:
        return getpass.getuser()
