"""Candidates as rows of their tables and back."""

from sqlalchemy import Select, select

from vesicle.model.paper import Candidate
from vesicle.store.columns import AnyRow
from vesicle.store.merging import Held
from vesicle.store.packing import (
    pack_judgement,
    pack_links,
    pack_paper,
    unpack_judgement,
    unpack_links,
    unpack_paper,
)
from vesicle.store.tables import candidates, papers
from vesicle.text.identity import title_key


def selected() -> Select[*tuple[object, ...]]:
    """Give the query for what `held` reads, of all candidates."""
    return select(
        papers.c.id,
        papers.c.record,
        papers.c.judgement,
        papers.c.links,
        candidates.c.found,
        candidates.c.state,
        candidates.c.because,
        candidates.c.decided,
    ).join_from(papers, candidates, candidates.c.paper_id == papers.c.id)


def held(row: AnyRow) -> Held:
    """Give what a row of `selected` holds."""
    candidate = Candidate(
        paper=unpack_paper(row.record),
        found=row.found,
        state=row.state,
        judgement=unpack_judgement(row.judgement),
        links=unpack_links(row.links),
        because=row.because,
    )
    return Held(candidate=candidate, decided=row.decided)


def paper_columns(number: int, candidate: Candidate) -> dict[str, object]:
    """Give the row of `papers` of a candidate."""
    paper, judgement = candidate.paper, candidate.judgement
    return {
        "id": number,
        "pmid": paper.pmid,
        "doi": paper.doi.lower(),
        "title_key": title_key(paper.title),
        "source": paper.source,
        "seen": paper.seen,
        "changed": paper.changed,
        "score": judgement.score if judgement else None,
        "standing": judgement.standing if judgement else None,
        "record": pack_paper(paper),
        "judgement": pack_judgement(judgement),
        "links": pack_links(candidate.links),
    }


def candidate_columns(number: int, one: Held) -> dict[str, object]:
    """Give the row of `candidates` of a candidate."""
    return {
        "paper_id": number,
        "found": one.candidate.found,
        "state": one.candidate.state,
        "because": one.candidate.because,
        "decided": one.decided,
    }
