"""What is done beside sending, between two mails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vesicle.model.errors import ContentError
from vesicle.pipeline.answer import Clerk, answer
from vesicle.pipeline.notices import Notices
from vesicle.pipeline.send import nothing
from vesicle.ports import Clock, Readers
from vesicle.queue.randomness import random_id
from vesicle.settings import PagesSettings

if TYPE_CHECKING:
    from vesicle.app import App

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Errands:
    """Answers what readers asked for, and tells the editor what there is to tell.

    Broken templates of notices are logged, and keep no issue back.
    """

    readers: Readers
    clerk: Clerk
    tell: Callable[[], object]
    stopping: Callable[[], bool]
    _told: str = field(default="", init=False)

    def __call__(self) -> None:
        """Do what is to be done now; raises DiskFailure and TemporaryFailure of the database."""
        self.tell()
        self._answer()

    def _answer(self) -> None:
        try:
            settled = answer(self.readers, self.clerk, stopping=self.stopping)
        except ContentError as error:
            if str(error) != self._told:
                _log.error("readers.unanswered error=%s", error)
            self._told = str(error)
            return
        self._told = ""
        for limit, number in settled.refusals.items():
            _log.warning("readers.refused limit=%s asks=%d", limit, number)


def clerk(notices: Notices, pages: PagesSettings, clock: Clock) -> Clerk:
    """Give who answers the pages, within their limits."""
    return Clerk(
        notices=notices,
        new_id=random_id,
        clock=clock,
        per_network=pages.mails_per_network,
        per_domain=pages.mails_per_domain,
    )


def errands(app: "App", *, stopping: Callable[[], bool]) -> Callable[[], None]:
    """Give the errands of the site of *app*: without a newsletter, nothing."""
    if not app.newsletters:
        return nothing
    return Errands(
        readers=app.readers,
        clerk=clerk(app.notices, app.settings.pages, app.clock),
        tell=app.telling.tell,
        stopping=stopping,
    )
