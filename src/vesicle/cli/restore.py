"""`vesicle restore`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.model.backup import Restored


@click.command(short_help="Put a backup in the place of the database.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what became of it as JSON.")
def command(file: Path, *, as_json: bool) -> None:
    """Put the backup FILE in the place of the database, which is put aside and never deleted.

    Stop `vesicle run`, `send` and `serve` first. FILE has to be whole, and of the key that VESICLE_KEY has.
    Where the database before can still be read, the copy learns from it who has got what since, and who has
    left. Every issue that is not done is held as `restored`, until you let it go on.

    \b
    Example:
      vesicle restore /backups/vesicle-20261126T021500Z.db
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json

    done = open_site().keeping.restore(file)
    if as_json:
        print_json(_data(done))
        return
    made = done.restoration.made
    click.echo(f"{file} is in place{f', made at {made:%Y-%m-%d %H:%M} UTC' if made else ''}.")
    if done.aside:
        click.echo(f"The database before is {done.aside}; delete it when you are sure.")
    _say_what_is_known(done)
    _say_what_is_held(done)


def _say_what_is_known(done: "Restored") -> None:
    from vesicle.cli._screen import counted

    if done.carried or done.barred:
        carried = counted(done.carried, "delivery", "deliveries")
        barred = counted(done.barred, "person or address", "people or addresses")
        click.echo(f"Learned from it: {carried} since; {barred} not to be written to any more.")
    if done.restoration.is_complete:
        click.echo("Nothing went out that is not known.")
    else:
        click.echo(
            "Whether more went out since is not known. An issue that was approved by now, and that the copy "
            "does not know, will be held as well."
        )


def _say_what_is_held(done: "Restored") -> None:
    if not done.held:
        click.echo("No issue was under way.")
        return
    for one in done.held:
        click.echo(f"Held: {one.slug}: {one.owed} owed, {one.unknown} unknown.")
    name = done.held[-1].slug
    click.echo(f"Who they are:              vesicle deliveries {name}")
    if not done.restoration.is_complete:
        click.echo(f"Who got it, by a mail log: vesicle deliveries {name} --arrived mail.log")
    click.echo(f"To go on:                  vesicle resume {name}")


def _data(done: "Restored") -> dict[str, object]:
    made = done.restoration.made
    return {
        "file": done.backup.file,
        "made": made.isoformat() if made else None,
        "rows": dict(done.backup.rows),
        "aside": done.aside,
        "carried": done.carried,
        "barred": done.barred,
        "complete": done.restoration.is_complete,
        "held": [{"slug": one.slug, "owed": one.owed, "unknown": one.unknown} for one in done.held],
    }
