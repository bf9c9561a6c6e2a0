"""The inbox, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from vesicle.model.errors import UserError
from vesicle.model.paper import Candidate, CandidateState, Cursor, Harvest, Paper, Standing, Stored
from vesicle.ports import Entry, Known
from vesicle.store.merging import Held, Shelf, candidate_name, deleted, mentioned, standing_of
from vesicle.text.identity import title_key

_title_key = lru_cache(maxsize=None)(title_key)


class MemoryInbox:
    """A `ports.Inbox` in memory."""

    def __init__(self) -> None:
        self._shelf = Shelf({}, {}, number=1)
        self._flags: set[tuple[int, Standing]] = set()
        self._cursors: dict[str, Cursor] = {}
        self._harvests: dict[str, Harvest] = {}
        self._succeeded: dict[str, datetime] = {}

    def store(self, entries: Iterable[Entry], *, now: datetime) -> Stored:
        """Store papers, all or none: new ones become candidates, known ones are brought up to date."""
        shelf = self._shelf.copy()
        for entry in entries:
            shelf.put(entry, now=now)
        before, self._shelf = self._shelf.held, shelf
        self._flags = {(shelf.survivor(number), standing) for number, standing in self._flags}
        return shelf.stored(before)

    def delete(self, pmids: Iterable[str], *, now: datetime) -> int:
        """Mark papers that their source has withdrawn as deleted; return how many were not so before."""
        shelf = self._shelf.copy()
        for name in {f"pmid:{pmid}" for pmid in pmids} & shelf.names.keys():
            one = shelf.held[shelf.names[name]]
            shelf.held[shelf.names[name]] = replace(one, candidate=deleted(one.candidate))
        before, self._shelf = self._shelf.held, shelf
        return shelf.stored(before).changed

    def _relatives(self, paper: Paper) -> tuple[Paper, ...]:
        itself = self._shelf.known(paper)
        named = {self._shelf.names.get(f"pmid:{pmid}") for pmid in mentioned(paper)}
        others = ((number, self._shelf.held[number].candidate.paper) for number in sorted(self._shelf.held))
        return tuple(
            other
            for number, other in others
            if number not in itself and (number in named or _is_alike(paper, other))
        )

    def known(self, papers: Sequence[Paper]) -> tuple[Known, ...]:
        """Give for each of *papers*, in their order, its standing and its relatives."""
        return tuple(
            Known(standing=self._standing(paper), relatives=self._relatives(paper)) for paper in papers
        )

    def _standing(self, paper: Paper) -> Standing | None:
        return standing_of(self._shelf.held[number].candidate for number in self._shelf.known(paper))

    def candidates(self, state: CandidateState | None = None) -> tuple[Candidate, ...]:
        """Give candidates of one state or all: the highest score first, those without one last.

        Then by when they were found, by the day of their record, and by the order they were stored in,
        always the newest first.
        """
        last_first = [self._shelf.held[number].candidate for number in sorted(self._shelf.held, reverse=True)]
        found = [candidate for candidate in last_first if state in (None, candidate.state)]
        return tuple(sorted(found, key=_rank, reverse=True))

    def find(self, name: str) -> Candidate | None:
        """Give the candidate called *name*, or None."""
        number = self._shelf.names.get(candidate_name(name))
        return None if number is None else self._shelf.held[number].candidate

    def decide(self, name: str, state: CandidateState, *, because: str = "", now: datetime) -> None:
        """Remember what the editor decided; raises UserError where nothing has that name."""
        number = self._number(name)
        candidate = replace(self._shelf.held[number].candidate, state=state, because=because)
        self._shelf.held[number] = Held(candidate=candidate, decided=now)

    def flag(self, name: str, standing: Standing, *, now: datetime) -> bool:
        """Remember that somebody was told of a paper's standing; False where that was done before.

        Raises UserError where nothing has that name.
        """
        flag = self._number(name), standing
        is_first = flag not in self._flags
        self._flags.add(flag)
        return is_first

    def cursor(self, source: str) -> Cursor:
        """Give where the last complete run of *source* ended; an empty cursor before the first."""
        return self._cursors.get(source, Cursor())

    def finish(self, harvest: Harvest, cursor: Cursor | None, *, now: datetime) -> None:
        """Keep the account of a run and, where it was complete, the cursor it ended at."""
        self._harvests[harvest.source] = harvest
        if not harvest.problem:
            self._succeeded[harvest.source] = now
        if cursor:
            self._cursors[harvest.source] = cursor

    def last(self, source: str) -> Harvest | None:
        """Give the account of the last run of *source*, complete or not; None before the first."""
        return self._harvests.get(source)

    def succeeded(self, source: str) -> datetime | None:
        """Give when a run of *source* last ended complete; None before the first."""
        return self._succeeded.get(source)

    def _number(self, name: str) -> int:
        number = self._shelf.names.get(candidate_name(name))
        if number is None:
            raise UserError(f"there is no paper called '{name}' in the inbox", mend="store it first")
        return number


def _is_alike(paper: Paper, other: Paper) -> bool:
    key = _title_key(paper.title)
    is_same_doi = paper.doi != "" and paper.doi.lower() == other.doi.lower()
    is_same_title = key != "" and key == _title_key(other.title)
    return is_same_doi or is_same_title or (paper.pmid != "" and paper.pmid in mentioned(other))


def _rank(candidate: Candidate) -> tuple[float, datetime, date]:
    score = candidate.judgement.score if candidate.judgement else float("-inf")
    return score, candidate.found, candidate.paper.seen or date.min
