"""Records in the shape of PubMed's DTD (pubmed_250101), made and rewritten."""

from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from typing import Required, TypedDict, Unpack

from lxml import etree

from vesicle.model.paper import Correction

_UNKNOWN_UI = "D000000"


class Fields(TypedDict, total=False):
    """What a record is made of. What is left out is left out of the record where the DTD lets it be.

    *abstract* is one text, or texts by label. *created* is the day PubMed took the record up; *revised*
    (without one: *created*) the day it was last changed; *published* is as printed: year, month, day,
    each where there is one ("2026 Nov 3"), or a free text ("2026 May-Jun"). *authors* are "Family AB".
    """

    pmid: Required[str]
    title: Required[str]
    abstract: str | Mapping[str, str]
    created: Required[date]
    revised: date
    published: str
    types: Iterable[str]
    doi: str
    corrections: Iterable[Correction]
    authors: Iterable[str]
    journal: str
    mesh: Iterable[str]
    keywords: Iterable[str]
    language: str
    status: str
    version: int


def record(**fields: Unpack[Fields]) -> bytes:
    """Give a PubmedArticle; every text is plain and is escaped here."""
    created = fields["created"]
    revised = fields.get("revised", created)
    status = fields.get("status", "PubMed-not-MEDLINE")
    pmid = escape(fields["pmid"])
    dates = "".join(
        f'<PubMedPubDate PubStatus="{name}">{_day(created)}<Hour>6</Hour><Minute>0</Minute></PubMedPubDate>'
        for name in ("entrez", "pubmed", "medline")
    )
    doi = _element("ArticleId", fields.get("doi", ""), IdType="doi")
    return (
        f'<PubmedArticle>\n<MedlineCitation Status="{escape(status)}" Owner="NLM">\n'
        f'<PMID Version="{fields.get("version", 1)}">{pmid}</PMID>\n'
        f"<DateRevised>{_day(revised)}</DateRevised>\n{_article(fields)}"
        f"<MedlineJournalInfo><MedlineTA>{escape(_journal(fields))}</MedlineTA></MedlineJournalInfo>\n"
        f"{_corrections(fields)}{_mesh(fields)}{_keywords(fields)}</MedlineCitation>\n<PubmedData>\n"
        f"<History>{dates}</History>\n<PublicationStatus>ppublish</PublicationStatus>\n"
        f'<ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>{doi}</ArticleIdList>\n'
        "</PubmedData>\n</PubmedArticle>"
    ).encode()


def retracted(xml: bytes, *, on: date) -> bytes:
    """Give the record as PubMed has it once its paper is retracted: title, type, link and dates."""
    tree = etree.fromstring(xml)
    citation, article = _one(tree, "MedlineCitation"), _one(tree, "MedlineCitation/Article")
    title = _one(article, "ArticleTitle")
    title.text = f"RETRACTED: {title.text or ''}"
    types = _one(article, "PublicationTypeList")
    etree.SubElement(types, "PublicationType", UI="D016441").text = "Retracted Publication"
    _link(citation, Correction(kind="RetractionIn", source=f"Made Up Notices. {on:%Y %b};1:1."))
    revised = citation.find("DateRevised")
    if revised is None:
        revised = etree.Element("DateRevised")
        citation.insert(list(citation).index(article), revised)
    revised[:] = etree.fromstring(f"<DateRevised>{_day(on)}</DateRevised>")
    history = _one(tree, "PubmedData/History")
    marked = etree.SubElement(history, "PubMedPubDate", PubStatus="retracted")
    marked[:] = etree.fromstring(f"<PubMedPubDate>{_day(on)}</PubMedPubDate>")
    return etree.tostring(tree, encoding="utf-8")


def moved(xml: bytes, *, created: date) -> bytes:
    """Give the record as if PubMed had taken it up on another day."""
    tree = etree.fromstring(xml)
    for place in ("MedlineCitation/DateRevised", "PubmedData/History/PubMedPubDate"):
        for found in tree.iterfind(place):
            for name, value in (("Year", created.year), ("Month", created.month), ("Day", created.day)):
                _one(found, name).text = f"{value:02}"
    for found in tree.iterfind("MedlineCitation/Article/Journal/JournalIssue/PubDate/Year"):
        found.text = f"{created.year}"
    return etree.tostring(tree, encoding="utf-8")


def _article(fields: Fields) -> str:
    journal = escape(_journal(fields))
    doi = _element("ELocationID", fields.get("doi", ""), EIdType="doi", ValidYN="Y")
    types = "".join(_element("PublicationType", one, UI=_UNKNOWN_UI) for one in _types(fields))
    return (
        '<Article PubModel="Print-Electronic">\n<Journal><JournalIssue CitedMedium="Internet">'
        f"{_published(fields)}</JournalIssue><Title>{journal}</Title>"
        f"<ISOAbbreviation>{journal}</ISOAbbreviation></Journal>\n"
        f"<ArticleTitle>{escape(fields['title'], quote=False)}</ArticleTitle>\n"
        f"{doi or '<Pagination><MedlinePgn/></Pagination>'}\n{_abstract(fields)}{_authors(fields)}"
        f"<Language>{escape(fields.get('language', 'eng'))}</Language>\n"
        f"<PublicationTypeList>{types}</PublicationTypeList>\n</Article>\n"
    )


def _journal(fields: Fields) -> str:
    return fields.get("journal", "Journal of made-up results")


def _types(fields: Fields) -> Iterable[str]:
    return fields.get("types", ("Journal Article",))


def _published(fields: Fields) -> str:
    printed = fields.get("published", f"{fields['created']:%Y %b}")
    parts = printed.split()
    is_plain = all(part.isalnum() for part in parts) and parts[:1] == [printed[:4]] and len(parts) <= 3
    if not (is_plain and printed[:4].isdecimal()):
        return f"<PubDate>{_element('MedlineDate', printed)}</PubDate>"
    named = zip(("Year", "Month", "Day"), parts, strict=False)
    return "<PubDate>" + "".join(_element(name, part) for name, part in named) + "</PubDate>"


def _abstract(fields: Fields) -> str:
    abstract = fields.get("abstract", "")
    if not abstract:
        return ""
    if isinstance(abstract, str):
        return f"<Abstract>{_element('AbstractText', abstract)}</Abstract>\n"
    parts = (_element("AbstractText", text, Label=label) for label, text in abstract.items())
    return f"<Abstract>{''.join(parts)}</Abstract>\n"


def _authors(fields: Fields) -> str:
    authors = "".join(map(_author, fields.get("authors", ("Example AB",))))
    return f'<AuthorList CompleteYN="Y">{authors}</AuthorList>\n' if authors else ""


def _author(name: str) -> str:
    family, _, initials = name.rpartition(" ")
    if not family or not initials.isupper():
        return f'<Author ValidYN="Y">{_element("CollectiveName", name)}</Author>'
    initial = f"{_element('ForeName', initials)}{_element('Initials', initials)}"
    return f'<Author ValidYN="Y">{_element("LastName", family)}{initial}</Author>'


def _corrections(fields: Fields) -> str:
    found = tuple(fields.get("corrections", ()))
    if not found:
        return ""
    listed = etree.Element("CommentsCorrectionsList")
    for one in found:
        listed.append(_correction(one))
    return etree.tostring(listed, encoding="unicode") + "\n"


def _correction(correction: Correction) -> etree._Element:
    element = etree.Element("CommentsCorrections", RefType=correction.kind)
    etree.SubElement(element, "RefSource").text = correction.source
    if correction.pmid:
        etree.SubElement(element, "PMID", Version="1").text = correction.pmid
    if correction.note:
        etree.SubElement(element, "Note").text = correction.note
    return element


def _mesh(fields: Fields) -> str:
    found = "".join(
        f"<MeshHeading>{_element('DescriptorName', one, UI=_UNKNOWN_UI, MajorTopicYN='N')}</MeshHeading>"
        for one in fields.get("mesh", ())
    )
    return f"<MeshHeadingList>{found}</MeshHeadingList>\n" if found else ""


def _keywords(fields: Fields) -> str:
    found = "".join(_element("Keyword", one, MajorTopicYN="N") for one in fields.get("keywords", ()))
    return f'<KeywordList Owner="NOTNLM">{found}</KeywordList>\n' if found else ""


def _element(name: str, text: str, /, **attributes: str) -> str:
    if not text:
        return ""
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{escape(text, quote=False)}</{name}>"


def _day(day: date) -> str:
    return f"<Year>{day.year}</Year><Month>{day.month:02}</Month><Day>{day.day:02}</Day>"


def _one(tree: etree._Element, path: str) -> etree._Element:
    found = tree.find(path)
    if found is None:
        raise ValueError(f"a record needs {path}")
    return found


def _link(citation: etree._Element, correction: Correction) -> None:
    """Add *correction* where the DTD wants it: before the headings and what follows them."""
    listed = citation.find("CommentsCorrectionsList")
    if listed is None:
        listed = etree.Element("CommentsCorrectionsList")
        before = ("Article", "MedlineJournalInfo", "ChemicalList", "SupplMeshList", "CitationSubset")
        last = max(at for at, child in enumerate(citation) if child.tag in before)
        citation.insert(last + 1, listed)
    listed.append(_correction(correction))
