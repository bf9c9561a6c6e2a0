from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.item import Item, Status
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Place, Problem
from vesicle.ports import Case, Part
from vesicle.text.citations import paper_id
from vesicle.text.fingerprint import SHINGLE_WORDS, copied, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The fewest words in a row that count as copied; a fingerprint cannot see fewer than twelve."""

    words: int = SHINGLE_WORDS


class Check:
    """What we say of a paper is in our own words: its abstract may be under copyright, and brings its spin.

    Passages are quotes and are not judged; neither is the paper's title, which is how a paper is named.
    """

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS, Part.PAPERS})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield an error for each stretch of a finding that stands in its paper's abstract."""
        for item in case.items:
            paper = case.papers.get(paper_id(item.paper)) if item.paper else None
            if paper and item.status is not Status.RETIRED:
                for name, text, where in _own_texts(item):
                    yield from self._text(name, text, where, paper)

    def _text(self, name: str, text: str, where: Place, paper: FiledPaper) -> Iterator[Problem]:
        title = " ".join(words(paper.paper.title))
        for stretch in copied(paper.fingerprint, text):
            count = stretch.count(" ") + 1
            if count >= self._options.words and stretch not in title:
                yield Problem(
                    code="copied.words",
                    text=f"the {name} copies {count} words in a row from the abstract: “{stretch}”",
                    where=where,
                    mend="say it in your own words; a quote belongs in a claim's `passage:`",
                    why="Abstracts may be under copyright, and their wording carries their spin.",
                )


def _own_texts(item: Item) -> Iterator[tuple[str, str, Place]]:
    yield "title", item.title, item.place("title")
    yield "summary", item.summary, item.place("summary")
    yield "body", item.body, item.place("body")
    yield from (("claim", claim.text, claim.where) for claim in item.claims)
