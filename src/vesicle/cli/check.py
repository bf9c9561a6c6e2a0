"""`vesicle check`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.problem import Problem


@click.command(short_help="Name every problem in the content, with file, line and mend.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Read all content, render every issue, and name every problem (only those below PATHS, if given).

    \b
    Example:
      vesicle check
      vesicle check content/findings/my-finding.md
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import as_data, counted, print_json, show_problems
    from vesicle.pipeline.inspect import inspect

    app = open_site()
    content = app.content.read()
    report = inspect(content, app.newsletters, app.kitchen(content))
    chosen = [_from_site(path, app.root) for path in paths]
    every = (*report.problems, *(_of_notices(app) if app.newsletters else ()))
    problems = [one for one in every if not chosen or _is_below(one.where.file, chosen)]
    errors = sum(one.is_error for one in problems)
    if as_json:
        print_json([as_data(one) for one in problems])
    else:
        show_problems(problems)
        what = f"{counted(report.items, 'item')}, {counted(report.issues, 'issue')}"
        found = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
        click.echo(f"{what}: {found if problems else 'no problems'}.")
    ctx.exit(1 if errors else 0)


def _of_notices(app: "App") -> "tuple[Problem, ...]":
    """Give what is wrong with the templates of mails that are no issues."""
    from vesicle.pipeline.digest import digest_problems

    return (*app.notices.problems(), *digest_problems(app.settings.desk(), app.templates))


def _from_site(path: Path, root: Path) -> str:
    from vesicle.store.files import shown

    return shown(path.absolute() if path.exists() else root / path, root)


def _is_below(file: str, chosen: list[str]) -> bool:
    return any(one in (".", file) or file.startswith(f"{one}/") for one in chosen)
