"""By what two records of papers are told apart, and by what they might belong together. Pure."""

from vesicle.model.paper import Paper
from vesicle.text.fingerprint import words


def paper_identity(paper: Paper) -> str:
    """Give the name that *paper* has whichever source found it: PMID, else DOI, else source and its id."""
    if paper.pmid:
        return f"pmid:{paper.pmid}"
    return f"doi:{paper.doi.lower()}" if paper.doi else f"{paper.source}:{paper.id}"


def title_key(title: str) -> str:
    """Give what is the same in two spellings of one title: its words, case folded, without punctuation.

    Empty for a title that says too little to know a paper by (fewer than four words).
    """
    found = words(title)
    return " ".join(found) if len(found) > 3 else ""
