import json
from pathlib import Path

import pytest

from vesicle.model.errors import ContentError
from vesicle.model.item import Design, Evidence, Subject
from vesicle.render.words import labels, words

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
FILES = {f"words/{path.name}": path.read_text(encoding="utf-8") for path in TEMPLATES.glob("words/*.json")}


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_each_language_has_every_word_with_the_same_gaps(lang: str) -> None:
    english, other = (json.loads(FILES[f"words/{name}.json"]) for name in ("en", lang))
    assert english.keys() == other.keys()
    for key in english:
        assert english[key].count("{") == other[key].count("{"), key


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_every_design_and_subject_has_a_word(lang: str) -> None:
    known = words(FILES, lang)
    assert all(known[name] for name in (*Design, *Subject))


def test_what_a_language_lacks_is_english() -> None:
    files = {"words/en.json": '{"a": "one", "b": "two"}', "words/pt.json": '{"a": "um"}'}
    assert words(files, "pt-BR") == {"a": "um", "b": "two"}
    assert words(files, "de") == {"a": "one", "b": "two"}


def test_words_that_cannot_be_read_name_the_line() -> None:
    with pytest.raises(ContentError) as error:
        words({"words/en.json": '{\n "a": "one"\n "b": 2}'}, "en")
    assert str(error.value.problems[0].where) == "templates/words/en.json:3:2"
    with pytest.raises(ContentError, match="not a table of words"):
        words({"words/en.json": '{"a": {"b": "c"}}'}, "en")


def test_a_word_that_is_nowhere_is_named() -> None:
    with pytest.raises(ContentError, match='there is no word for "peer-reviewed"'):
        labels(Evidence(design=Design.REVIEW, subjects=()), words({}, "en"))


def test_labels_say_review_type_subjects_and_size() -> None:
    evidence = Evidence(
        design=Design.RANDOMISED_TRIAL,
        subjects=(Subject.PEOPLE, Subject.CELLS),
        peer_reviewed=False,
        size="40 people",
    )
    assert labels(evidence, words(FILES, "en")) == (
        "preprint, not yet peer-reviewed",
        "randomised trial",
        "in people",
        "in cells",
        "40 people",
    )


def test_labels_say_that_nothing_is_said() -> None:
    assert labels(None, words(FILES, "en")) == ("type of evidence not stated",)
