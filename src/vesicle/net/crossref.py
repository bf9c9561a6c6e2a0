"""Crossref: what publishers and Retraction Watch say of a DOI."""

import json
from urllib.parse import quote

from vesicle.model.errors import NotFound, TemporaryFailure
from vesicle.ports import Fetch

BASE = "https://api.crossref.org"


def updates(doi: str, *, fetch: Fetch, base: str = BASE, mailto: str = "") -> tuple[str, ...]:
    """Give the types of the updates of *doi* ("retraction", "correction", ...), none for an unknown DOI.

    From `updated-by` of `/works/{doi}`, which holds notices of the publisher and of Retraction Watch
    (Crossref documentation, read 2026-11). Raises TemporaryFailure for an answer that is no JSON of theirs.
    """
    asked = f"?mailto={quote(mailto)}" if mailto else ""
    try:
        raw = fetch(f"{base}/works/{quote(doi, safe='')}{asked}")
    except NotFound:
        return ()  # not every DOI is Crossref's
    try:
        message = json.loads(raw)["message"]
        return tuple(str(update["type"]) for update in message.get("updated-by", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TemporaryFailure(f"Crossref did not answer as documented for {doi}") from error
