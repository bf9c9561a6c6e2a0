"""`vesicle schedule`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from vesicle.app import App
    from vesicle.pipeline.agenda import Appointment


@click.command(short_help="What is due when, what it would do, and what is overdue.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    help="How many days to look ahead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--ics",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write it as a calendar for other programs into this file, - for stdout.",
)
def command(*, days: int, as_json: bool, ics: Path | None) -> None:
    """Show every slot of `vesicle run` in local time and in UTC, and what would be done at it.

    Issues, posts, sources: what is overdue comes first, with what stands in its way. Put the file of --ics
    where others can fetch it, and write it anew from cron: programs that subscribe to it follow.

    \b
    Example:
      vesicle schedule --days 30
      vesicle schedule --ics public/vesicle.ics
    """
    from datetime import timedelta

    from vesicle.app.agenda import agenda_of
    from vesicle.cli._opening import open_site
    from vesicle.cli._screen import print_json
    from vesicle.model.slot import Job

    app = open_site()
    now = app.clock()
    found = agenda_of(app, until=now + timedelta(days=days))
    if as_json:
        print_json([_as_data(one) for one in found])
        return
    for_people = [one for one in found if one.job is not Job.TIDY]
    if ics is not None:
        _write(app, for_people, ics, now)
    else:
        _show(for_people, days)


def _as_data(one: "Appointment") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one), "due": one.due.isoformat(), "local": _local(one).isoformat()}


def _local(one: "Appointment") -> "datetime":
    from zoneinfo import ZoneInfo

    return one.due.astimezone(ZoneInfo(one.zone))


def _show(found: "list[Appointment]", days: int) -> None:
    from vesicle.cli._screen import print_table

    if not found:
        click.echo(f"Nothing is due within {days} days.")
        return
    rows = [
        (
            f"{_local(one):%a %d %b %Y %H:%M}",
            one.zone,
            f"{one.due:%d %b %H:%M}",
            one.about or "the site",
            f"{one.what}{f' {one.slug}' if one.slug else ''}",
            "; ".join(word for word in (one.state if one.is_overdue else "", one.note) if word),
        )
        for one in found
    ]
    print_table(("local time", "zone", "UTC", "for", "what", "note"), rows)


def _write(app: "App", found: "list[Appointment]", to: Path, now: "datetime") -> None:
    from urllib.parse import urlsplit

    from vesicle.store.files import replace_text
    from vesicle.text.icalendar import Entry, calendar_file

    host = urlsplit(app.settings.site.url).hostname
    entries = [
        Entry(
            uid=f"{one.name.replace('/', '-')}-{one.due:%Y%m%dT%H%M%SZ}@{host}",
            at=one.due,
            title=f"{one.about or app.settings.site.name}: {one.what}",
            text="\n".join(part for part in (one.slug, one.state, one.note) if part),
        )
        for one in found
    ]
    written = calendar_file(app.settings.site.name, entries, now=now).decode()
    if str(to) == "-":
        click.echo(written, nl=False)
    else:
        replace_text(to.resolve(), written)
        click.echo(f"Wrote {to} with {len(entries)} appointments.")
