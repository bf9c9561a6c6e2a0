"""Shows what would be published, channel by channel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from vesicle.model.errors import UserError
from vesicle.model.limits import Limits
from vesicle.model.message import Message

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.call import Call


def _measured(text: str, limits: Limits) -> str:
    """Say how long a text is, in red where that is too long."""
    from vesicle.text.fitting import fits, measured

    return click.style(measured(text, limits.lengths), fg=None if fits(text, limits.lengths) else "red")


def show(app: "App", messages: Sequence[Message], *, with_calls: bool) -> None:
    """Print each post as it would go out: its texts, their lengths, its card, and what would be asked."""
    for message in messages:
        limits = app.posting.outlets[message.channel].limits
        price = f"  {click.style(limits.price, dim=True)}" if limits.price else ""
        click.echo(f"{click.style(message.channel, bold=True)}{price}")
        for number, text in enumerate(message.texts, start=1):
            part = f"part {number} of {len(message.texts)}, " if message.parts else ""
            click.echo(f"  {part}{_measured(text, limits)}")
            click.echo(_indented(text, "    "))
        for picture in message.pictures:
            if picture.card is not None:
                app.posting.picture(picture.card)
                frame = picture.card.frame
                path = app.posting.cards.path(picture.card).relative_to(app.root)
                click.echo(f"  card  {path}, {frame.width} × {frame.height}")
                click.echo(_indented(picture.alt or "", "        ").replace("      ", "  alt ", 1))
        for call in calls(app, message) if with_calls else ():
            click.echo(_indented(call, "  "))
        click.echo()


def calls(app: "App", message: Message) -> Iterator[str]:
    """Yield the requests that would publish *message*, or say why they cannot be shown."""
    from vesicle.ports import Rehearsing

    try:
        channel = app.posting.opened(message.channel)
    except UserError as error:
        yield f"its request cannot be shown: {error.problems[0].text}"
        return
    if isinstance(channel, Rehearsing):
        for call in channel.rehearse(message):
            yield f"{call.method} {call.url}\n{_indented(call.body, '  ')}".rstrip()


def as_data(app: "App", message: Message) -> Mapping[str, object]:
    """Give what `show` prints as plain data."""
    from vesicle.text.counting import count

    limits = app.posting.outlets[message.channel].limits
    lengths = [
        [{"unit": one.unit, "count": count(text, one.unit), "most": one.most} for one in limits.lengths]
        for text in message.texts
    ]
    pictures = [
        {"card": str(app.posting.cards.path(one.card)), "alt": one.alt, **asdict(one.card.frame)}
        for one in message.pictures
        if one.card is not None
    ]
    return {
        "channel": message.channel,
        "texts": list(message.texts),
        "lengths": lengths,
        "pictures": pictures,
        "links": [asdict(one) for one in message.links],
        "price": limits.price,
        "requests": list(calls(app, message)),
    }


def _indented(text: "str | Call", blank: str) -> str:
    return "\n".join(f"{blank}{line}".rstrip() for line in str(text).splitlines())
