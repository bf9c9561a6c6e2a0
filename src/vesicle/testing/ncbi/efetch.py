"""`efetch.fcgi`: whole records as XML."""

from collections.abc import Sequence

from vesicle.testing.ncbi.esearch import WINDOW
from vesicle.testing.ncbi.history import History
from vesicle.testing.ncbi.replies import XML, Params, Reply, as_xml, number, unsupported
from vesicle.testing.ncbi.shelf import Shelf

HEAD = (
    b'<?xml version="1.0" ?>\n'
    b'<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
_ERROR = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<!DOCTYPE eEfetchResult PUBLIC "-//NLM//DTD efetch 20131226//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20131226/efetch.dtd">\n'
    "<eFetchResult>\n\t<ERROR>{}</ERROR>\n</eFetchResult>\n"
)
_PAGE = 10_000


def efetch(params: Params, shelf: Shelf, history: History) -> Reply:
    """Give the records asked for that are there, each once; the others are simply absent."""
    if params.get("db", "pubmed") != "pubmed":
        return unsupported("an efetch of another database")
    if params.get("retmode", "xml") != "xml" or params.get("rettype"):
        return unsupported("an efetch that is not XML")
    if "query_key" in params:
        return _from_history(params, shelf, history)
    asked = [part.strip() for part in params.get("id", "").split(",")]
    # PubMed takes what is a number and passes over the rest, but not when nothing is left.
    ids = [str(int(pmid)) for pmid in asked if pmid.isascii() and pmid.isdecimal() and int(pmid)]
    if not ids:
        return as_xml(_ERROR.format("ID list is empty! Possibly it has no correct IDs."), status=400)
    return _set(ids, shelf)


def _from_history(params: Params, shelf: Shelf, history: History) -> Reply:
    """Give a page of a saved search; what lies beyond the window is left out without a word."""
    ids = history.ids(params)
    if ids is None:
        return as_xml(_ERROR.format("Unable to obtain query #" + params["query_key"]), status=400)
    start, size = number(params, "retstart", 0), number(params, "retmax", 20)
    if start >= WINDOW:
        return as_xml(_ERROR.format("'retstart' cannot be larger than 9998"), status=400)
    return _set(ids[start : min(start + min(size, _PAGE), WINDOW)], shelf)


def _set(ids: Sequence[str], shelf: Shelf) -> Reply:
    found = [record.xml for pmid in dict.fromkeys(ids) if (record := shelf.get(pmid))]
    body = b"\n".join((HEAD + b"<PubmedArticleSet>", *found, b"</PubmedArticleSet>")) if found else EMPTY
    return Reply(body=body, media_type=XML)


EMPTY = HEAD + b"<PubmedArticleSet></PubmedArticleSet>"
"""What is sent when none of the records asked for is there."""
