"""What posts need of a site: the limits of its channels, their pictures, and the desk of a channel."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from vesicle.model.content import Content
from vesicle.model.item import Item
from vesicle.model.limits import Limits, Outlet
from vesicle.model.message import Card, Message
from vesicle.model.problem import Problem
from vesicle.pipeline.prepare import papers_of
from vesicle.pipeline.send import EMAIL
from vesicle.ports import Case, Channel, Desk
from vesicle.queue.clock import wait
from vesicle.settings.outlets import facts, outlet

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.render.social import Press
    from vesicle.render.typesetting import Typesetter
    from vesicle.store.cards import Cards

TOKENS = ".vesicle/tokens"
CARDS = ".vesicle/cards"


class Posting:
    """Posts at one site."""

    def __init__(self, app: "App") -> None:
        self._app = app

    @cached_property
    def outlets(self) -> Mapping[str, Outlet]:
        """Give every channel that posts go to, as they are made for it; raises UserError like `facts`."""
        channels = self._app.settings.channels.items()
        return {
            name: outlet(name, one, self._facts) for name, one in channels if name != EMAIL and one.enabled
        }

    @cached_property
    def _facts(self) -> Mapping[str, Limits]:
        return facts(self._app.templates)

    @cached_property
    def cards(self) -> "Cards":
        """Give the pictures that were drawn already."""
        from vesicle.store.cards import Cards  # noqa: PLC0415 - most commands look at none

        return Cards(self._app.root / CARDS)

    def glyphs(self) -> Collection[int]:
        """Give the characters that cards can show."""
        from vesicle.store import fonts  # noqa: PLC0415 - as above

        return fonts.glyphs()

    def press(self, content: Content) -> "Press":
        """Give what the posts of *content* are made with."""
        from vesicle.render.social import Press  # noqa: PLC0415 - a daemon renders seldom, and it takes memory

        return Press(
            templates=self._app.templates,
            papers=content.papers,
            site_name=self._app.settings.site.name,
            site_url=self._app.settings.site.url,
        )

    def rendered(self, item: Item, channel: str, content: Content) -> Message:
        """Render the post of *item* for *channel*."""
        from vesicle.render.social import post  # noqa: PLC0415 - as above

        return post(item, self.outlets[channel], self.press(content))

    def problems(self, item: Item, messages: Sequence[Message], content: Content) -> list[Problem]:
        """Give what is wrong with posts of *item*, and with the item and the standing of its paper today."""
        app = self._app
        case = Case(
            items=(item,),
            papers=papers_of((item,), content.papers),
            messages=tuple(messages),
            standings=app.standings(content),
            outlets=self.outlets,
            glyphs=self.glyphs() if messages else frozenset(),
        )
        return [problem for check in app.checks for problem in check.check(case)]

    def picture(self, card: Card) -> bytes:
        """Give the picture of *card*, drawn now if it was not before: by a daemon in another process.

        Raises ContentError where it cannot be drawn.
        """
        return self.cards.picture(card, self._drawn)

    def drawn(self, name: str) -> bytes | None:
        """Give the picture of the card called *name*, None where it was not drawn."""
        path = self._app.root / CARDS / name
        return path.read_bytes() if path.is_file() else None

    def opened(self, name: str) -> Channel:
        """Open the channel called *name* alone; raises UserError for its settings, or like `App.key`."""
        settings = {name: self._app.settings.channels[name]}
        ((_, plugin),) = self._app.plugins("deliver", settings)
        opened: Channel = plugin.make(plugin.options, desk=self.desk(name))
        return opened

    def desk(self, name: str) -> Desk:
        """Give what the channel called *name* is opened with; raises UserError like `App.key`."""
        from vesicle.store.meters import SqlMeters  # noqa: PLC0415 - the editor's commands need none
        from vesicle.store.vault import FileVault  # noqa: PLC0415 - as above

        app = self._app
        return Desk(
            name=name,
            folder=str(app.root),
            site_url=app.settings.site.url,
            key=app.key,
            clock=app.clock,
            meters=SqlMeters(app.database),
            vault=FileVault(app.root / TOKENS / f"{name}.json"),
            draw=self.picture,
            wait=wait,
            limits=outlet(name, app.settings.channels[name], self._facts).limits,
            stopping=app.stopping,
        )

    def _drawn(self, card: Card) -> bytes:
        if self._app.chores is not None:
            return self._app.chores.draw(card)
        return self._typesetter.draw(card)

    @cached_property
    def _typesetter(self) -> "Typesetter":
        from vesicle.render.typesetting import Typesetter  # noqa: PLC0415 - what draws takes memory
        from vesicle.store import fonts  # noqa: PLC0415 - as above

        return Typesetter(fonts.paths())
