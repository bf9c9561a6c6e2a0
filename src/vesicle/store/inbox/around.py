"""What the database knows around many papers at once: a page of a harvest costs a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, select

from vesicle.model.paper import Paper
from vesicle.ports import Known
from vesicle.store.inbox.rows import held, selected
from vesicle.store.inbox.shelving import lend, one_of
from vesicle.store.merging import mentioned, paper_names, standing_of
from vesicle.store.tables import mentions, names, papers
from vesicle.text.identity import title_key

Index = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Indexes:
    """The numbers of stored papers by what could tie one to a paper that comes in."""

    named: Index
    dois: Index
    titles: Index
    mentioning: Index

    def tied(self, paper: Paper) -> frozenset[int]:
        """Give the numbers of the papers that could belong with *paper*, or be it."""
        keys = (
            (self.dois, paper.doi.lower()),
            (self.titles, title_key(paper.title)),
            (self.mentioning, paper.pmid),
            *((self.named, f"pmid:{pmid}") for pmid in mentioned(paper)),
        )
        return frozenset[int]().union(*(index.get(key, frozenset()) for index, key in keys if key))


def around(connection: Connection, coming: Sequence[Paper]) -> tuple[Known, ...]:
    """Give for each paper its standing and its relatives, in the order in which they were stored."""
    shelf = lend(connection, {name for paper in coming for name in paper_names(paper)}).shelf
    itself = [shelf.known(paper) for paper in coming]
    indexes = _indexes(connection, coming)
    tied = [sorted(indexes.tied(paper).difference(own)) for paper, own in zip(coming, itself, strict=True)]
    rows = connection.execute(selected().where(one_of(papers.c.id, {one for some in tied for one in some})))
    relatives = {row.id: held(row).candidate.paper for row in rows}
    return tuple(
        Known(
            standing=standing_of(shelf.held[number].candidate for number in own),
            relatives=tuple(relatives[number] for number in others),
        )
        for own, others in zip(itself, tied, strict=True)
    )


def _indexes(connection: Connection, coming: Sequence[Paper]) -> _Indexes:
    def index(key: Column[str], number: Column[int], values: Iterable[str]) -> Index:
        found: dict[str, set[int]] = defaultdict(set)
        wanted = {value for value in values if value}
        for value, one in connection.execute(select(key, number).where(one_of(key, wanted))):
            found[value].add(one)
        return {value: frozenset(numbers) for value, numbers in found.items()}

    cited = (f"pmid:{pmid}" for paper in coming for pmid in mentioned(paper))
    return _Indexes(
        named=index(names.c.name, names.c.paper_id, cited),
        dois=index(papers.c.doi, papers.c.id, (paper.doi.lower() for paper in coming)),
        titles=index(papers.c.title_key, papers.c.id, (title_key(paper.title) for paper in coming)),
        mentioning=index(mentions.c.pmid, mentions.c.paper_id, (paper.pmid for paper in coming)),
    )
