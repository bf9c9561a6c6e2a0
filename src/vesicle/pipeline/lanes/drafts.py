"""Tells the editor of issues that wait for their word, as soon as there is something to say."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.issue import Issue, IssueStatus, Newsletter
from vesicle.model.word import Cause, Word
from vesicle.pipeline import words
from vesicle.pipeline.prepare import Prepared
from vesicle.ports import Words
from vesicle.schedule.due import first_moment

_AHEAD = timedelta(days=7)
_EVERY = timedelta(days=1)


class Drafts:
    """Looks at issues that are due within a week whenever the files change, and each day."""

    def __init__(self, newsletters: Mapping[str, Newsletter], told: Words) -> None:
        self._newsletters = newsletters
        self._words = told
        self._seen: Content | None = None
        self._at: datetime | None = None

    def look(
        self,
        content: Content,
        prepared: Callable[[Issue], Prepared],
        *,
        zones: Callable[[Newsletter], Collection[str]],
        frozen: Callable[[Issue], bool],
        now: datetime,
    ) -> None:
        """Note what there is to tell of issues that were not *frozen* yet."""
        is_early = self._at is not None and abs(now - self._at) < _EVERY
        if content is self._seen and is_early:
            return
        self._seen, self._at = content, now
        found: list[Word] = []
        for issue in content.issues.values():
            newsletter = self._newsletters.get(issue.newsletter)
            if newsletter is None or issue.status is IssueStatus.CANCELLED:
                continue
            due = first_moment(issue, newsletter, zones(newsletter))
            if now < due <= now + _AHEAD and not frozen(issue):
                found.append(self._word(prepared(issue), due))
        self._words.note(found, now=now)

    def _word(self, ready: Prepared, due: datetime) -> Word:
        zone = ready.newsletter.zone
        if ready.held:
            self._words.resolve(Cause.APPROVED, ready.issue.slug)
            return words.draft_ready(ready, due, zone)
        self._words.resolve(Cause.DRAFT, ready.issue.slug)
        return words.was_approved(ready, due, zone)
