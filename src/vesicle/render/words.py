"""The interface words of a language, from `templates/words/<lang>.json`."""

import json
from collections.abc import Mapping

from vesicle.model.errors import ContentError
from vesicle.model.item import Evidence
from vesicle.model.problem import Place, Problem
from vesicle.render.marks import FOLDER

FALLBACK = "en"


class Words(dict[str, str]):
    """Each word by its key; the name of a design or a subject is the key of its word ("animals").

    Raises ContentError for a word that is in no file.
    """

    def __missing__(self, key: str) -> str:
        raise ContentError([_missing(key)])


def words(templates: Mapping[str, str], lang: str) -> Words:
    """Give the words of *lang*; what it lacks, or all of them where it is unknown, in English.

    Raises ContentError naming the file and line where one is not readable.
    """
    found = Words()
    for name in dict.fromkeys((FALLBACK, lang.partition("-")[0], lang)):
        file = f"words/{name}.json"
        found.update(_read(templates[file], FOLDER + file) if file in templates else {})
    return found


def labels(evidence: Evidence | None, words: Words) -> tuple[str, ...]:
    """Give the labels of a finding in words: reviewed or not, type of evidence, subjects, size."""
    if not evidence:
        return (words["evidence not stated"],)
    review = words["peer-reviewed" if evidence.peer_reviewed else "not peer-reviewed"]
    subjects = (words[subject] for subject in evidence.subjects)
    return tuple(label for label in (review, words[evidence.design], *subjects, evidence.size) if label)


def _read(text: str, file: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = Place(file=file, line=error.lineno, column=error.colno)
        raise ContentError([_unreadable(where, error.msg)]) from error
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise ContentError([_unreadable(Place(file=file), "not a table of words")])
    return found


def _unreadable(where: Place, why: str) -> Problem:
    return Problem(
        code="words.unreadable",
        text=f"these words cannot be read: {why}",
        where=where,
        mend='write one JSON object, each line "key": "word" with a comma between',
    )


def _missing(key: str) -> Problem:
    return Problem(
        code="words.missing",
        text=f'there is no word for "{key}"',
        where=Place(file=f"{FOLDER}words/{FALLBACK}.json"),
        mend=f'add a line "{key}": "…", or remove the file to use the packaged words',
    )
