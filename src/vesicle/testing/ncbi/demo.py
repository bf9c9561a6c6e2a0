"""Made-up papers to try everything with, and what is known of real ones, without their abstracts."""

from collections.abc import Iterable
from datetime import date, timedelta
from importlib.resources import files

from vesicle.model.paper import Paper
from vesicle.testing.ncbi.making import moved, record


def demo_records(*, created: date | None = None) -> tuple[bytes, ...]:
    """Give the made-up papers, PMID 900000001 first.

    With *created* the first was taken up on that day and each further one a day earlier; without it, all
    in November 2026.
    """
    folder = files("vesicle.testing.ncbi").joinpath("records")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".xml"))
    records = tuple(folder.joinpath(name).read_bytes().strip() for name in names)
    if created is None:
        return records
    return tuple(moved(xml, created=created - timedelta(days=days)) for days, xml in enumerate(records))


def known_records(papers: Iterable[Paper]) -> tuple[bytes, ...]:
    """Give a record of each paper that has a PMID: title, journal, authors, year, DOI, and no abstract."""
    return tuple(_known(paper) for paper in papers if paper.pmid)


def _known(paper: Paper) -> bytes:
    year = paper.year or (paper.seen.year if paper.seen else 1)
    created = paper.seen or date(year, 1, 1)
    return record(
        pmid=paper.pmid,
        title=paper.title,
        created=created,
        revised=paper.changed or created,
        published=paper.published or f"{year}",
        types=paper.types or ("Journal Article",),
        doi=paper.doi,
        corrections=paper.corrections,
        authors=paper.authors,
        journal=paper.journal,
    )
