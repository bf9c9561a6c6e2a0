"""Prints what became of issues and posts."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vesicle.cli._screen import print_table, tally_words
from vesicle.model.delivery import State

if TYPE_CHECKING:
    from vesicle.model.delivery import Tally
    from vesicle.pipeline.send import Report


def describe(tally: "Tally") -> str:
    """Say how many are in each state: `1200 sent, 4 failed`."""
    return tally_words({state.value: number for state, number in tally.counts.items()})


def as_rows(reports: Sequence["Report"]) -> list[tuple[str, str, str]]:
    """Give a row for each issue and channel, its posts counted together: what, where, how it went."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    words: dict[tuple[str, str], dict[str, None]] = {}
    for report in reports:
        name = report.slug.partition("/")[0], report.channel
        states = report.tally.counts if report.tally else {}
        counts.setdefault(name, Counter()).update({state.value: number for state, number in states.items()})
        said = [f"{report.notices} handed over"] if report.notices else []
        said += [words for words in (report.said, report.held, _of_unknown(report)) if words]
        words.setdefault(name, {}).update(dict.fromkeys(said))
    return [
        (*name, "; ".join(([tally_words(states)] if states or not words[name] else []) + list(words[name])))
        for name, states in counts.items()
    ]


def _of_unknown(report: "Report") -> str:
    """Say where to look for posts that wait for a person, or of which nobody knows."""
    is_post = "/" in report.slug
    return "see `vesicle posts`" if is_post and report.tally and report.tally[State.UNKNOWN] else ""


def show_reports(reports: Sequence["Report"]) -> None:
    """Print the reports as a table, or that there was nothing to do."""
    if reports:
        print_table(("what", "channel", "outcome"), as_rows(reports))
    else:
        click.echo("Nothing is due.")


def finish(ctx: click.Context, reports: Sequence["Report"]) -> None:
    """Leave with 3 when a channel failed, with 1 when an issue was held."""
    if any(report.has_failed for report in reports):
        ctx.exit(3)
    if any(report.held for report in reports):
        ctx.exit(1)
