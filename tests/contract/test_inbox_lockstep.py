"""Any sequence of stores, deletions and decisions, on the database and its double."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.contract.conftest import alike

from vesicle.model.errors import UserError
from vesicle.model.paper import (
    CandidateState,
    Correction,
    Judgement,
    Link,
    Paper,
    Passage,
    Relation,
    Standing,
    Stored,
)
from vesicle.ports import Entry, Inbox
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.testing.memory import MemoryInbox

PMIDS = ("1", "2", "3")
DOIS = ("10.1/a", "10.1/A", "10.1/b")
NAMES = (*PMIDS, *DOIS, "feed:1", "feed:2", "pubmed:1", "pubmed:2")

PAPERS = st.builds(
    Paper,
    source=st.sampled_from(["pubmed", "feed"]),
    id=st.sampled_from(["1", "2"]),
    title=st.sampled_from(["Moss heals the skin of mice", "Dust heals the skin of mice", "A letter"]),
    url=st.just("https://example.org"),
    pmid=st.sampled_from(["", *PMIDS]),
    doi=st.sampled_from(["", *DOIS]),
    abstract=st.sampled_from([(), (Passage(text="Nine donors."),)]),
    mesh=st.sampled_from([(), ("Humans",)]),
    corrections=st.sampled_from([(), (Correction(kind="UpdateOf", pmid="2"),)]),
    version=st.sampled_from([1, 2]),
)
JUDGEMENTS = st.builds(
    Judgement,
    score=st.sampled_from([-1.0, 0.5, 2.0]),
    reasons=st.just(()),
    standing=st.sampled_from([Standing.RETRACTED, Standing.CONCERN, Standing.SOUND]),
    is_preprint=st.booleans(),
)
LINKS = st.sampled_from([(), (Link(relation=Relation.ABOUT, to="pmid:3"),)])
ENTRIES = st.lists(st.builds(Entry, paper=PAPERS, judgement=JUDGEMENTS, links=LINKS), max_size=5)


class Lockstep(RuleBasedStateMachine):
    """Two inboxes to which the same happens."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = open_database(str(Path(self.folder.name, "vesicle.db")))
        self.inbox: Inbox = SqlInbox(self.database)
        self.double: Inbox = MemoryInbox()
        self.now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
        self.pmids: set[str] = set()

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(entries=ENTRIES)
    def store(self, entries: Sequence[Entry]) -> None:
        before = len(self.inbox.candidates())
        stored = self.inbox.store(entries, now=self.now)
        assert stored == self.double.store(entries, now=self.now)
        assert stored.changed <= before
        self.pmids |= {entry.paper.pmid for entry in entries if entry.paper.pmid}
        self.now += timedelta(minutes=1)

    @rule(entry=st.builds(Entry, paper=PAPERS, judgement=JUDGEMENTS, links=LINKS))
    def store_twice(self, entry: Entry) -> None:
        self.store([entry])
        assert self.inbox.store([entry], now=self.now) == Stored(new=0, changed=0)

    @rule(pmids=st.lists(st.sampled_from(PMIDS), max_size=3))
    def delete(self, pmids: Sequence[str]) -> None:
        deleted = self.inbox.delete(pmids, now=self.now)
        assert deleted == self.double.delete(pmids, now=self.now)
        assert self.inbox.delete(pmids, now=self.now) == 0

    @rule(
        name=st.sampled_from(NAMES), state=st.sampled_from(CandidateState), because=st.sampled_from(["", "b"])
    )
    def decide(self, name: str, state: CandidateState, because: str) -> None:
        is_there = self.inbox.find(name) is not None
        for inbox in (self.inbox, self.double):
            try:
                inbox.decide(name, state, because=because, now=self.now)
                assert is_there
            except UserError:
                assert not is_there
        self.now += timedelta(minutes=1)

    @rule(name=st.sampled_from(NAMES), standing=st.sampled_from(Standing))
    def flag(self, name: str, standing: Standing) -> None:
        if self.inbox.find(name):
            assert self.inbox.flag(name, standing, now=self.now) == self.double.flag(
                name, standing, now=self.now
            )

    @rule(paper=PAPERS)
    def ask_for_the_alike(self, paper: Paper) -> None:
        assert alike(self.inbox, paper) == alike(self.double, paper)

    @invariant()
    def agree(self) -> None:
        assert self.inbox.candidates() == self.double.candidates()
        for state in CandidateState:
            assert self.inbox.candidates(state) == self.double.candidates(state)
        assert [self.inbox.find(name) for name in NAMES] == [self.double.find(name) for name in NAMES]

    @invariant()
    def every_pmid_ever_stored_is_one_candidate(self) -> None:
        found = [one.paper.pmid for one in self.inbox.candidates() if one.paper.pmid]
        assert sorted(found) == sorted(self.pmids)


TestLockstep = Lockstep.TestCase
TestLockstep.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
