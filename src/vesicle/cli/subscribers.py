"""`vesicle subscribers`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vesicle.pipeline.register import Dossier


@click.group(short_help="The people on the list.")
def command() -> None:
    """Look after the people on the list.

    \b
    Example:
      vesicle subscribers import people.csv
    """


@command.command("import", short_help="Add people from a CSV file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Say what would become of each line, and add nobody.")
@click.option(
    "--map",
    "renamed",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="The column called COLUMN is FIELD; nothing behind the `=` leaves it out. Repeat for others.",
)
@click.option("--attributes", default="", metavar="A,B", help="Columns to keep as attributes.")
@click.option("--consent", default="", metavar="SOURCE", help="How they agreed; the file's name otherwise.")
@click.option(
    "--wording",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the words they agreed to; its name and hash go into the consent log.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the refused lines are listed; FILE.refused.csv beside FILE otherwise.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@click.pass_context
def import_(ctx: click.Context, /, file: Path, **options: Any) -> None:  # noqa: ANN401 - they are those above
    """Add the people in FILE, who have to have agreed to it already.

    FILE is CSV in UTF-8 with a heading line: `email`, and if you have them `language`, `name`, `topics`
    (with `;` between them) and `zone`. A person who is on the list already stays as they are, also when they
    have left, and a suppressed address is refused. Each line that cannot be used is listed with the reason.
    When it is stopped, the same command goes on where it was.

    \b
    Example:
      vesicle subscribers import people.csv --dry-run
      vesicle subscribers import people.csv --map "E-mail=email" --attributes country
    """
    from vesicle.cli._enrolling import Options, enrol_file

    ctx.exit(enrol_file(file, Options(**options)))


@command.command(short_help="Write the list as CSV.")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="File to write; stdout otherwise."
)
def export(*, to: Path | None) -> None:
    """Write everybody on the list with all that is kept of them, also those who have left.

    The file holds personal data: keep it as you keep the database.

    \b
    Example:
      vesicle subscribers export --to everybody.csv
    """
    import sys

    from vesicle.cli._opening import open_site
    from vesicle.pipeline.register import COLUMNS, rows
    from vesicle.store.exporting import write_rows

    people = open_site().subscribers.all()
    if to:
        click.echo(f"{write_rows(to, COLUMNS, rows(people))} people written to {to}.", err=True)
    else:
        write_rows(sys.stdout, COLUMNS, rows(people))


@command.command(short_help="Show all that is kept of one address.")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(address: str, *, as_json: bool) -> None:
    """Show all that is kept of ADDRESS: the person, their consents, and whether it is suppressed.

    \b
    Example:
      vesicle subscribers show ann@example.org
    """
    from dataclasses import asdict

    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json
    from vesicle.pipeline.register import dossier

    found = dossier(open_site().subscribers, address)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: "Dossier") -> None:
    from vesicle.cli._screen import print_table
    from vesicle.pipeline.register import COLUMNS, rows

    if found.person:
        (row,) = rows([found.person])
        print_table(("what", "kept"), zip(COLUMNS, row, strict=True))
    if found.suppression:
        click.echo(f"This address is suppressed ({found.suppression.value}): it is never written to again.")
    if found.consents:
        click.echo()
        lines = [
            (
                f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                one.event.value,
                one.source,
                one.version or "none",
                one.wording[:12] or "none",
            )
            for one in found.consents
        ]
        print_table(("when", "consent", "by", "wording", "its SHA-256"), lines)


@command.command(short_help="Forget a person.")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(address: str, *, yes: bool) -> None:
    """Forget whoever has ADDRESS: the person and what they agreed to, for ever.

    What stays is a hash of the address, so that it is never written to again, and in the ledger that somebody
    got an issue, without whom.

    \b
    Example:
      vesicle subscribers erase ann@example.org
    """
    from vesicle.cli._opening import open_site
    from vesicle.model.errors import UserError
    from vesicle.pipeline.register import dossier
    from vesicle.pipeline.register import erase as forget

    app = open_site()
    if dossier(app.subscribers, address).person and not yes:
        typed = click.prompt("They cannot be brought back. Type the address to erase it", err=True)
        if typed.strip() != address.strip():
            raise UserError("that is another address; nothing was erased", mend="type it as in the command")
    forget(app.subscribers, address, now=app.clock())
    click.echo("Erased. The hash of the address stays suppressed.")


@command.command(short_help="Never write to an address again.")
@click.argument("address")
@click.option(
    "--because",
    type=click.Choice(["bounced", "complained", "by hand"]),
    default="by hand",
    show_default=True,
    help="Why.",
)
def suppress(address: str, *, because: str) -> None:
    """Never write to ADDRESS again, whether it is on the list or not. No import lifts this.

    \b
    Example:
      vesicle subscribers suppress ann@example.org --because complained
    """
    from vesicle.cli._opening import open_site
    from vesicle.model.subscriber import SuppressionReason
    from vesicle.pipeline.register import suppress as never_write_to

    app = open_site()
    never_write_to(app.subscribers, address, SuppressionReason(because), now=app.clock())
    click.echo("Suppressed.")
