"""The records a server holds, with what can be searched in each."""

import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from lxml import etree

_PMID = re.compile(rb"<PMID\b[^>]*>\s*([0-9]+)\s*</PMID>")
_RECORD = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHUNK = 1 << 20
LONG_AGO = date(1, 1, 1)


def real_records(path: str | Path) -> Iterator[bytes]:
    """Yield each PubmedArticle of an update file (`.xml.gz`) byte for byte as it stands there."""
    rest = b""
    with gzip.open(path) as file:
        while chunk := file.read(_CHUNK):
            rest += chunk
            end = 0
            for found in _RECORD.finditer(rest):
                yield found[0]
                end = found.end()
            rest = rest[end:]


def normal(text: str) -> str:
    """Give the words of *text* in small letters with one blank between; hyphens part words, as in PubMed."""
    return " ".join(re.findall(r"\w+", text.casefold()))


class Record:
    """One PubmedArticle; what is in it is read when it is first asked for."""

    def __init__(self, xml: bytes) -> None:
        found = _PMID.search(xml)
        if not found:
            raise ValueError("a record needs a PMID")
        self.xml = xml.strip()
        self.pmid = found[1].decode()
        self._words: dict[str, str] = {}

    @cached_property
    def tree(self) -> etree._Element:
        """Give the parsed record; it is not to be changed."""
        return etree.fromstring(self.xml, _parser())

    def texts(self, path: str) -> list[str]:
        """Give the whole text of each element at *path*, without what is empty."""
        found = (" ".join("".join(one.itertext()).split()) for one in self.tree.iterfind(path))
        return [text for text in found if text]

    def text(self, path: str) -> str:
        """Give the text of the first element at *path*, else nothing."""
        return next(iter(self.texts(path)), "")

    @cached_property
    def title(self) -> str:
        """Give the title as plain text."""
        return self.text("MedlineCitation/Article/ArticleTitle")

    @cached_property
    def sections(self) -> list[tuple[str, str]]:
        """Give label and text of each part of the abstract."""
        parts = self.tree.iterfind("MedlineCitation/Article/Abstract/AbstractText")
        return [(part.get("Label") or "", " ".join("".join(part.itertext()).split())) for part in parts]

    @cached_property
    def types(self) -> list[str]:
        """Give the publication types."""
        return self.texts("MedlineCitation/Article/PublicationTypeList/PublicationType")

    @cached_property
    def authors(self) -> list[str]:
        """Give the authors as "Family AB", groups by their name."""
        people = self.tree.iterfind("MedlineCitation/Article/AuthorList/Author")
        return [_author(person) for person in people]

    @cached_property
    def journal(self) -> str:
        """Give the journal's full name."""
        return self.text("MedlineCitation/Article/Journal/Title")

    @cached_property
    def journal_short(self) -> str:
        """Give the journal's abbreviation."""
        return self.text("MedlineCitation/MedlineJournalInfo/MedlineTA") or self.journal

    @cached_property
    def mesh(self) -> list[str]:
        """Give the MeSH headings."""
        return self.texts("MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName")

    @cached_property
    def doi(self) -> str:
        """Give the DOI, where there is one."""
        return self.text("PubmedData/ArticleIdList/ArticleId[@IdType='doi']") or self.text(
            "MedlineCitation/Article/ELocationID[@EIdType='doi']"
        )

    @cached_property
    def created(self) -> date:
        """Give the create date: the day PubMed took the record up."""
        taken_up = max(self._history("pubmed"), self._history("entrez"))
        return self.revised if taken_up == LONG_AGO else taken_up

    @cached_property
    def entered(self) -> date:
        """Give the Entrez date."""
        return self._history("entrez")

    @cached_property
    def revised(self) -> date:
        """Give the day of the last revision."""
        return _day(self.tree.find("MedlineCitation/DateRevised"))

    @cached_property
    def published(self) -> date:
        """Give the publication date; month and day are 1 where they are not printed, as PubMed has it."""
        printed = self.tree.find("MedlineCitation/Article/Journal/JournalIssue/PubDate")
        return _day(printed)

    @cached_property
    def printed(self) -> str:
        """Give the publication date as printed ("2021 May-Jun")."""
        return " ".join(self.texts("MedlineCitation/Article/Journal/JournalIssue/PubDate/*"))

    @cached_property
    def corrections(self) -> list[tuple[str, str, str]]:
        """Give kind, citation and PMID of each linked record."""
        found = self.tree.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
        return [
            (one.get("RefType") or "", one.findtext("RefSource") or "", one.findtext("PMID") or "")
            for one in found
        ]

    def words(self, field: str) -> str:
        """Give the searchable words of a field of PubMed; each part stands between two "¶"."""
        if field not in self._words:
            self._words[field] = _parts(_FIELDS[field](self))
        return self._words[field]

    @cached_property
    def title_and_abstract(self) -> list[str]:
        """Give what PubMed counts to these: the author's keywords and other abstracts too."""
        abstract = [f"{label} {text}" for label, text in self.sections]
        other = self.texts("MedlineCitation/OtherAbstract/AbstractText")
        return [self.title, *abstract, *other, *self.texts("MedlineCitation/KeywordList/Keyword")]

    @cached_property
    def everything(self) -> list[str]:
        """Give what a word without a field is looked up in."""
        headings = [*self.mesh, *self.types, *self.authors]
        return [*self.title_and_abstract, *headings, self.journal, self.journal_short, self.pmid]

    def _history(self, status: str) -> date:
        return _day(self.tree.find(f"PubmedData/History/PubMedPubDate[@PubStatus='{status}']"))


_FIELDS: dict[str, Callable[[Record], list[str]]] = {
    "ti": lambda record: [record.title],
    "tiab": lambda record: record.title_and_abstract,
    "mh": lambda record: record.mesh,
    "pt": lambda record: record.types,
    "au": lambda record: record.authors,
    "ta": lambda record: [record.journal, record.journal_short],
    "uid": lambda record: [record.pmid],
    "all": lambda record: record.everything,
}

DAYS: dict[str, Callable[[Record], date]] = {
    "crdt": lambda record: record.created,
    "edat": lambda record: record.entered,
    "lr": lambda record: record.revised,
    "pdat": lambda record: record.published,
}
"""Each date of a record by PubMed's field tag."""


class Shelf:
    """Records by PMID, newest PMID first. Safe to change while it is read.

    PubMed's index has every word of 38 million papers, this one only those of a few: *known* words, and
    those of `words.txt`, count as found though no record here has them, or every rare synonym of a query
    would be one that "was not found".
    """

    def __init__(self, records: Iterable[bytes] = (), *, known: Iterable[str] = ()) -> None:
        self._records: dict[str, Record] = {}
        self._known = _shipped_words() | {normal(word) for word in known}
        for xml in records:
            self.put(xml)

    def put(self, xml: bytes) -> None:
        """Take up a record, in place of an earlier one with its PMID."""
        record = Record(xml)
        self._records[record.pmid] = record

    def delete(self, pmid: str) -> None:
        """Forget a record; KeyError when there is none."""
        del self._records[pmid]

    def get(self, pmid: str) -> Record | None:
        """Give one record, or None."""
        return self._records.get(pmid)

    def by_doi(self, doi: str) -> Record | None:
        """Give the record with this DOI, in whatever letters, or None."""
        return next((record for record in self.all() if record.doi.casefold() == doi.casefold()), None)

    def all(self) -> list[Record]:
        """Give every record, the highest PMID first."""
        return sorted(self._records.copy().values(), key=lambda record: -int(record.pmid))

    def newest(self) -> date:
        """Give the latest day that any record was made or revised."""
        return max((max(record.created, record.revised) for record in self.all()), default=LONG_AGO)

    def knows(self, word: str) -> bool:
        """Tell whether *word* (a beginning, where it ends with `*`) is in a record or the lexicon."""
        if word.endswith("*"):
            start = word.removesuffix("*")
            return any(known.startswith(start) for known in self._known) or self._has(f" {start}")
        return word in self._known or self._has(f" {word} ")

    def _has(self, needle: str) -> bool:
        return any(needle in record.words("all") for record in self._records.copy().values())


def day_after(day: date) -> date:
    """Give the next day."""
    return day + timedelta(days=1)


def _shipped_words() -> frozenset[str]:
    return frozenset(files("vesicle.testing.ncbi").joinpath("words.txt").read_text("utf-8").split())


def _parts(texts: Iterable[str]) -> str:
    return " ¶ " + "".join(f"{normal(text)} ¶ " for text in texts)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def _author(person: etree._Element) -> str:
    group = person.findtext("CollectiveName")
    return group or f"{person.findtext('LastName') or ''} {person.findtext('Initials') or ''}".strip()


def _day(element: etree._Element | None) -> date:
    if element is None:
        return LONG_AGO
    text = element.findtext("MedlineDate") or ""
    year = re.search(r"\d{4}", element.findtext("Year") or text)
    if not year:
        return LONG_AGO
    return date(int(year[0]), _month(element.findtext("Month") or text), int(element.findtext("Day") or 1))


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    found = re.search("|".join(_MONTHS), text.casefold())
    return _MONTHS.index(found[0]) + 1 if found else 1
