"""The inbox in a database."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.errors import UserError
from vesicle.model.paper import Candidate, CandidateState, Cursor, Harvest, Paper, Standing, Stored
from vesicle.ports import Entry, Known
from vesicle.store.database import Database
from vesicle.store.inbox.around import around
from vesicle.store.inbox.rows import held, selected
from vesicle.store.inbox.shelving import give_back, lend
from vesicle.store.merging import Held, candidate_name, deleted, paper_names
from vesicle.store.packing import pack_harvest, unpack_harvest
from vesicle.store.tables import candidates, cursors, flags, harvests, names, papers


class SqlInbox:
    """A `ports.Inbox` in a database, for any number of threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, entries: Iterable[Entry], *, now: datetime) -> Stored:
        """Store papers, all or none: new ones become candidates, known ones are brought up to date.

        *entries* are read to their end before anything is written; `merging` says what becomes of a record
        of a known paper.
        """
        coming = tuple(entries)
        wanted = {name for entry in coming for name in paper_names(entry.paper)}
        with self._database.writing() as connection:
            loan = lend(connection, wanted)
            for entry in coming:
                loan.shelf.put(entry, now=now)
            give_back(connection, loan)
        return loan.shelf.stored(loan.before)

    def delete(self, pmids: Iterable[str], *, now: datetime) -> int:
        """Mark papers that their source has withdrawn as deleted; return how many were not so before."""
        wanted = {f"pmid:{pmid}" for pmid in pmids}
        with self._database.writing() as connection:
            loan = lend(connection, wanted)
            for number, one in loan.before.items():
                loan.shelf.held[number] = Held(candidate=deleted(one.candidate), decided=one.decided)
            give_back(connection, loan)
        return loan.shelf.stored(loan.before).changed

    def known(self, papers: Sequence[Paper]) -> tuple[Known, ...]:
        """Give for each of *papers*, in their order, its standing and its relatives, by a few queries."""
        with self._database.reading() as connection:
            return around(connection, papers)

    def candidates(self, state: CandidateState | None = None) -> tuple[Candidate, ...]:
        """Give candidates of one state or all: the highest score first, those without one last.

        Then by when they were found, by the day of their record, and by the order they were stored in,
        always the newest first.
        """
        rows = selected().order_by(
            papers.c.score.desc().nulls_last(),
            candidates.c.found.desc(),
            papers.c.seen.desc().nulls_last(),
            papers.c.id.desc(),
        )
        if state:
            rows = rows.where(candidates.c.state == state)
        with self._database.reading() as connection:
            return tuple(held(row).candidate for row in connection.execute(rows))

    def find(self, name: str) -> Candidate | None:
        """Give the candidate called *name*, or None."""
        with self._database.reading() as connection:
            row = connection.execute(selected().where(papers.c.id == _number(name))).one_or_none()
            return held(row).candidate if row else None

    def decide(self, name: str, state: CandidateState, *, because: str = "", now: datetime) -> None:
        """Remember what the editor decided; raises UserError where nothing has that name."""
        change = update(candidates).where(candidates.c.paper_id == _number(name))
        with self._database.writing() as connection:
            if not connection.execute(change.values(state=state, because=because, decided=now)).rowcount:
                raise _unknown(name)

    def flag(self, name: str, standing: Standing, *, now: datetime) -> bool:
        """Remember that somebody was told of a paper's standing; False where that was done before.

        Raises UserError where nothing has that name.
        """
        with self._database.writing() as connection:
            number = connection.execute(select(_number(name))).scalar_one_or_none()
            if number is None:
                raise _unknown(name)
            row = insert(flags).values(paper_id=number, standing=standing, at=now)
            return connection.execute(row.on_conflict_do_nothing()).rowcount == 1

    def cursor(self, source: str) -> Cursor:
        """Give where the last complete run of *source* ended; an empty cursor before the first."""
        position = select(cursors.c.position).where(cursors.c.source == source)
        with self._database.reading() as connection:
            return Cursor(position=connection.execute(position).scalar_one_or_none() or "")

    def finish(self, harvest: Harvest, cursor: Cursor | None, *, now: datetime) -> None:
        """Keep the account of a run and, where it was complete, the cursor it ended at, or neither."""
        account = insert(harvests).values(source=harvest.source, at=now, harvest=pack_harvest(harvest))
        with self._database.writing() as connection:
            connection.execute(account)
            if cursor:
                _move(connection, harvest.source, cursor)

    def last(self, source: str) -> Harvest | None:
        """Give the account of the last run of *source*, complete or not; None before the first."""
        rows = select(harvests.c.harvest).where(harvests.c.source == source)
        with self._database.reading() as connection:
            text = connection.execute(rows.order_by(harvests.c.id.desc()).limit(1)).scalar_one_or_none()
            return None if text is None else unpack_harvest(text)

    def succeeded(self, source: str) -> datetime | None:
        """Give when a run of *source* last ended complete; None before the first."""
        rows = select(harvests.c.at, harvests.c.harvest).where(harvests.c.source == source)
        with self._database.reading() as connection:
            found = connection.execute(rows.order_by(harvests.c.id.desc()))
            return next((row.at for row in found if not unpack_harvest(row.harvest).problem), None)


def _number(name: str) -> ScalarSelect[int]:
    return select(names.c.paper_id).where(names.c.name == candidate_name(name)).scalar_subquery()


def _move(connection: Connection, source: str, cursor: Cursor) -> None:
    row = insert(cursors).values(source=source, position=cursor.position)
    connection.execute(row.on_conflict_do_update(set_={"position": cursor.position}))


def _unknown(name: str) -> UserError:
    return UserError(
        f"there is no paper called '{name}' in the inbox",
        mend="write its PMID or DOI as `vesicle inbox` shows it",
    )
