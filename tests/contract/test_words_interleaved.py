"""Any sequence of noting, resolving and telling, on the database and its double, against a plain account."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from vesicle.model.delivery import Frozen
from vesicle.model.word import Cause, Digest, Pace, Word
from vesicle.ports import Words
from vesicle.store.database import open_database
from vesicle.store.ledger import SqlLedger
from vesicle.store.words import SqlWords
from vesicle.testing import nouns
from vesicle.testing.memory import MemoryLedger, MemoryWords

PACE = Pace(every=timedelta(minutes=30), most_a_day=4)
LEASE = timedelta(hours=9)
Name = tuple[Cause, str]
names = st.tuples(st.sampled_from([Cause.HELD, Cause.DRAFT]), st.sampled_from(["one", "two"]))


def mails(digest: Digest) -> Sequence[Frozen]:
    return [nouns.notice("word", str(digest.number), address="editor@x.example")]


class Interleaved(RuleBasedStateMachine):
    """*so* is what is so at present, *heard* what the editor knows of it, *told* when they heard of each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = open_database(str(Path(self.folder.name, "vesicle.db")))
        tokens = count(1)
        self.ledger = SqlLedger(self.database, random_token=lambda: next(tokens))
        self.double = MemoryLedger()
        self.both: tuple[Words, Words] = (SqlWords(self.database), MemoryWords(self.double))
        self.now = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
        self.so: dict[Name, str] = {}
        self.heard: dict[Name, str] = {}
        self.told: dict[Name, datetime] = {}
        self.sent: list[datetime] = []

    def teardown(self) -> None:
        """When all is quiet, the editor knows what is so, and has got as many mails as were told."""
        try:
            for _ in range(3):
                self.now += timedelta(days=1)
                self.tell()
            assert {name: state for name, state in self.heard.items() if name in self.so} == self.so
            for ledger in (self.ledger, self.double):
                assert len(ledger.take("email", limit=999, now=self.now, lease=LEASE)) == len(self.sent)
        finally:
            self.ledger.close()
            self.database.close()
            self.folder.cleanup()

    @rule(name=names, state=st.sampled_from("ab"))
    def note(self, name: Name, state: str) -> None:
        word = Word(cause=name[0], about=name[1], state=state, text=state)
        is_news = self.so.get(name) != state != self.heard.get(name)
        assert [words.note([word], now=self.now) for words in self.both] == [is_news] * 2
        self.so[name] = state

    @rule(name=names)
    def resolve(self, name: Name) -> None:
        for words in self.both:
            words.resolve(*name)
        if self.so.pop(name, None) is not None:
            self.heard.pop(name, None)

    @rule()
    def tell(self) -> None:
        waiting = {name for name, state in self.so.items() if self.heard.get(name) != state}
        ours, theirs = (words.tell(mails, now=self.now, pace=PACE) for words in self.both)
        assert ours == theirs
        for word in ours:
            name = word.cause, word.about
            assert name in waiting
            assert self.so[name] == word.state != self.heard.get(name)
            assert name not in self.told or self.now - self.told[name] >= PACE.every
            self.heard[name], self.told[name] = word.state, self.now
        self.sent += [self.now] if ours else []
        assert sum(at.date() == self.now.date() for at in self.sent) <= PACE.most_a_day + 1

    @rule(minutes=st.sampled_from([1, 15, 30, 240]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
