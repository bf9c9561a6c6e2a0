"""How a paper is named and linked."""

import re
import unicodedata
from hashlib import sha256
from urllib.parse import quote

from vesicle.model.item import PaperReference

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMID = re.compile(r"(?i)^pmid:?\s*(\d{1,9})$")


def slugged(text: str, *, most: int = 60) -> str:
    """Give *text* as lower-case ASCII words joined by hyphens, at most *most* characters, cut at a word.

    Empty where *text* has no Latin letter or digit.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    slug = "-".join(re.findall(r"[a-z0-9]+", ascii_text))
    return slug if len(slug) <= most else slug[: most + 1].rpartition("-")[0] or slug[:most]


def paper_id(paper: PaperReference) -> str:
    """Give the file name, without ending, under which `content/papers` keeps *paper*.

    The PMID where known, else the DOI with `/` as `_`, else title and year; a title without Latin letters
    is named by its hash.
    """
    if paper.pmid:
        return paper.pmid
    if paper.doi:
        return re.sub(r"[^a-z0-9.\-]", "_", paper.doi.lower())
    title = slugged(paper.title) or sha256(paper.title.encode()).hexdigest()[:12]
    return f"{title}-{paper.year}" if paper.year else title


def paper_url(paper: PaperReference) -> str:
    """Give the link to the primary source: the DOI, else PubMed; empty where neither is known."""
    if paper.doi:
        return _doi_url(paper.doi)
    return f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}/" if paper.pmid else ""


def source_url(source: str) -> str:
    """Give the link that a snippet's *source* stands for (URL, DOI or `PMID 123`), empty where it is none."""
    source = source.strip()
    if source.startswith("https://"):
        return source
    if found := _PMID.match(source):
        return f"https://pubmed.ncbi.nlm.nih.gov/{found[1]}/"
    return _doi_url(_without_end(doi[0])) if (doi := _DOI.search(source)) else ""


def _doi_url(doi: str) -> str:
    # Old DOIs hold `<`, `>` and `#` (10.1002/(SICI)…3.0.CO;2-#), which a URL may not (DOI Handbook §2.5.2.4).
    return f"https://doi.org/{quote(doi, safe='/:;().,_-+@!*$&=~')}"


def _without_end(doi: str) -> str:
    """Drop the punctuation that ends a sentence, and a bracket that was opened before the DOI."""
    doi = doi.rstrip(".,;:\"'”’")
    return _without_end(doi[:-1]) if doi.endswith((")", "]")) and not re.search(r"[(\[]", doi) else doi
