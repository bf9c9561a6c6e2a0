"""What one site tells its editor by mail."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vesicle.model.delivery import Frozen
from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.word import Digest, Pace
from vesicle.pipeline.digest import digest_mails
from vesicle.ports import Clock, Words
from vesicle.settings.editor import EditorSettings

if TYPE_CHECKING:
    from vesicle.app import App

_log = logging.getLogger(__name__)


class Telling:
    """Tells the editor what is noted in *words*, by mails in the name of *newsletter*.

    A broken template is logged, and what was to be told waits until it is mended.
    """

    def __init__(
        self,
        words: Words,
        settings: EditorSettings,
        *,
        newsletter: Newsletter,
        templates: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self.words = words
        self._addresses = settings.mailboxes()
        self._pace = Pace(every=timedelta(minutes=settings.digest_minutes), most_a_day=settings.most_a_day)
        self._newsletter = newsletter
        self._templates = templates
        self._clock = clock
        self._failed: datetime | None = None

    def tell(self) -> int:
        """Let the editor be owed what is due; give how many words that tells.

        It is asked for each second, and costs one query where nothing is new. Raises DiskFailure and
        TemporaryFailure of the database.
        """
        now = self._clock()
        # Templates do not mend themselves: trying each second would do nothing but render.
        if self._failed is not None and abs(now - self._failed) < self._pace.every:
            return 0
        try:
            told = self.words.tell(self._mails, now=now, pace=self._pace)
        except ContentError as error:
            self._failed = now
            _log.error("editor.untold error=%s", error)
            return 0
        self._failed = None
        for word in told:
            _log.info("editor.told cause=%s about=%s mails=%d", word.cause, word.about, len(self._addresses))
        return len(told)

    def _mails(self, digest: Digest) -> list[Frozen]:
        return digest_mails(
            digest, addresses=self._addresses, newsletter=self._newsletter, templates=self._templates()
        )


def telling(app: "App") -> Telling:
    """Give who tells the editor of the site of *app*; raises UserError where it has no newsletter."""
    from vesicle.store.words import SqlWords  # noqa: PLC0415 - as for the database

    return Telling(
        SqlWords(app.bound_database),
        app.settings.editor,
        newsletter=app.settings.desk(),
        templates=lambda: app.templates,
        clock=app.clock,
    )
