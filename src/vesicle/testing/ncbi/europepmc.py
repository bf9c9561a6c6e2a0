"""Europe PMC's `rest/search`: its own query language, cursor marks, core results."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import urlencode

from vesicle.testing.ncbi.boolean import OPERATORS, Term, Token, read
from vesicle.testing.ncbi.replies import Params, Reply, as_json, number, unsupported
from vesicle.testing.ncbi.shelf import DAYS, Record, Shelf, normal

VERSION = "6.9"
_TOKEN = re.compile(r'\s*(?:([()])|(?:(\w+):)?(?:"([^"]*)"|\[([^\]]*)\]|([^\s()\[\]":]+)))')
_FIELDS = {
    "": "all",
    "TITLE": "ti",
    "ABSTRACT": "tiab",
    "TITLE_ABS": "tiab",
    "KW": "tiab",
    "AUTH": "au",
    "PUB_TYPE": "pt",
}
_DATES = {"FIRST_PDATE": "pdat", "CREATION_DATE": "crdt", "FIRST_IDATE": "crdt", "UPDATE_DATE": "lr"}
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d) TO (\d{4}-\d\d-\d\d)")


class _UnknownFieldError(ValueError):
    """A field that this server cannot search."""


def europepmc(params: Params, shelf: Shelf, *, base: str) -> Reply:
    """Search for `query`; a cursor mark that was never given answers with the version alone.

    *base* is the address of this server, for the link to the next page.
    """
    if params.get("format", "xml").casefold() != "json":
        return unsupported("Europe PMC as XML; ask for format=json")
    mark = params.get("cursorMark", "*")
    start = _start(mark)
    if start is None:
        return as_json({"version": VERSION})
    try:
        query = read(list(_tokens(params.get("query", ""))))
    except _UnknownFieldError as field:
        return unsupported(f"this field of Europe PMC: {field}")
    found = [record for record in shelf.all() if query and query.fits(record)]
    end = start + min(number(params, "pageSize", 25), 1000)
    asked = {"queryString": params.get("query", ""), "resultType": params.get("resultType", "lite")}
    answer: dict[str, object] = {"version": VERSION, "hitCount": len(found)}
    if end < len(found):
        answer["nextCursorMark"] = _mark(end)
        answer["nextPageUrl"] = f"{base}/europepmc/webservices/rest/search?" + urlencode(
            {**params, "cursorMark": _mark(end)}
        )
    answer["request"] = {**asked, "cursorMark": mark, "pageSize": end - start, "sort": params.get("sort", "")}
    is_core = asked["resultType"].casefold() == "core"
    answer["resultList"] = {"result": [_result(record, is_core=is_core) for record in found[start:end]]}
    return as_json(answer)


def _tokens(query: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(query):
        paren, name, quoted, days, word = found.groups()
        if paren:
            yield paren
        elif word in OPERATORS and not name:
            yield word
        elif days is not None:
            yield _days(name or "", days)
        else:
            yield _term((name or "").upper(), word if quoted is None else quoted)


def _days(name: str, text: str) -> Term:
    found, field = _DAYS.fullmatch(text.strip()), _DATES.get(name.upper())
    if not (found and field):
        raise _UnknownFieldError(f"{name}:[{text}]")
    low, high, day = date.fromisoformat(found[1]), date.fromisoformat(found[2]), DAYS[field]
    return Term(shown=f"{name}:[{text}]", fits=lambda record: low <= day(record) <= high)


def _term(name: str, text: str) -> Term:
    whole: dict[str, Callable[[Record], str]] = {
        "SRC": source,
        "EXT_ID": identifier,
        "DOI": lambda record: record.doi.upper(),
    }
    if name in whole:
        read_field = whole[name]
        return Term(shown=text, fits=lambda record: read_field(record) == text.upper())
    if name not in _FIELDS:
        raise _UnknownFieldError(name)
    field, start = _FIELDS[name], normal(text)
    needle = f" {start}" if text.endswith("*") else f" {start} "
    return Term(shown=text, fits=lambda record: needle in record.words(field))


def source(record: Record) -> str:
    """Give the source as Europe PMC names it: preprints are PPR, what else PubMed has is MED."""
    return "PPR" if "Preprint" in record.types else "MED"


def identifier(record: Record) -> str:
    """Give Europe PMC's own id; a preprint's is not its PMID."""
    return f"PPR{record.pmid}" if source(record) == "PPR" else record.pmid


def _result(record: Record, *, is_core: bool) -> dict[str, object]:
    short: dict[str, object] = {
        "id": identifier(record),
        "source": source(record),
        "doi": record.doi,
        "title": record.title,
        "authorString": ", ".join(record.authors) + ".",
        "pubYear": str(record.published.year),
        "firstPublicationDate": f"{record.published}",
        "firstIndexDate": f"{record.created}",
    }
    if source(record) == "MED":
        short["pmid"] = record.pmid
        short["journalTitle"] = record.journal_short
    return {**short, **_core(record)} if is_core else short


def _core(record: Record) -> dict[str, object]:
    core: dict[str, object] = {
        "authorList": {"author": [{"fullName": name} for name in record.authors]},
        "language": record.text("MedlineCitation/Article/Language"),
        "pubTypeList": {"pubType": record.types},
        "dateOfCreation": f"{record.created}",
        "dateOfRevision": f"{record.revised}",
    }
    if record.sections:
        parts = (f"<h4>{label}</h4>{text}" if label else text for label, text in record.sections)
        core["abstractText"] = "".join(parts)
    if source(record) == "PPR":
        core["bookOrReportDetails"] = {
            "publisher": record.journal,
            "yearOfPublication": record.published.year,
        }
    else:
        title = {"title": record.journal, "medlineAbbreviation": record.journal_short}
        core["journalInfo"] = {"dateOfPublication": record.printed, "journal": title}
    if record.corrections:
        core["commentCorrectionList"] = {
            "commentCorrection": [_correction(one) for one in record.corrections]
        }
    return core


def _correction(correction: tuple[str, str, str]) -> dict[str, str]:
    kind, citation, pmid = correction
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)
    return {"id": pmid, "source": "MED", "reference": citation, "type": words.capitalize()}


def _mark(start: int) -> str:
    return urlsafe_b64encode(f"AoE/{start}".encode()).decode()


def _start(mark: str) -> int | None:
    if mark == "*":
        return 0
    try:
        text = urlsafe_b64decode(mark.encode()).decode()
    except (Error, ValueError):
        return None
    known = re.fullmatch(r"AoE/(\d+)", text)
    return int(known[1]) if known else None
