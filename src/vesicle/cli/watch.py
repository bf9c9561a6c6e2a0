"""`vesicle watch`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vesicle.app import App
    from vesicle.model.paper import Harvest
    from vesicle.pipeline.follow import Change


@click.command(short_help="Look for new papers, and again at those that were kept.")
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Read an update file of PubMed (.xml or .xml.gz) instead of asking the sources.",
)
@click.option(
    "--follow-up", is_flag=True, help="Look at kept and published papers now, not only once a week."
)
@click.option("--json", "as_json", is_flag=True, help="Print the account of each source as JSON.")
@click.pass_context
def command(ctx: click.Context, file: Path | None, *, follow_up: bool, as_json: bool) -> None:
    """Ask every source in config.yaml for new papers and put them into the inbox, ranked with reasons.

    Once a week, what was kept or published is looked at again: retractions, concerns, corrections.

    \b
    Example:
      vesicle watch && vesicle inbox
      vesicle watch --from pubmed26n1298.xml.gz
    """
    from dataclasses import asdict

    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json

    app = open_site()
    harvests, changes = (_read(app, file), []) if file else _ask(app, follow_up=follow_up)
    if as_json:
        print_json([asdict(harvest) for harvest in harvests])
    else:
        _show(harvests)
    _warn(harvests, changes)
    if any(one.problem for one in harvests):
        ctx.exit(3)


def _read(app: "App", file: Path) -> "list[Harvest]":
    from vesicle.pipeline.collect import harvest
    from vesicle.pipeline.ingest import FileSource

    with file.open("rb") as stream:
        return [harvest(f"file {file.name}", FileSource(stream), app.collecting())]


def _ask(app: "App", *, follow_up: bool) -> "tuple[list[Harvest], list[Change]]":
    from vesicle.pipeline.collect import collect
    from vesicle.pipeline.follow import follow, followed, is_due, untold

    desk = app.collecting()
    harvests = list(collect(app.sources, desk))
    pmids = followed(desk, app.published_pmids())
    if pmids and app.records and (follow_up or is_due(desk)):
        harvests.append(follow(pmids, app.records, desk, opinion=app.second_opinion))
    return harvests, list(untold(pmids, desk))


def _show(harvests: "Sequence[Harvest]") -> None:
    from vesicle.cli._screen import print_table

    rows = [
        (
            one.source,
            str(one.found),
            str(one.fetched),
            ", ".join(one.missing) or "none",
            str(one.new),
            str(one.changed),
            str(len(one.deleted)),
            one.problem or "complete",
        )
        for one in harvests
    ]
    print_table(("source", "found", "fetched", "missing", "new", "changed", "deleted", "outcome"), rows)


def _warn(harvests: "Sequence[Harvest]", changes: "Sequence[Change]") -> None:
    for harvest in harvests:
        for warning in harvest.warnings:
            click.echo(
                f"{click.style('warning', fg='yellow', bold=True)}  {harvest.source}: {warning}", err=True
            )
    for change in changes:
        paper = change.candidate.paper
        label = click.style(change.standing.value, fg="red", bold=True)
        click.echo(f"{label}  PMID {paper.pmid}: {paper.title}", err=True)
