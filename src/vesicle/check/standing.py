from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.item import Item, Status
from vesicle.model.paper import Standing
from vesicle.model.problem import Problem, Severity
from vesicle.ports import Case, Part
from vesicle.text.citations import paper_id

_WHY = "Nothing false goes out quietly: what a paper no longer stands for is not told as a result."
_RETIRE = "set `status: retired`, and take it out of the issue"
_CODES = {
    Standing.RETRACTED: ("retracted", "has been retracted", _RETIRE),
    Standing.WITHDRAWN: ("withdrawn", "has been withdrawn", _RETIRE),
    Standing.DELETED: ("deleted", "has been deleted from the source it came from", _RETIRE),
    Standing.CONCERN: (
        "concern",
        "is under an expression of concern",
        "hold the item back until the journal has decided",
    ),
    Standing.NOTICE: (
        "notice",
        "is a notice about another paper",
        "name the paper that the notice is about, if that still stands",
    ),
    Standing.CORRECTED: (
        "corrected",
        "has been corrected",
        "read the correction, and see whether every claim still holds",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """None: a retracted paper is refused everywhere."""


class Check:
    """A finding rests on a paper that stands: not retracted, withdrawn, deleted or in doubt."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS, Part.STANDINGS})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield the problems of findings that are not retired; a paper of unknown standing is passed over."""
        for item in case.items:
            if item.paper and item.status is not Status.RETIRED:
                name = paper_id(item.paper)
                if told := _CODES.get(case.standings.get(name, Standing.SOUND)):
                    yield _problem(item, name, told)


def _problem(item: Item, name: str, told: tuple[str, str, str]) -> Problem:
    code, fate, mend = told
    return Problem(
        code=f"standing.{code}",
        text=f"the paper {name} {fate}",
        where=item.place("paper"),
        mend=mend,
        why=_WHY,
        severity=Severity.WARNING if code == "corrected" else Severity.ERROR,
    )
