"""Crossref's `/works/{doi}`, with what was said of the work afterwards."""

import re
from datetime import UTC, date, datetime, time

from vesicle.testing.ncbi.replies import TEXT, Reply, as_json
from vesicle.testing.ncbi.shelf import Record, Shelf

_TYPES = {
    "RetractionIn": "retraction",
    "RetractedandRepublishedIn": "retraction",
    "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "correction",
    "ExpressionOfConcernIn": "expression_of_concern",
    "UpdateIn": "new_version",
}
_DOI = re.compile(r"10\.\d{4,9}/[^\s]+")


def works(doi: str, shelf: Shelf) -> Reply:
    """Give the work with this DOI; Crossref does not mind its letters."""
    record = shelf.by_doi(doi) if doi else None
    if record is None:
        return Reply(body=b"Resource not found.", media_type=TEXT, status=404)
    envelope = {"status": "ok", "message-type": "work", "message-version": "1.0.0"}
    return as_json({**envelope, "message": _message(record, shelf)})


def _message(record: Record, shelf: Shelf) -> dict[str, object]:
    is_preprint = "Preprint" in record.types
    message: dict[str, object] = {
        "DOI": record.doi.casefold(),
        "type": "posted-content" if is_preprint else "journal-article",
        "title": [record.title],
        "container-title": [record.journal],
        "author": [_author(name, at) for at, name in enumerate(record.authors)],
        "issued": {"date-parts": [[record.published.year]]},
        "created": _moment(record.created),
        "source": "Crossref",
        "URL": f"https://doi.org/{record.doi.casefold()}",
    }
    updates = [_update(one, record, shelf) for one in record.corrections if one[0] in _TYPES]
    return {**message, "updated-by": updates} if updates else message


def _author(name: str, at: int) -> dict[str, object]:
    family, _, given = name.rpartition(" ")
    sequence = "additional" if at else "first"
    return {"given": given, "family": family or given, "sequence": sequence, "affiliation": []}


def _update(correction: tuple[str, str, str], record: Record, shelf: Shelf) -> dict[str, object]:
    kind, citation, pmid = correction
    notice = shelf.get(pmid)
    written = _DOI.search(citation)
    doi = notice.doi if notice else written[0].rstrip(".") if written else f"{record.doi}.notice"
    label = _TYPES[kind].replace("_", " ").capitalize()
    return {
        "updated": _moment(record.revised),
        "DOI": doi.casefold(),
        "type": _TYPES[kind],
        "source": "publisher",
        "label": label,
    }


def _moment(day: date) -> dict[str, object]:
    moment = datetime.combine(day, time(), UTC)
    return {
        "date-parts": [[day.year, day.month, day.day]],
        "date-time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "timestamp": int(moment.timestamp() * 1000),
    }
