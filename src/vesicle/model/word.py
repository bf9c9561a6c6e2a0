"""What the editor is told by mail: words, and when they go out together as a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Why the editor is told something, what matters most first."""

    RETRACTED = "retracted"
    RATE = "rate"
    HELD = "held"
    MISSED = "missed"
    CONTENT = "content"
    SOURCE = "source"
    CLOCK = "clock"
    SKIPPED = "skipped"
    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"

    @property
    def is_urgent(self) -> bool:
        """Tell whether it goes out at once, instead of being gathered with others."""
        return self in (Cause.RETRACTED, Cause.RATE, Cause.HELD)


WEIGHT = {cause: place for place, cause in enumerate(Cause)}
"""The place of each cause in a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that the editor is told.

    *about* names what it is about for the program (slug of an issue, name of a source, PMID), *title* for
    people, where that is another. With the same *state* the same cause about the same thing is told once;
    with another one, again. *text* says what is so, *mend* what to do, with commands between backticks,
    empty where nothing is. *facts* are names with their values, *lines* a list, *preview* is plain text.
    """

    cause: Cause
    about: str
    state: str
    text: str
    mend: str = ""
    title: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    preview: str = ""

    @property
    def name(self) -> str:
        """Give what it is about, for people."""
        return self.title or self.about


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A word that is to be told, and when (UTC) the editor last heard of the same; None for never."""

    word: Word
    heard: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one mail tells, the most important first; *number* is never used again.

    Where the mail is the last for some time, *quiet_until* (UTC) says until when.
    """

    number: int
    words: tuple[Word, ...]
    quiet_until: datetime | None = None


DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the editor is written to.

    What is not urgent waits until the last digest is *every* old (at most a day), and nothing is told of the
    same thing before that. After *most_a_day* digests on one day (UTC) one more tells what is urgent.
    """

    every: timedelta = timedelta(minutes=30)
    most_a_day: int = 24

    def digest(
        self, waiting: Sequence[Waiting], sent: Sequence[datetime], *, number: int, now: datetime
    ) -> Digest | None:
        """Give the digest *number* that is due of what is *waiting*, after those *sent*; None for none."""
        ready = [one.word for one in waiting if not self._is_early(one.heard, now)]
        urgent = [word for word in ready if word.cause.is_urgent]
        # A clock that was put back makes nobody wait for it: what lies in the future does not count.
        today = sum(at <= now and at.date() == now.date() for at in sent)
        if today >= self.most_a_day:
            is_last = today == self.most_a_day and urgent
            return (
                Digest(number=number, words=_ordered(urgent), quiet_until=_midnight(now)) if is_last else None
            )
        is_due = urgent or not any(self._is_early(at, now) for at in sent)
        return Digest(number=number, words=_ordered(ready)) if ready and is_due else None

    def _is_early(self, heard: datetime | None, now: datetime) -> bool:
        return heard is not None and now - self.every < heard <= now


def _ordered(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(sorted(words, key=lambda word: WEIGHT[word.cause]))


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
