"""What the editor is to be told, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vesicle.model.word import WEIGHT, Cause, Pace, Waiting, Word
from vesicle.ports import Writer
from vesicle.testing.memory.ledger import MemoryLedger


@dataclass(slots=True, kw_only=True)
class _Kept:
    word: Word | None
    told: str | None = None
    heard: datetime | None = None

    @property
    def is_untold(self) -> bool:
        return self.word is not None and self.word.state != self.told


class MemoryWords:
    """A `ports.Words` in memory, whose mails *ledger* owes."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._kept: dict[tuple[Cause, str], _Kept] = {}
        self._sent: list[datetime] = []

    def note(self, words: Iterable[Word], *, now: datetime) -> int:
        """Note what is so; return how many of *words* are news."""
        return sum([self._note(word) for word in words])

    def resolve(self, cause: Cause, about: str) -> None:
        """Note that it is no longer so; if it comes back, it is news."""
        if kept := self._kept.get((cause, about)):
            kept.word, kept.told = None, None

    def untold(self) -> Sequence[Word]:
        """Give what waits to be told, the most important first."""
        return sorted((one.word for one in self._waiting()), key=lambda word: WEIGHT[word.cause])

    def tell(self, writer: Writer, *, now: datetime, pace: Pace) -> Sequence[Word]:
        """Freeze the mails of the digest that is due, and give what it tells."""
        digest = pace.digest(self._waiting(), self._sent, number=len(self._sent) + 1, now=now)
        if digest is None:
            return ()
        mails = writer(digest)
        for mail in mails:
            self._ledger.freeze(mail, None)
        self._sent += [now] if mails else []
        for word in digest.words:
            kept = self._kept[word.cause, word.about]
            kept.told, kept.heard = word.state, now
        return digest.words

    def _note(self, word: Word) -> bool:
        kept = self._kept.setdefault((word.cause, word.about), _Kept(word=None))
        is_known = kept.word is not None and kept.word.state == word.state
        if not is_known:
            kept.word = word
        return not is_known and kept.is_untold

    def _waiting(self) -> list[Waiting]:
        kept = self._kept.values()
        return [Waiting(word=one.word, heard=one.heard) for one in kept if one.word and one.is_untold]
