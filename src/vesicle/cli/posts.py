"""`vesicle posts`."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.ports import WaitingPost


@click.group(short_help="The posts that wait for a slot of their channel.", invoke_without_command=True)
@click.option("--channel", "only", help="Only those of this channel.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def command(ctx: click.Context, *, only: str | None, as_json: bool) -> None:
    """Show what waits on channels that have slots (`when` in config.yaml), the next to go out first.

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


def _open() -> "App":
    from vesicle.cli._opening import open_site

    return open_site()


def _zone(app: "App", channel: str) -> str:
    settings = app.settings.channels.get(channel)
    return (settings.zone if settings else None) or app.settings.site.zone


def _show(app: "App", *, only: str | None, as_json: bool) -> None:
    from vesicle.app.running import posts
    from vesicle.app.timetables import with_slots
    from vesicle.cli._screen import print_json, print_table
    from vesicle.model.errors import UserError

    channels = sorted(with_slots(app.settings))
    if only is not None and only not in channels:
        known = ", ".join(channels) or "none: give one `when` in config.yaml"
        raise UserError(f"the channel '{only}' has no slots", mend=f"with slots: {known}")
    found = [post for name in channels if only in (None, name) for post in posts(app).waiting(name)]
    if as_json:
        print_json([_as_data(app, post) for post in found])
    elif found:
        rows = [(one["channel"], one["post"], one["goes out"], one["text"]) for one in _rows(app, found)]
        print_table(("channel", "post", "goes out", "text"), rows)
    else:
        click.echo("No post waits." if channels else "No channel has slots: posts go out with their issue.")


def _rows(app: "App", found: "list[WaitingPost]") -> list[dict[str, str]]:
    return [
        {
            "channel": one.channel,
            "post": one.slug,
            "goes out": str(_as_data(app, one)["goes_out"]),
            "text": one.text.partition("\n")[0],
        }
        for one in found
    ]


def _as_data(app: "App", post: "WaitingPost") -> dict[str, object]:
    from zoneinfo import ZoneInfo

    zone = _zone(app, post.channel)
    pinned = f"{post.pinned.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}" if post.pinned else ""
    words = "held" if post.is_held else pinned or "in its turn"
    return {"channel": post.channel, "post": post.slug, "goes_out": words, "text": post.text}
