"""What comes back to one site: mailboxes that are read, providers that tell."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from vesicle.mailbox import close
from vesicle.net.keys import ProviderKeys
from vesicle.pipeline.returned import effect
from vesicle.pipeline.returns import Collected, Collecting, collect
from vesicle.pipeline.webhooks import Provider, Webhooks
from vesicle.ports import Mailbox, Returns, never
from vesicle.registry import Plugin

if TYPE_CHECKING:
    from vesicle.app import App


class Returning:
    """What comes back to the site of *app*."""

    def __init__(self, app: "App") -> None:
        self._app = app

    @cached_property
    def returns(self) -> Returns:
        """Give what came back, as it is kept."""
        from vesicle.store.returns import SqlReturns  # noqa: PLC0415 - as for the database

        app = self._app
        return SqlReturns(app.bound_database, key=app.key, most=app.settings.returns.rates())

    @cached_property
    def mailboxes(self) -> Mapping[str, Mailbox]:
        """Give the mailboxes by name; nothing is connected yet."""
        found = self._app.plugins("mailbox", self._app.settings.returns.mailboxes)
        return {name: plugin.make(plugin.options, folder=self._app.root) for name, plugin in found}

    def webhooks(self) -> Webhooks:
        """Give what providers may tell."""
        found = self._app.plugins("learn", self._app.settings.webhooks)
        providers = {name: self._provider(plugin) for name, plugin in found}
        return Webhooks(providers=providers, returns=self.returns, clock=self._app.clock)

    def collect(self, *, stopping: Callable[[], bool] = never) -> list[Collected]:
        """Read every mailbox, and let what failed while it was sent take effect as well."""
        from vesicle.learn.mail import read  # noqa: PLC0415 - most commands read no mail

        self.returns.take_refusals(effect, now=self._app.clock())
        collecting = Collecting(returns=self.returns, read=read, clock=self._app.clock, stopping=stopping)
        try:
            return collect(self.mailboxes, collecting)
        finally:
            close(self.mailboxes.values())

    def _provider(self, plugin: Plugin) -> Provider:
        keys = ProviderKeys(plugin.options, self._app.outside.certificate)
        return Provider(reports=plugin.make(plugin.options), keys=keys)
