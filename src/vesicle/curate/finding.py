"""What is written of a kept paper: its draft finding, and the file that keeps what is known of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from vesicle.curate.evidence import is_preprint
from vesicle.curate.standing import standing
from vesicle.model.errors import UserError
from vesicle.model.item import Evidence, PaperReference
from vesicle.model.paper import Candidate, FiledPaper, Paper, Standing
from vesicle.text.citations import paper_id, slugged
from vesicle.text.fingerprint import fingerprint

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMID = re.compile(r"[1-9]\d{0,8}")

_TEXT = """---
# The paper: {title}
# {citation}
# {url}
{remarks}# A headline of at most 90 characters. Say "in mice" or "in cells" where it was not people.
title:
status: draft    # draft, ready or retired: only a ready finding is composed into an issue
updated: {today}
# One plain sentence: what was found, in whom.
summary:
paper:
{paper}
{evidence}
# Each claim is one sentence that can be checked, with the passage of the paper that bears it:
# a quote of at most two sentences, word for word.
claims:
#  - text: One sentence in your words.
#    passage: "The sentence of the paper."
# What the result does not show.
caveat:
topics: []    # such as [extracellular-vesicles, skin]
author:    # who answers for this text: name, role
---
"""
_NO_EVIDENCE = """# Nothing in the record tells the design. Fill this in, or leave it out.
# evidence:
#   design: guideline, systematic review, randomised trial, controlled trial, observational study,
#           case series, case report, review, animal study, laboratory study or opinion
#   subjects: any of [people, animals, cells]"""


def draft(candidate: Candidate, *, today: date) -> tuple[str, str]:
    """Give the slug and the text of a draft finding for the paper of *candidate*.

    What a person must fill in stands empty: title, summary, claims, caveat, topics, author and body. Raises
    UserError for a paper of which no finding may be made: retracted, withdrawn, deleted, under an expression
    of concern, or a notice about another paper.
    """
    paper, judgement = candidate.paper, candidate.judgement
    _refuse(paper, judgement.standing if judgement else Standing.SOUND)
    reference = _reference(paper)
    text = _TEXT.format(
        title=_line(paper.title) or _line(paper.vernacular_title) or "(no title)",
        citation=_citation(paper),
        url=_line(paper.url),
        remarks="".join(f"# {remark}\n" for remark in _remarks(paper)),
        today=today.isoformat(),
        paper="\n".join(_fields(reference)),
        evidence=_evidence(judgement.evidence if judgement else None),
    )
    return slugged(paper.title) or slugged(paper_id(reference)), text


def file_of(paper: Paper) -> FiledPaper:
    """Give what `content/papers` may keep: the record without abstract, and the abstract's fingerprint."""
    bare = replace(paper, abstract=(), other_abstracts=())
    text = "\n\n".join(part.text for part in paper.abstract)
    return FiledPaper(paper=bare, fingerprint=fingerprint(text))


def _refuse(paper: Paper, judged: Standing) -> None:
    for known in (judged, standing(paper)):
        if not known.may_be_promoted:
            is_notice = known is Standing.NOTICE
            mend = "make a finding of the paper it is about" if is_notice else "skip it with `vesicle skip`"
            name = f"PMID {paper.pmid}" if paper.pmid else paper.doi or _line(paper.title)
            raise UserError(f"no finding can be made of {name}: {known.value}", mend=mend)


def _reference(paper: Paper) -> PaperReference:
    """Name the paper as front matter can: by PMID and DOI, else by title, journal and year."""
    pmid = paper.pmid if _PMID.fullmatch(paper.pmid) else ""
    doi = paper.doi if _DOI.fullmatch(paper.doi) else ""
    if pmid or doi:
        return PaperReference(pmid=pmid, doi=doi)
    return PaperReference(title=_line(paper.title), journal=_line(paper.journal), year=paper.year)


def _fields(reference: PaperReference) -> Iterator[str]:
    for name in ("pmid", "doi", "title", "journal"):
        if value := getattr(reference, name):
            yield f"  {name}: {_quoted(value)}"
    if reference.year:
        yield f"  year: {reference.year}"


def _remarks(paper: Paper) -> Iterator[str]:
    if is_preprint(paper):
        yield "This is a preprint: no peers have reviewed it, and the text must say so."
    if standing(paper) is Standing.CORRECTED:
        yield "This paper was corrected. Read the correction before you write:"
        changes = (one for one in paper.corrections if one.kind.endswith("In") and one.kind != "CommentIn")
        yield from (_line(f"  {one.kind}: {one.source} {one.pmid and 'PMID ' + one.pmid}") for one in changes)


def _evidence(label: Evidence | None) -> str:
    if label is None or not label.subjects:
        return (
            _NO_EVIDENCE
            if label is None
            else f"# The design seems to be: {label.design.value}.\n{_NO_EVIDENCE}"
        )
    lines = [
        "# Read off the record by rules: check it against the paper.",
        "evidence:",
        f"  design: {label.design.value}",
        f"  subjects: [{', '.join(label.subjects)}]",
        f"  peer_reviewed: {'true' if label.peer_reviewed else 'false'}",
    ]
    return "\n".join([*lines, f"  size: {_quoted(_line(label.size))}"] if label.size else lines)


def _citation(paper: Paper) -> str:
    authors = f"{paper.authors[0]} et al." if len(paper.authors) > 3 else ", ".join(paper.authors)
    parts = (authors, paper.journal, paper.published or str(paper.year or ""))
    return _line(". ".join(part.rstrip(".") for part in parts if part)) or "(no citation known)"


def _quoted(text: str) -> str:
    # A JSON string is a YAML string in double quotes (YAML 1.2 §1.3).
    return json.dumps(text, ensure_ascii=False)


def _line(text: str) -> str:
    """Give *text* on one line: a line break would end the comment that it stands in."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
