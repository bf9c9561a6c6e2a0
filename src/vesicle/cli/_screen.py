"""How things look on a terminal, and as JSON for machines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import click

from vesicle.model.errors import UserError, VesicleError
from vesicle.model.problem import Problem


def complain(error: VesicleError) -> None:
    """Say on stderr what went wrong: each problem with its place and its mend."""
    if isinstance(error, UserError):
        show_problems(error.problems)
    else:
        click.echo(f"{click.style('failed', fg='red', bold=True)}  {error}", err=True)


def show_problems(problems: Sequence[Problem]) -> None:
    """Print every problem on stderr, those of one file below its name."""
    file = None
    for problem in sorted(problems, key=lambda one: (one.where.file, one.where.line or 0)):
        if problem.where.file != file:
            file = problem.where.file
            click.echo(click.style(file, bold=True), err=True)
        line = f"{problem.where.line or ''}"
        place = f"{line}:{problem.where.column}" if line and problem.where.column else line
        colour = "red" if problem.is_error else "yellow"
        label = click.style(f"{problem.severity.value:7}", fg=colour)
        click.echo(f"  {place:>6}  {label}  {problem.text}  {click.style(problem.code, dim=True)}", err=True)
        if problem.mend:
            click.echo(f"{'':17}  → {problem.mend}", err=True)


def as_data(problem: Problem) -> dict[str, object]:
    """Give a problem as plain data."""
    where = problem.where
    place = {"file": where.file, "line": where.line, "column": where.column}
    words = {"text": problem.text, "why": problem.why, "mend": problem.mend}
    return {"code": problem.code, "severity": problem.severity.value, **place, **words}


def print_json(data: object) -> None:
    """Print *data* as JSON on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Print a table on stdout: as wide as the terminal, or as its text needs where there is none."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else 160
    Console(file=sys.stdout, width=width, highlight=False, markup=False).print(table)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: `1 problem`, `2 problems`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def tally_words(counts: Mapping[str, int]) -> str:
    """Write how many are in each state: `3 sent, 1 failed`."""
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number) or "nothing owed"
