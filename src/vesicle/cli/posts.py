"""`vesicle posts`."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vesicle.app import App
    from vesicle.ports import WaitingPost


@click.group(short_help="The posts that wait: for a slot, or for a person.", invoke_without_command=True)
@click.option("--channel", "only", help="Only those of this channel.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def command(ctx: click.Context, *, only: str | None, as_json: bool) -> None:
    """Show what waits, on each channel the next to go out first, and what nobody knows of.

    On a channel with slots (`when` in config.yaml) posts go out one by one, else with their issue. Those by
    `export` wait for a person, who publishes them and says so by `vesicle post --confirm`.

    A post is named ISSUE/ITEM/CHANNEL; `vesicle hold`, `resume` and `cancel` take that name too.

    \b
    Example:
      vesicle posts
      vesicle posts pin 2026-11-26-conditioned-media/what-a-secretome-is/bluesky --at "2026-12-01 10:00"
      vesicle posts move 2026-11-26-conditioned-media/what-a-secretome-is/bluesky --last
    """
    if ctx.invoked_subcommand is None:
        _show(_open(), only=only, as_json=as_json)


@command.command(short_help="Let a post go out at a certain time.")
@click.argument("post")
@click.option("--at", type=click.DateTime(["%Y-%m-%d %H:%M"]), help="Local time in the channel's zone.")
@click.option("--none", "is_free", is_flag=True, help="Let it go out in its turn again.")
def pin(post: str, *, at: datetime | None, is_free: bool) -> None:
    """Let POST go out at a certain time instead of its turn.

    \b
    Example:
      vesicle posts pin 2026-11-26-conditioned-media/what-a-secretome-is/bluesky --at "2026-12-01 10:00"
    """
    from vesicle.app.running import posts
    from vesicle.model.errors import UserError
    from vesicle.schedule.calendar import moment

    app = _open()
    if (at is None) is not is_free:
        raise UserError("say when it goes out", mend='write --at "2026-12-01 10:00", or --none for its turn')
    zone = _zone(app, post.rpartition("/")[2])
    due = moment(at, zone) if at else None
    if due is not None and due <= app.clock():
        raise UserError(f"{at:%Y-%m-%d %H:%M} in {zone} has passed", mend="give a time to come")
    posts(app).pin(post, due)
    click.echo(f"{post} goes out at {at:%Y-%m-%d %H:%M} ({zone})." if at else f"{post} waits for its turn.")


@command.command(short_help="Change the turn of a post.")
@click.argument("post")
@click.option("--before", help="The post that it goes out before.")
@click.option("--last", "is_last", is_flag=True, help="Let it go out after all that wait now.")
def move(post: str, *, before: str | None, is_last: bool) -> None:
    """Let POST go out before another one, or after all others of its channel.

    \b
    Example:
      vesicle posts move 2026-11-26-conditioned-media/what-a-secretome-is/bluesky --last
    """
    from vesicle.app.running import posts
    from vesicle.model.errors import UserError

    app = _open()
    if (before is None) is not is_last:
        raise UserError("say where it goes", mend="write --before POST, or --last")
    posts(app).move(post, before=before)
    _show(app, only=post.rpartition("/")[2], as_json=False)


@command.command(short_help="The posts that went out, and how they were taken.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Of so many days.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def out(*, days: int, as_json: bool) -> None:
    """Show the posts of the last days with what their channels tell of them at no cost.

    `vesicle run` asks Bluesky and Mastodon once a day, for a month after a post went out.

    \b
    Example:
      vesicle posts out --days 7
    """
    from dataclasses import asdict
    from datetime import timedelta

    from vesicle.app.running import posts
    from vesicle.cli._screen import print_json, print_table
    from vesicle.model.reactions import Reactions

    app = _open()
    found = posts(app).published(since=app.clock() - timedelta(days=days))
    rows = [
        {"at": f"{one.at:%Y-%m-%d %H:%M} UTC", "channel": one.channel, "post": one.slug}
        | {"where": one.receipt.url or one.receipt.remote}
        | asdict(one.reactions or Reactions())
        for one in found
    ]
    if as_json:
        print_json(rows)
    elif rows:
        table = [["" if value is None else str(value) for value in row.values()] for row in rows]
        print_table(tuple(rows[0]), table)
    else:
        click.echo("No post went out.")


def _open() -> "App":
    from vesicle.cli._opening import open_site

    return open_site()


def _zone(app: "App", channel: str) -> str:
    settings = app.settings.channels.get(channel)
    return (settings.zone if settings else None) or app.settings.site.zone


def _show(app: "App", *, only: str | None, as_json: bool) -> None:
    from vesicle.cli._screen import print_json, print_table
    from vesicle.model.errors import UserError

    channels = tuple(app.posting.outlets)
    if only is not None and only not in channels:
        raise UserError(
            f"no channel of posts called '{only}' in config.yaml", mend=f"known: {_named(channels)}"
        )
    found = list(_rows(app, [name for name in channels if only in (None, name)]))
    if as_json:
        print_json(found)
    elif found:
        rows = [
            (one["channel"], one["post"], one["goes_out"], one["text"].partition("\n")[0]) for one in found
        ]
        print_table(("channel", "post", "goes out", "text"), rows)
    else:
        click.echo("No post waits.")


def _named(names: "Sequence[str]") -> str:
    return ", ".join(names) or "none"


def _rows(app: "App", channels: "Sequence[str]") -> "Iterator[dict[str, str]]":
    from vesicle.app.running import posts

    shelf = posts(app)
    for channel in channels:
        for post in shelf.waiting(channel):
            words = _when(app, post)
            yield {"channel": channel, "post": post.slug, "goes_out": words, "text": post.text}
    for one in shelf.unknown():
        if one.channel in channels:
            yield {"channel": one.channel, "post": one.slug, "goes_out": "unknown", "text": one.why}


def _when(app: "App", post: "WaitingPost") -> str:
    """Say when a post goes out, in the time of its channel."""
    from zoneinfo import ZoneInfo

    from vesicle.app.timetables import with_slots

    if post.is_held:
        return "held"
    zone = _zone(app, post.channel)
    if post.pinned:
        return f"{post.pinned.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    return "in its turn" if post.channel in with_slots(app.settings) else "with its issue: `vesicle send`"
