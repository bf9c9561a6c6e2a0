"""`vesicle backup`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.model.backup import Backup

BESIDE = (
    "It holds the database alone. Keep content/, templates/ and config.yaml in git, and VESICLE_KEY where it "
    "is safe: no backup has it, and without it this file cannot be used."
)


@click.command(short_help="Copy the database, also while it is in use.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="Of the copies in the folder FILE, keep the newest so many and delete the others.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(file: Path, *, keep: int | None, as_json: bool) -> None:
    """Copy the database to FILE, which must not exist; into a folder under a name by the time (UTC).

    `vesicle run`, `send` and `serve` go on meanwhile: the copy is of the moment it was begun. It is read back
    and compared before it gets its name, and it is for its owner alone. FILE is whole, or not there.

    \b
    Example:
      vesicle backup /backups/before-the-move.db
      vesicle backup /backups --keep 14
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._progress import copying
    from vesicle.cli._screen import print_json

    with copying("copying") as told:
        made, gone = open_site().keeping.back_up(file, keep=keep, told=told)
    if as_json:
        print_json(_data(made) | {"deleted": [str(one) for one in gone]})
        return
    click.echo(f"{made.file}: {made.size:,} bytes, looked through. {_counts(made)}.")
    for one in gone:
        click.echo(f"Deleted {one}.")
    click.echo(BESIDE)


def _counts(made: "Backup") -> str:
    return ", ".join(f"{number:,} {table}" for table, number in made.rows.items() if number) or "It is empty"


def _data(made: "Backup") -> dict[str, object]:
    return {
        "file": made.file,
        "bytes": made.size,
        "version": made.version,
        "made": made.made.isoformat() if made.made else None,
        "rows": dict(made.rows),
    }
