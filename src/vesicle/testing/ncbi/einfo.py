"""`einfo.fcgi`: which fields can be searched."""

from html import escape

from vesicle.testing.ncbi.replies import XML, Params, Reply, as_xml, enveloped, is_json
from vesicle.testing.ncbi.shelf import Shelf

FIELDS = {
    "ALL": "All Fields",
    "UID": "UID",
    "TITL": "Title",
    "TIAB": "Title/Abstract",
    "MESH": "MeSH Terms",
    "PTYP": "Publication Type",
    "AUTH": "Author",
    "JOUR": "Journal",
    "PDAT": "Date - Publication",
    "EDAT": "Date - Entry",
    "CRDT": "Date - Create",
    "MDAT": "Date - Modification",
}
"""NCBI's short name of each field that this server searches, with the long one."""

_BAD_DATABASE = (
    '<?xml version="1.0"?>\n<!DOCTYPE eInfoResult PUBLIC "-//NLM//DTD eInfoResult, 11 May 2002//EN" '
    '"http://www.ncbi.nlm.nih.gov/entrez/query/DTD/eInfo_020511.dtd">\n'
    "<eInfoResult>\n  <ERROR>Can not retrieve DbInfo for db={}</ERROR>\n</eInfoResult>\n"
).replace("\n", "\r\n")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eInfoResult PUBLIC "-//NLM//DTD einfo 20190110//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20190110/einfo.dtd">\n'
)


def einfo(params: Params, shelf: Shelf) -> Reply:
    """Tell the databases, or the fields of `db`."""
    name = params.get("db", "")
    if not name:
        return _databases(params)
    if name != "pubmed":
        error = {"einforesult": {"ERROR": f"Can not retrieve DbInfo for db={name}"}}
        wrong = Reply(body=_BAD_DATABASE.format(escape(name)).encode(), media_type=XML)
        return enveloped("einfo", error) if is_json(params) else wrong
    return _as_json(shelf) if is_json(params) else _as_xml(shelf)


def _databases(params: Params) -> Reply:
    if is_json(params):
        return enveloped("einfo", {"einforesult": {"dblist": ["pubmed"]}})
    return as_xml(f"{_HEAD}<eInfoResult><DbList>\n<DbName>pubmed</DbName>\n</DbList></eInfoResult>\n")


def _as_json(shelf: Shelf) -> Reply:
    fields = [
        {"name": short, "fullname": long, "isdate": "Y" if long.startswith("Date") else "N"}
        for short, long in FIELDS.items()
    ]
    about = {
        "dbname": "pubmed",
        "menuname": "PubMed",
        "description": "PubMed bibliographic record",
        "count": str(len(shelf.all())),
        "lastupdate": f"{shelf.newest():%Y/%m/%d %H:%M}",
        "fieldlist": fields,
        "linklist": [],
    }
    return enveloped("einfo", {"einforesult": {"dbinfo": [about]}})


def _as_xml(shelf: Shelf) -> Reply:
    fields = "".join(
        f"<Field><Name>{short}</Name><FullName>{long}</FullName></Field>\n" for short, long in FIELDS.items()
    )
    return as_xml(
        f"{_HEAD}<eInfoResult><DbInfo><DbName>pubmed</DbName><MenuName>PubMed</MenuName>"
        f"<Description>PubMed bibliographic record</Description><Count>{len(shelf.all())}</Count>"
        f"<FieldList>\n{fields}</FieldList></DbInfo></eInfoResult>\n"
    )
