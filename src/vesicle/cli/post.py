"""`vesicle post`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.content import Content
    from vesicle.model.item import Item
    from vesicle.model.message import Message
    from vesicle.pipeline.send import Report


@click.command(short_help="Publish an item on its channels, each once.")
@click.argument("item", required=False)
@click.option("--channel", "only", multiple=True, help="Only on this channel; can be given more than once.")
@click.option("--lang", help="The language of the item; that of the site where it is not given.")
@click.option("--dry-run", is_flag=True, help="Publish nothing; show what would be asked of each channel.")
@click.option("--card-only", is_flag=True, help="Draw the cards, say where they are, and publish nothing.")
@click.option("--expect", type=int, help="Publish without asking, if it is exactly this many posts.")
@click.option("--again", is_flag=True, help="Also where the item went out before.")
@click.option("--confirm", "confirmed", metavar="NAME", help="Say that you published this post yourself.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print what would be published as JSON; publish nothing."
)
@click.pass_context
def command(ctx: click.Context, /, item: str | None, **given: Any) -> None:  # noqa: ANN401 - the options above
    """Show the posts of ITEM, and publish them after a question. None goes out twice on a channel.

    A post of the item that waits for its slot goes out now as it was approved. A channel by `export` writes a
    folder instead, with a page to copy from; --confirm says afterwards that the post is out.

    \b
    Example:
      vesicle post what-a-secretome-is --dry-run
      vesicle post what-a-secretome-is --channel bluesky --channel mastodon
      vesicle post --confirm by-hand-20261126-091500/what-a-secretome-is/whatsapp
    """
    from vesicle.cli._opening import open_site
    from vesicle.cli._posting import as_data, show
    from vesicle.cli._reports import finish, show_reports
    from vesicle.cli._screen import print_json

    if (item is None) is (given["confirmed"] is None):
        raise click.UsageError("name an ITEM, or a post with --confirm")
    app = open_site()
    if given["confirmed"] is not None:
        _confirm(app, given["confirmed"])
        return
    content = app.content.read()
    chosen = _item(app, content, str(item), given["lang"])
    messages = [app.posting.rendered(chosen, name, content) for name in _channels(app, given["only"])]
    if given["card_only"]:
        _refuse_missing_letters(app, chosen, messages, content)
        _show_cards(app, messages)
        return
    if given["as_json"]:
        print_json([as_data(app, message) for message in messages])
    else:
        show(app, messages, with_calls=given["dry_run"])
    _judge(app, chosen, messages, content)
    if given["dry_run"] or given["as_json"]:
        return
    _ask(ctx, len(messages), given["expect"])
    reports = _publish(app, messages, again=given["again"])
    show_reports(reports)
    finish(ctx, reports)


def _confirm(app: "App", name: str) -> None:
    from vesicle.model.errors import UserError

    if not app.deliveries.settle_published(name, now=app.clock()):
        raise UserError(f"nothing of {name} waits for that", mend="see `vesicle posts` for what does")
    click.echo(f"{name} is published: written down.")


def _item(app: "App", content: "Content", slug: str, lang: str | None) -> "Item":
    from vesicle.model.errors import UserError

    language = lang or app.settings.site.language
    found = content.items.get((slug, language)) or (None if lang else content.item(slug, language, language))
    if found is None:
        broken = [one for one in content.problems if f"/{slug}." in one.where.file]
        if broken:
            raise UserError(broken)
        known = sorted(
            name if one == app.settings.site.language else f"{name} --lang {one}"
            for name, one in content.items
        )
        raise UserError(f"there is no item called '{slug}' in {language}", mend=f"known: {', '.join(known)}")
    return found


def _channels(app: "App", only: Sequence[str]) -> Sequence[str]:
    from vesicle.model.errors import UserError

    known = tuple(app.posting.outlets)
    for name in only:
        if name not in known:
            raise UserError(
                f"no channel of posts called '{name}' in config.yaml",
                mend=f"known: {', '.join(known) or 'none'}",
            )
    return only or known


def _refuse_missing_letters(
    app: "App", item: "Item", messages: "Sequence[Message]", content: "Content"
) -> None:
    """Raise ContentError where a card would lack a character, which the picture itself does not tell."""
    from vesicle.check.post import GLYPH
    from vesicle.model.errors import ContentError

    found = [one for one in app.posting.problems(item, messages, content) if one.code == GLYPH]
    if found:
        raise ContentError(found)


def _show_cards(app: "App", messages: "Sequence[Message]") -> None:
    """Draw the cards and print where they are, each with the channels that it is for."""
    found: dict[str, list[str]] = {}
    for message in messages:
        for picture in message.pictures:
            if picture.card is not None:
                app.posting.picture(picture.card)
                path = app.posting.cards.path(picture.card).relative_to(app.root)
                frame = picture.card.frame
                words = f"{path}  {frame.width} × {frame.height}"
                found.setdefault(words, []).append(message.channel)
    for words, channels in found.items():
        click.echo(f"{words}  {', '.join(channels)}")


def _judge(app: "App", item: "Item", messages: "Sequence[Message]", content: "Content") -> None:
    """Say what is wrong; raises ContentError where that keeps the posts from going out."""
    from vesicle.cli._screen import show_problems
    from vesicle.model.errors import ContentError
    from vesicle.model.item import Status
    from vesicle.model.problem import Problem

    found = [one for one in content.problems if f"/{item.slug}." in one.where.file]
    found += app.posting.problems(item, messages, content)
    if item.status is not Status.READY:
        text, where = f"the item is {item.status}", item.place("status")
        found.append(Problem(code="post.not-ready", text=text, where=where, mend="write `status: ready`"))
    if any(one.is_error for one in found):
        raise ContentError(found)
    show_problems(found)


def _ask(ctx: click.Context, count: int, expect: int | None) -> None:
    """Let a person say yes, or take their word for how many posts there are."""
    import sys

    from vesicle.cli._screen import counted
    from vesicle.model.errors import UserError

    posts = counted(count, "post")
    if expect is not None:
        if expect != count:
            raise UserError(f"it is {posts}, not {expect}", mend="look at them, then give the right number")
    elif not sys.stdin.isatty():
        click.echo(f"Nothing was published. To publish: the same command with --expect {count}")
        ctx.exit(0)
    elif not click.confirm(f"Publish {posts}?"):
        ctx.exit(0)


def _publish(app: "App", messages: "Sequence[Message]", *, again: bool) -> "list[Report]":
    """Publish, or leave it to `vesicle run`, where that is running here."""
    from vesicle.app.running import posts
    from vesicle.model.errors import Busy, UserError
    from vesicle.pipeline.publish import owe, publish
    from vesicle.queue.lock import sole_publisher
    from vesicle.queue.stopping import stop_when_asked

    if app.is_rehearsal:
        mend = "take `redirect_all` out of `channels email`"
        raise UserError("in a rehearsal no post goes out", mend=mend)
    with sole_publisher(app.database_path):
        try:
            with stop_when_asked() as stop, app.sending(stop=stop) as dispatch:
                return publish(messages, dispatch, posts(app), again=again)
        except Busy:
            with app.beside() as dispatch:
                return owe(messages, dispatch, posts(app), again=again)
