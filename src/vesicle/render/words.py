"""The interface words of a language, from `templates/words/<lang>.po`."""

from collections.abc import Mapping

from vesicle.model.errors import ContentError
from vesicle.model.item import Evidence
from vesicle.model.problem import Place, Problem
from vesicle.render import catalogue
from vesicle.render.catalogue import Forms
from vesicle.render.marks import FOLDER

FALLBACK = "en"


class Words(dict[str, str]):
    """Each word by its key; the name of a design or a subject is the key of its word ("animals").

    A word that has several forms is the singular here. Raises ContentError for a word that is in no file.
    """

    def __init__(self, forms: Mapping[str, Forms]) -> None:
        super().__init__({key: one.texts[0] for key, one in forms.items()})
        self._forms = forms

    def plural(self, key: str, count: int) -> str:
        """Give the form of a word that is said of *count* things, the number itself still to be put in."""
        found = self._forms.get(key)
        return found.of(count) if found else self[key]

    def __missing__(self, key: str) -> str:
        raise ContentError([_missing(key)])


def words(templates: Mapping[str, str], lang: str) -> Words:
    """Give the words of *lang*; what it lacks, or all of them where it is unknown, in English.

    Raises ContentError naming the file and line where one is not readable.
    """
    found: dict[str, Forms] = {}
    for name in dict.fromkeys((FALLBACK, lang.partition("-")[0], lang)):
        file = f"words/{name}.po"
        found.update(catalogue.read(templates[file], FOLDER + file) if file in templates else {})
    return Words(found)


def labels(evidence: Evidence | None, words: Words) -> tuple[str, ...]:
    """Give the labels of a finding in words: reviewed or not, type of evidence, subjects, size."""
    if not evidence:
        return (words["evidence not stated"],)
    review = words["peer-reviewed" if evidence.peer_reviewed else "not peer-reviewed"]
    subjects = (words[subject] for subject in evidence.subjects)
    return tuple(label for label in (review, words[evidence.design], *subjects, evidence.size) if label)


def _missing(key: str) -> Problem:
    return Problem(
        code="words.missing",
        text=f'there is no word for "{key}"',
        where=Place(file=f"{FOLDER}words/{FALLBACK}.po"),
        mend=f'add `msgid "{key}"` with its `msgstr`, or remove the file to use the packaged words',
    )
