"""`esearch.fcgi`: which records a query finds."""

from html import escape

from vesicle.testing.ncbi.boolean import Pair
from vesicle.testing.ncbi.history import History
from vesicle.testing.ncbi.replies import XML, Params, Reply, as_xml, enveloped, is_json, number, unsupported
from vesicle.testing.ncbi.shelf import Shelf
from vesicle.testing.ncbi.term import Translated, between, translate

WINDOW = 9_999
"""As many records as PubMed lets a search reach, whatever it has found."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
_BAD_DATABASE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD eSearchResult, '
    '11 May 2002//EN" "http://www.ncbi.nlm.nih.gov/entrez/query/DTD/eSearch_020511.dtd">\n'
    "<eSearchResult>\n  <ERROR>Invalid db name specified: {}</ERROR>\n</eSearchResult>\n\n"
)
# With the newline that makes NCBI's answer invalid JSON.
_OVER_WINDOW = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only "
    "retrieve the first 9,999 records matching the query. To obtain more than 9,999 PubMed records, consider "
    "using EDirect that contains additional logic to batch PubMed search results automatically so that an "
    "arbitrary number can be retrieved. For details see https://www.ncbi.nlm.nih.gov/books/NBK25499/"
)
_DATE_TYPES = {"pdat": "pdat", "mdat": "lr", "edat": "edat", "crdt": "crdt"}


def esearch(params: Params, shelf: Shelf, history: History) -> Reply:
    """Search the shelf for `term`."""
    if params.get("db", "pubmed") != "pubmed":
        return _bad_database(params)
    if not params.get("term", "").strip():
        # In the words of NCBI.
        return _error("Empty term and query_key - nothing todo", is_json=is_json(params))
    if "reldate" in params:
        return unsupported("reldate: it needs the day of today; use mindate and maxdate")
    if number(params, "retstart", 0) >= WINDOW:
        return _over_window(is_json=is_json(params))
    return _found(params, _understood(params, shelf), shelf, history)


def _understood(params: Params, shelf: Shelf) -> Translated:
    understood = translate(params["term"], shelf)
    kind = _DATE_TYPES.get(params.get("datetype", "edat"), "edat")
    days = between(kind, params.get("mindate", ""), params.get("maxdate", ""))
    if not (days and understood.query):
        return understood
    both = Pair(left=understood.query, operator="AND", right=days)
    return Translated(
        query=both,
        translation=both.shown,
        unknown_words=understood.unknown_words,
        unknown_fields=understood.unknown_fields,
        unknown_phrases=understood.unknown_phrases,
    )


def _found(params: Params, understood: Translated, shelf: Shelf, history: History) -> Reply:
    ids = [record.pmid for record in understood.search(shelf)]
    if params.get("rettype", "").casefold() == "count":
        return _count(len(ids), is_json=is_json(params))
    start, size = number(params, "retstart", 0), number(params, "retmax", 20)
    page = ids[start : min(start + size, WINDOW)]
    messages = [] if ids else ["No items found."]
    if start + size > WINDOW:
        left = min(size, WINDOW - start)
        messages.append(f"Restrictions achieved. start and count adjusted to {start}, {left}")
    saved = history.save(ids) if params.get("usehistory") == "y" else {}
    sizes = {"count": str(len(ids)), "retmax": str(len(page)), "retstart": str(start)}
    if is_json(params):
        return _as_json({**sizes, **saved}, page, understood, messages)
    return _as_xml({**sizes, **saved}, page, understood, messages)


def _as_json(sizes: dict[str, str], page: list[str], understood: Translated, messages: list[str]) -> Reply:
    result: dict[str, object] = {
        **sizes,
        "idlist": page,
        "translationset": [],
        "querytranslation": understood.translation,
    }
    if understood.unknown_words or understood.unknown_fields:
        result["errorlist"] = {
            "phrasesnotfound": understood.unknown_words,
            "fieldsnotfound": understood.unknown_fields,
        }
    if messages or understood.unknown_phrases:
        result["warninglist"] = {
            "phrasesignored": [],
            "quotedphrasesnotfound": understood.unknown_phrases,
            "outputmessages": messages,
        }
    return enveloped("esearch", {"esearchresult": result})


_XML_NAMES = {
    "count": "Count",
    "retmax": "RetMax",
    "retstart": "RetStart",
    "querykey": "QueryKey",
    "webenv": "WebEnv",
}


def _as_xml(sizes: dict[str, str], page: list[str], understood: Translated, messages: list[str]) -> Reply:
    numbers = "".join(f"<{_XML_NAMES[name]}>{value}</{_XML_NAMES[name]}>" for name, value in sizes.items())
    ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in page)
    listed = f"<IdList>\n{ids}</IdList>" if page else "<IdList/>"
    errors = _elements("PhraseNotFound", understood.unknown_words)
    errors += _elements("FieldNotFound", understood.unknown_fields)
    warnings = _elements("QuotedPhraseNotFound", understood.unknown_phrases)
    warnings += _elements("OutputMessage", messages)
    return as_xml(
        f"{_HEAD}<eSearchResult>{numbers}{listed}<TranslationSet/>"
        f"<QueryTranslation>{escape(understood.translation, quote=False)}</QueryTranslation>"
        + (f"<ErrorList>{errors}</ErrorList>" if errors else "")
        + (f"<WarningList>{warnings}</WarningList>" if warnings else "")
        + "</eSearchResult>\n"
    )


def _elements(name: str, texts: tuple[str, ...] | list[str]) -> str:
    return "".join(f"<{name}>{escape(text, quote=False)}</{name}>" for text in texts)


def _count(count: int, *, is_json: bool) -> Reply:
    if is_json:
        return enveloped("esearch", {"esearchresult": {"count": str(count)}})
    return as_xml(f"{_HEAD}<eSearchResult>\n\t<Count>{count}</Count>\n</eSearchResult>\n")


def _error(text: str, *, is_json: bool) -> Reply:
    if is_json:
        return enveloped("esearch", {"esearchresult": {"ERROR": text}})
    return as_xml(f"{_HEAD}<eSearchResult><ERROR>{escape(text, quote=False)}</ERROR></eSearchResult>\n")


def _over_window(*, is_json: bool) -> Reply:
    if not is_json:
        return _error(_OVER_WINDOW, is_json=False)
    whole = _error(_OVER_WINDOW, is_json=True)
    return Reply(body=whole.body.replace(rb"\n", b"\n") + b"\n", media_type=whole.media_type)


def _bad_database(params: Params) -> Reply:
    if is_json(params):
        return _error(f"Invalid db name specified: {params['db']}", is_json=True)
    return Reply(body=_BAD_DATABASE.format(escape(params["db"])).encode(), media_type=XML)
