"""The inbox in a database: candidates and the cursors of their sources."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.paper import Candidate, CandidateState, Cursor, Paper
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.identity import paper_identity
from vesicle.store.packing import pack_abstract, pack_authors, unpack_abstract, unpack_authors
from vesicle.store.tables import candidates, cursors
from vesicle.store.tables import papers as paper_table


class SqlInbox:
    """A `ports.Inbox` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, papers: Iterable[Paper], *, now: datetime) -> int:
        """Store papers not seen before as new candidates, all or none; return how many were new."""
        with self._database.writing() as connection:
            return sum(_add(connection, paper, now) for paper in papers)

    def candidates(self, state: CandidateState | None = None) -> tuple[Candidate, ...]:
        """Give candidates of one state or all, newest first.

        By when they were found, then by the day of their record, then by the order they were added in.
        """
        rows = select(paper_table, candidates.c.found, candidates.c.state).join_from(
            candidates, paper_table, paper_table.c.id == candidates.c.paper_id
        )
        if state:
            rows = rows.where(candidates.c.state == state)
        order = (candidates.c.found.desc(), paper_table.c.seen.desc().nulls_last(), paper_table.c.id.desc())
        with self._database.reading() as connection:
            return tuple(_candidate(row) for row in connection.execute(rows.order_by(*order)))

    def cursor(self, source: str) -> Cursor:
        """Give where the last complete run of *source* ended; an empty cursor before the first."""
        position = select(cursors.c.position).where(cursors.c.source == source)
        with self._database.reading() as connection:
            return Cursor(position=connection.execute(position).scalar_one_or_none() or "")

    def advance(self, source: str, cursor: Cursor) -> None:
        """Remember where a run of *source* ended."""
        row = insert(cursors).values(source=source, position=cursor.position)
        change = row.on_conflict_do_update(set_={"position": cursor.position})
        with self._database.writing() as connection:
            connection.execute(change)


def _add(connection: Connection, paper: Paper, now: datetime) -> bool:
    row = insert(paper_table).values(_columns(paper)).on_conflict_do_nothing().returning(paper_table.c.id)
    number = connection.execute(row).scalar_one_or_none()
    if number is None:
        return False
    connection.execute(insert(candidates).values(paper_id=number, found=now, state=CandidateState.NEW))
    return True


def _columns(paper: Paper) -> dict[str, object]:
    return {
        "identity": paper_identity(paper),
        "source": paper.source,
        "source_id": paper.id,
        "title": paper.title,
        "url": paper.url,
        "pmid": paper.pmid,
        "doi": paper.doi,
        "authors": pack_authors(paper.authors),
        "journal": paper.journal,
        "published": paper.published,
        "year": paper.year,
        "seen": paper.seen,
        "abstract": pack_abstract(paper.abstract),
    }


def _candidate(row: AnyRow) -> Candidate:
    paper = Paper(
        source=row.source,
        id=row.source_id,
        title=row.title,
        url=row.url,
        pmid=row.pmid,
        doi=row.doi,
        authors=unpack_authors(row.authors),
        journal=row.journal,
        published=row.published,
        year=row.year,
        seen=row.seen,
        abstract=unpack_abstract(row.abstract),
    )
    return Candidate(paper=paper, found=row.found, state=row.state)
