"""`vesicle init`."""

from pathlib import Path

import click


@click.command(short_help="Make a new site from the sample content and configuration.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Make a new site in FOLDER: config.yaml and sample content to change or delete.

    Templates stay in the package; put a file of the same name below FOLDER/templates to replace one.

    \b
    Example:
      vesicle init my-site && cd my-site && vesicle check
    """
    from vesicle.store.packaged import make_site

    make_site(folder)
    click.echo(f"Made a site in {folder}. Next:")
    for step, what in (
        (f"cd {folder}", ""),
        ("vesicle check", "is everything in order?"),
        ("vesicle preview", "look at the sample issue"),
        ("vesicle new finding my-first-finding", "write your own"),
    ):
        click.echo(f"  {step:40}{click.style(what, dim=True)}".rstrip())
