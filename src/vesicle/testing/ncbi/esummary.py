"""`esummary.fcgi` version 2.0: short records as JSON."""

from html import escape

from vesicle.testing.ncbi.history import History
from vesicle.testing.ncbi.replies import XML, Params, Reply, enveloped, is_json, number, unsupported
from vesicle.testing.ncbi.shelf import Record, Shelf

MOST = 500
"""As many ids as one request may name."""

_NO_IDS = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSummaryResult PUBLIC "-//NLM//DTD esummary v1 '
    '20041029//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20041029/esummary-v1.dtd">\n'
    "<eSummaryResult>\n\t<ERROR>Neither query_key nor id specified</ERROR>\n</eSummaryResult>\n"
)
_BAD_DATABASE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE eSummaryResult PUBLIC "-//NLM//DTD eSummaryResult, '
    '29 October 2004//EN" "http://www.ncbi.nlm.nih.gov/entrez/query/DTD/eSummary_041029.dtd">\n'
    "<eSummaryResult>\n\t<ERROR>Invalid db name specified: {}</ERROR>\n</eSummaryResult>\n"
)


def esummary(params: Params, shelf: Shelf, history: History) -> Reply:
    """Give the summaries of the records asked for; errors come with the status of success."""
    if not is_json(params):
        return _as_xml(params)
    asked = _asked(params, history)
    if not asked:
        return enveloped("esummary", {"error": "Neither query_key nor id specified"})
    if len(asked) > MOST:
        most = f"Maximum number of UIDs is {MOST} for JSON format output."
        return enveloped("esummary", {"error": f"Too many UIDs in request. {most}"})
    ids = [pmid for pmid in asked if pmid.isascii() and pmid.isdecimal()]
    result = {"uids": ids, **{pmid: _summary(pmid, shelf) for pmid in ids}}
    wrong = [(at, pmid) for at, pmid in enumerate(asked) if pmid not in ids]
    error = {"error": f"Invalid uid {wrong[0][1]} at position= {wrong[0][0]}"} if wrong else {}
    return enveloped("esummary", {**error, "result": result})


def _asked(params: Params, history: History) -> list[str]:
    if "query_key" not in params:
        return [pmid.strip() for pmid in params.get("id", "").split(",") if pmid.strip()]
    start, size = number(params, "retstart", 0), number(params, "retmax", 20)
    return list(history.ids(params) or ())[start : start + size]


def _as_xml(params: Params) -> Reply:
    if params.get("db", "pubmed") != "pubmed":
        return Reply(body=_BAD_DATABASE.format(escape(params["db"])).encode(), media_type=XML)
    if not params.get("id") and "query_key" not in params:
        return Reply(body=_NO_IDS.encode(), media_type=XML)
    return unsupported("esummary as XML; ask for retmode=json")


def _summary(pmid: str, shelf: Shelf) -> dict[str, object]:
    record = shelf.get(pmid)
    if not record:
        return {"uid": pmid, "error": "cannot get document summary"}
    return {
        "uid": pmid,
        "pubdate": record.printed,
        "epubdate": "",
        "source": record.journal_short,
        "authors": [{"name": name, "authtype": "Author", "clusterid": ""} for name in record.authors],
        "lastauthor": record.authors[-1] if record.authors else "",
        "title": record.title,
        "lang": record.texts("MedlineCitation/Article/Language"),
        "pubtype": record.types,
        "recordstatus": _status(record),
        "articleids": _ids(record),
        "history": _history(record),
        "fulljournalname": record.journal,
        "sortpubdate": f"{record.published:%Y/%m/%d} 00:00",
        "doctype": "citation",
    }


def _status(record: Record) -> str:
    citation = record.tree.find("MedlineCitation")
    status = citation.get("Status") if citation is not None else ""
    indexed = {"MEDLINE": "PubMed - indexed for MEDLINE", "Publisher": "PubMed - as supplied by publisher"}
    return indexed.get(status or "", "PubMed")


def _ids(record: Record) -> list[dict[str, object]]:
    found = [{"idtype": "pubmed", "idtypen": 1, "value": record.pmid}]
    return [*found, {"idtype": "doi", "idtypen": 3, "value": record.doi}] if record.doi else [*found]


def _history(record: Record) -> list[dict[str, str]]:
    days = (("pubmed", record.created), ("entrez", record.entered))
    return [{"pubstatus": name, "date": f"{day:%Y/%m/%d} 00:00"} for name, day in days]
