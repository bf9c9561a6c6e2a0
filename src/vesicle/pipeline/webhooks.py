"""Take in what mail providers tell."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from vesicle.model.errors import NotFound
from vesicle.pipeline.returned import effect
from vesicle.ports import Clock, Keys, Reports, Returns

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider: how its words are read, and what its signature is verified with."""

    reports: Reports
    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What the providers that a site has set up may tell it."""

    providers: Mapping[str, Provider]
    returns: Returns
    clock: Clock

    def __call__(self, name: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Let what the provider called *name* tells take effect, all of it or nothing.

        Raises NotFound for a provider that is not set up, Forged where it is not theirs, UserError where it
        has not their shape, and TemporaryFailure or DiskFailure where it cannot be written down.
        """
        if name not in self.providers:
            raise NotFound(name)
        provider = self.providers[name]
        # All of it is read before anything counts: a forged end would not undo the beginning.
        events = tuple(provider.reports.events(body, headers, provider.keys))
        noted = self.returns.take(events, effect, is_signed=True, now=self.clock())
        unmatched = sum(not one.is_matched for one in noted)
        if unmatched:
            _log.info("returns.unmatched source=%s events=%d", name, unmatched)
