"""The editor's word on a candidate."""

from dataclasses import dataclass
from datetime import datetime

from vesicle.curate import finding
from vesicle.model.errors import UserError
from vesicle.model.paper import Candidate, CandidateState, Paper
from vesicle.ports import ContentStore, Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping wrote: the draft finding (False where it was there already) and the paper's file."""

    finding: str
    is_new: bool
    paper: str


def keep(name: str, inbox: Inbox, content: ContentStore, *, now: datetime) -> Kept:
    """Make a draft finding of a candidate and file its paper; raises UserError where that is refused."""
    candidate = _found(name, inbox)
    slug, text = finding.draft(candidate, today=now.date())
    paper = content.file_paper(finding.file_of(candidate.paper))
    path = _finding_of(candidate.paper, content) or f"findings/{slug}.md"
    is_new = content.write_new(path, text)
    inbox.decide(name, CandidateState.KEPT, now=now)
    return Kept(finding=path, is_new=is_new, paper=paper)


def skip(name: str, inbox: Inbox, *, because: str, now: datetime) -> Candidate:
    """Remember that a candidate is not for us, and why."""
    candidate = _found(name, inbox)
    inbox.decide(name, CandidateState.SKIPPED, because=because, now=now)
    return candidate


def _finding_of(paper: Paper, content: ContentStore) -> str:
    """Give the path of the finding that there is of *paper*, whatever it is called; empty without one."""
    for item in content.read().items.values():
        known = item.paper
        if known and ((known.pmid and known.pmid == paper.pmid) or (known.doi and known.doi == paper.doi)):
            return item.where.file.removeprefix("content/")
    return ""


def _found(name: str, inbox: Inbox) -> Candidate:
    candidate = inbox.find(name)
    if candidate is None:
        raise UserError(
            f"nothing called '{name}' is in the inbox", mend="list it with `vesicle inbox --state all`"
        )
    return candidate
