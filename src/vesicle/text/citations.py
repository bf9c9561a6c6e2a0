"""How a paper is named and linked."""

import re
import unicodedata

from vesicle.model.item import PaperReference

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMID = re.compile(r"(?i)^pmid:?\s*(\d{1,9})$")


def slugged(text: str, *, most: int = 60) -> str:
    """Give *text* as lower-case ASCII words joined by hyphens, at most *most* characters, cut at a word."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    slug = "-".join(re.findall(r"[a-z0-9]+", ascii_text))
    return slug if len(slug) <= most else slug[: most + 1].rpartition("-")[0]


def paper_id(paper: PaperReference) -> str:
    """Give the file name, without ending, under which `content/papers` keeps *paper*.

    The PMID where known, else the DOI with `/` as `_`, else title and year.
    """
    if paper.pmid:
        return paper.pmid
    if paper.doi:
        return re.sub(r"[^a-z0-9.\-]", "_", paper.doi.lower())
    return f"{slugged(paper.title)}-{paper.year}"


def paper_url(paper: PaperReference) -> str:
    """Give the link to the primary source: the DOI, else PubMed; empty where neither is known."""
    if paper.doi:
        return f"https://doi.org/{paper.doi}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}/" if paper.pmid else ""


def source_url(source: str) -> str:
    """Give the link that a snippet's *source* stands for (URL, DOI or `PMID 123`), empty where it is none."""
    source = source.strip()
    if source.startswith("https://"):
        return source
    if found := _PMID.match(source):
        return f"https://pubmed.ncbi.nlm.nih.gov/{found[1]}/"
    return f"https://doi.org/{doi[0]}" if (doi := _DOI.search(source)) else ""
