"""Prints what became of issues and posts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vesicle.cli._screen import print_table, tally_words

if TYPE_CHECKING:
    from vesicle.pipeline.send import Report


def as_rows(reports: Sequence["Report"]) -> list[tuple[str, str, str]]:
    """Give a row for each report: what, where, how it went."""
    rows = []
    for report in reports:
        counts = (
            {state.value: number for state, number in report.tally.counts.items()} if report.tally else {}
        )
        words = [tally_words(counts)] if report.tally else []
        rows.append(
            (report.slug, report.channel, "; ".join([*words, *([report.held] if report.held else [])]))
        )
    return rows


def show_reports(reports: Sequence["Report"]) -> None:
    """Print the reports as a table, or that there was nothing to do."""
    if reports:
        print_table(("what", "channel", "outcome"), as_rows(reports))
    else:
        click.echo("Nothing is due.")


def finish(ctx: click.Context, reports: Sequence["Report"]) -> None:
    """Leave with 3 when a channel failed, with 1 when an issue was held."""
    if any(report.held and report.tally for report in reports):
        ctx.exit(3)
    if any(report.held for report in reports):
        ctx.exit(1)
