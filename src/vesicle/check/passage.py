from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.item import Claim, Item, Status
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Problem, Severity
from vesicle.ports import Case, Part
from vesicle.text.citations import paper_id
from vesicle.text.fingerprint import SHINGLE_WORDS, bears, sentences

_WHY = "Nothing false goes out quietly: whoever doubts a claim finds the passage that bears it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The most sentences of a passage: a longer one hides what bears the claim, and copies the paper."""

    sentences: int = 2


class Check:
    """Every claim of a ready finding quotes the passage of its paper that bears it."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS, Part.PAPERS})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield the problems of findings; a draft's paper may be missing at the price of a warning."""
        for item in case.items:
            if not item.is_finding or item.status is Status.RETIRED:
                continue
            paper = case.papers.get(paper_id(item.paper)) if item.paper else None
            if paper is None:
                yield _no_paper(item)
            if item.status is Status.READY:
                yield from self._claims(item, paper)

    def _claims(self, item: Item, paper: FiledPaper | None) -> Iterator[Problem]:
        if not item.claims:
            yield Problem(
                code="passage.no-claims",
                text="a ready finding has no claims",
                where=item.place("claims"),
                mend="write `claims:` with a text and a passage for each sentence that could be wrong",
                why=_WHY,
            )
        for claim in item.claims:
            yield from self._claim(claim, paper)

    def _claim(self, claim: Claim, paper: FiledPaper | None) -> Iterator[Problem]:
        length = len(sentences(claim.passage))
        if not length:
            yield Problem(
                code="passage.missing",
                text=f"the claim “{claim.text}” has no passage",
                where=claim.where,
                mend="copy the sentence of the paper that bears it into `passage:`",
                why=_WHY,
            )
            return
        if length > self._options.sentences:
            yield Problem(
                code="passage.long",
                text=f"the passage of “{claim.text}” has {length} sentences",
                where=claim.where,
                mend=f"keep the {self._options.sentences} that bear the claim, or split the claim",
            )
        if paper and not bears(paper.fingerprint, claim.passage):
            yield Problem(
                code="passage.not-in-paper",
                text=f"the passage of “{claim.text}” does not stand in the paper's title or abstract",
                where=claim.where,
                mend=f"copy whole sentences, or {SHINGLE_WORDS} words and more, without changing any",
                why=_WHY,
            )


def _no_paper(item: Item) -> Problem:
    severity = Severity.ERROR if item.status is Status.READY else Severity.WARNING
    if item.paper is None:
        return Problem(
            code="passage.no-reference",
            text="a finding does not name its paper",
            where=item.place("paper"),
            mend="write `paper:` with a pmid, a doi, or title, journal and year",
            severity=severity,
        )
    name = paper_id(item.paper)
    return Problem(
        code="passage.no-paper",
        text=f"the paper {name} is not on file, so its passages cannot be checked",
        where=item.place("paper"),
        mend=f"add content/papers/{name}.json; `vesicle keep` writes it for a paper of the inbox",
        why=_WHY,
        severity=severity,
    )
