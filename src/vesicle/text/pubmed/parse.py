import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vesicle.model.paper import Paper
from vesicle.text.pubmed.article import article
from vesicle.text.pubmed.book import book
from vesicle.text.pubmed.parts import pmid_in
from vesicle.text.pubmed.records import children
from vesicle.text.pubmed.tree import tree

# References are 30 % of the bytes of an update file (pubmed21n1298) and nothing of them is read. One cannot
# hold another, while a ReferenceList can.
_REFERENCE = re.compile(rb"<Reference>.*?</Reference>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A record that PubMed has withdrawn (`DeleteCitation`)."""

    pmid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a whole file holds: papers in its order, and the PMIDs of withdrawn records."""

    papers: tuple[Paper, ...]
    deleted: tuple[str, ...] = ()


def papers(xml: bytes) -> Parsed:
    """Read a whole efetch reply. A set without records is what PubMed answers where it has none of the ids.

    Raises as `stream` does.
    """
    found = tuple(stream((xml,)))
    return Parsed(
        papers=tuple(one for one in found if isinstance(one, Paper)),
        deleted=tuple(one.pmid for one in found if isinstance(one, Deleted)),
    )


def stream(chunks: Iterable[bytes]) -> Iterator[Paper | Deleted]:
    """Yield the records of a file that comes in chunks of any size, in its order; one is in memory at a time.

    Versions of one PMID come each by itself. Raises PermanentFailure on anything but a set of PubMed
    records or one record (another root, a document type of its own, another charset, broken XML, no PMID,
    a record over 8 MB), and TemporaryFailure on a file that is empty or cut off.
    """
    for name, record in children(chunks):
        if name == "DeleteCitation":
            yield from (Deleted(pmid=pmid_in(pmid)) for pmid in tree(record).iterchildren("PMID"))
        elif name == "PubmedArticle":
            yield article(tree(_without_references(record)))
        elif name == "PubmedBookArticle":
            yield book(tree(_without_references(record)))


def _without_references(record: bytes) -> bytes:
    # In a comment or CDATA section the words of a tag are no tag.
    return record if b"<!" in record else _REFERENCE.sub(b"", record)
