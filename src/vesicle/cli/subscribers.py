"""`vesicle subscribers`."""

from pathlib import Path

import click


@click.group(short_help="The people on the list.")
def command() -> None:
    """Look after the people on the list.

    \b
    Example:
      vesicle subscribers import people.csv
    """


@command.command("import", short_help="Add people from a CSV file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@click.pass_context
def import_(ctx: click.Context, file: Path, *, as_json: bool) -> None:
    """Add the people in FILE, who have to have agreed to it already.

    FILE is CSV in UTF-8 with a heading line: `email`, and if you have them `language` and `name`. A person
    who is on the list already stays as they are, also when they have left. Each line that cannot be used
    is named.

    \b
    Example:
      vesicle subscribers import people.csv
    """
    from dataclasses import asdict

    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import as_data, counted, print_json, show_problems
    from vesicle.pipeline.enrol import enrol
    from vesicle.queue.randomness import random_id

    app = open_site()
    with file.open(encoding="utf-8-sig", newline="") as lines:
        account = enrol(
            lines, app.subscribers, file=str(file), language=app.settings.site.language, random_id=random_id
        )
    if as_json:
        print_json({**asdict(account), "problems": [as_data(one) for one in account.problems]})
    else:
        show_problems(account.problems)
        click.echo(f"{counted(account.added, 'person', 'people')} added, {account.known} known already.")
    ctx.exit(1 if account.problems else 0)
