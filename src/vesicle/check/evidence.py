import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.item import Item, Status, Subject
from vesicle.model.problem import Problem, Severity
from vesicle.ports import Case, Part

# Written without spaces between words, so that words cannot be counted.
_UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "zh"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The numbers and words of the rules, to be changed in `config.yaml`.

    *animals* and *cells* are the words that tell a reader who was studied, in every language of the site:
    whole words in ASCII, parts of words in other scripts. *not_subjects* are taken out of the text first,
    because they name what was given rather than who was studied.
    """

    title_most: int = 90
    body_least: int = 40
    body_most: int = 120
    animals: tuple[str, ...] = (
        *("animal", "animals", "mouse", "mice", "rat", "rats", "rodent", "rodents", "rabbit", "rabbits"),
        *(
            "dog",
            "dogs",
            "cat",
            "cats",
            "pig",
            "pigs",
            "sheep",
            "goat",
            "goats",
            "horse",
            "horses",
            "hamsters",
        ),
        *("monkey", "monkeys", "macaque", "macaques", "zebrafish"),
        *("หนู", "สัตว์", "กระต่าย", "สุนัข", "หมู", "แกะ", "แพะ", "ลิง"),
        *("موش", "حیوان", "جانور", "خرگوش"),
    )
    cells: tuple[str, ...] = (
        *("cell", "cells", "cultured", "laboratory", "lab", "in vitro", "dish", "dishes", "test tube"),
        *("organoid", "organoids", "เซลล์", "ห้องปฏิบัติการ", "ห้องทดลอง", "หลอดทดลอง", "จานเพาะ"),
        *("سلول", "آزمایشگاه"),
    )
    not_subjects: tuple[str, ...] = (
        *("stem cell", "stem cells", "stromal cell", "stromal cells", "cell therapy", "cell-free"),
        *("เซลล์ต้นกำเนิด", "สเต็มเซลล์", "سلول‌های بنیادی", "سلول بنیادی"),
    )


class Check:
    """A ready finding tells what kind of evidence it is, in whom, and what it does not show."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.ITEMS})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield the problems of ready findings."""
        for item in case.items:
            if item.is_finding and item.status is Status.READY:
                yield from self._labels(item)
                yield from self._lengths(item)

    def _labels(self, item: Item) -> Iterator[Problem]:
        if not item.caveat.strip():
            yield Problem(
                code="evidence.no-caveat",
                text="a ready finding has no caveat",
                where=item.place("caveat"),
                mend="write `caveat:` with what this study does not show",
            )
        if item.evidence is None:
            yield Problem(
                code="evidence.no-label",
                text="a ready finding does not say what kind of evidence it is",
                where=item.place("evidence"),
                mend="write `evidence:` with design and subjects",
                severity=Severity.WARNING,
            )
        elif not self._tells_subjects(item, item.evidence.subjects):
            studied = " and ".join(item.evidence.subjects)
            yield Problem(
                code="evidence.subjects",
                text=f"{studied} were studied, and neither title nor summary says so",
                where=item.place("title"),
                mend=f"write it in the title or the summary: “{_EXAMPLE[item.evidence.subjects[0]]}”",
                why="Without it, readers take a result in animals or cells for one in people.",
                severity=Severity.WARNING,
            )

    def _tells_subjects(self, item: Item, subjects: tuple[Subject, ...]) -> bool:
        if Subject.PEOPLE in subjects or not subjects:
            return True
        text = f"{item.title}\n{item.summary}".casefold()
        for phrase in self._options.not_subjects:
            text = re.sub(_pattern(phrase), " ", text)
        words = {Subject.ANIMALS: self._options.animals, Subject.CELLS: self._options.cells}
        return any(re.search(_pattern(word), text) for subject in subjects for word in words[subject])

    def _lengths(self, item: Item) -> Iterator[Problem]:
        if len(item.title) > self._options.title_most:
            yield Problem(
                code="evidence.title-long",
                text=f"the headline has {len(item.title)} characters",
                where=item.place("title"),
                mend=f"say it in at most {self._options.title_most}",
                severity=Severity.WARNING,
            )
        count = sum(any(map(str.isalnum, word)) for word in item.body.split())
        least, most = self._options.body_least, self._options.body_most
        if item.lang.partition("-")[0] not in _UNSPACED and not least <= count <= most:
            yield Problem(
                code="evidence.body-length",
                text=f"the body has {count} words",
                where=item.place("body"),
                mend=f"write {least} to {most} words",
                severity=Severity.WARNING,
            )


_EXAMPLE = {
    Subject.ANIMALS: "in rats",
    Subject.CELLS: "in cells in the laboratory",
    Subject.PEOPLE: "in people",
}


def _pattern(word: str) -> str:
    """Match *word* whole where it is ASCII; Thai sets no spaces, and Persian joins endings to a word."""
    word = word.casefold()
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
