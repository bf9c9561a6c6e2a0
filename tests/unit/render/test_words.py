import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import ContentError
from vesicle.model.item import Design, Evidence, Subject
from vesicle.render import catalogue
from vesicle.render.words import labels, words

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
FILES = {f"words/{path.name}": path.read_text(encoding="utf-8") for path in TEMPLATES.glob("words/*.po")}
GAP = re.compile(r"\{\w+\}")

POLISH = """
msgid ""
msgstr ""
"Language: pl\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "hours"
msgid_plural "hours"
msgstr[0] "{n} godzina"
msgstr[1] "{n} godziny"
msgstr[2] "{n} godzin"
"""


def po(**texts: str) -> str:
    return "\n\n".join(f'msgid "{key}"\nmsgstr "{text}"' for key, text in texts.items())


def place(text: str) -> str:
    """Where a catalogue is broken."""
    with pytest.raises(ContentError) as error:
        words({"words/en.po": text}, "en")
    (problem,) = error.value.problems
    assert problem.mend
    return f"{problem.where} {problem.text}"


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_each_language_has_every_word_with_the_same_gaps(lang: str) -> None:
    english, other = (catalogue.read(FILES[f"words/{name}.po"], "") for name in ("en", lang))
    assert english.keys() == other.keys()
    for key in english:
        gaps = {frozenset(GAP.findall(text)) for one in (english, other) for text in one[key].texts}
        assert len(gaps) == 1, key


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_no_word_is_fuzzy_missing_or_there_twice(lang: str) -> None:
    text = FILES[f"words/{lang}.po"]
    assert len(re.findall(r"^msgid ", text, re.MULTILINE)) == len(catalogue.read(text, "")) + 1


@pytest.mark.parametrize("lang", ["en", "th", "fa"])
def test_every_design_and_subject_has_a_word(lang: str) -> None:
    known = words(FILES, lang)
    assert all(known[name] for name in (*Design, *Subject))


def test_what_a_language_lacks_is_english() -> None:
    files = {"words/en.po": po(a="one", b="two"), "words/pt.po": po(a="um")}
    assert words(files, "pt-BR") == {"a": "um", "b": "two"}
    assert words(files, "de") == {"a": "one", "b": "two"}


def test_what_is_not_translated_or_fuzzy_is_english() -> None:
    other = (
        po(a="um", b="") + '\n\n#, fuzzy\nmsgid "c"\nmsgstr "três"\n\n#~ msgid "d"\n#~| odd\n#~ msgstr "x"'
    )
    files = {"words/en.po": po(a="one", b="two", c="three"), "words/pt.po": other}
    assert words(files, "pt") == {"a": "um", "b": "two", "c": "three"}


def test_a_text_may_be_written_on_several_lines_and_hold_quotation_marks() -> None:
    assert words({"words/en.po": 'msgid "a"\nmsgstr ""\n"one \\"two\\"\\n"\n"three"'}, "en") == {
        "a": 'one "two"\nthree'
    }


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, "godzina"), (2, "godziny"), (5, "godzin"), (22, "godziny"), (12, "godzin"), (72, "godziny")],
)
def test_a_number_has_the_form_of_its_language(count: int, expected: str) -> None:
    assert words({"words/pl.po": POLISH}, "pl").plural("hours", count) == f"{{n}} {expected}"


def test_a_word_of_one_form_is_the_same_for_every_number() -> None:
    english = 'msgid "hours"\nmsgid_plural "hours"\nmsgstr[0] "hour"\nmsgstr[1] "hours"'
    files = {"words/en.po": english, "words/th.po": po(hours="ชั่วโมง")}
    assert [words(files, "en").plural("hours", count) for count in (1, 2)] == ["hour", "hours"]
    assert {words(files, "th").plural("hours", count) for count in (1, 2)} == {"ชั่วโมง"}
    with pytest.raises(ContentError, match='there is no word for "days"'):
        words(files, "th").plural("days", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('msgid "a"\nmsgstr "one"\nmsgid "b\nmsgstr "two"', "3 these words cannot be read: this line"),
        ('{"a": "one"}', "1 these words cannot be read: this line is none of a catalogue, or not here"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "two"', "1 these words cannot be read: missing msgstr"),
        ('"loose"', "1 these words cannot be read: Got line starting with"),
        ('msgstr "one"\nmsgid "a"\nmsgstr "b"', "1 these words"),
        ('msgid "a"\nmsgstr "one"\nmsgstr "two"', "3 these words"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr "two"', "3 these words"),
        ('msgid "a"\nmsgstr[0] "two"', "2 these words"),
        ('msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=x; plural=0;\\n"', "3 these words"),
        ('msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=1; plural=n%0;\\n"', "3 these words"),
        ('msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=n;\\n"', "3 these words"),
        ('msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=exit(n);\\n"', "3 these words"),
    ],
)
def test_words_that_cannot_be_read_name_the_line(text: str, expected: str) -> None:
    assert place(text).startswith(f"templates/words/en.po:{expected}")


_LINES = st.one_of(
    st.sampled_from(
        [
            'msgid ""',
            'msgid "a"',
            'msgid_plural "b"',
            'msgstr ""',
            'msgstr "c"',
            'msgstr[0] "c"',
            'msgstr[9] "d"',
            'msgctxt "e"',
            '"more\\n"',
            '"Plural-Forms: nplurals=3; plural=n%3;\\n"',
            '"Language: xx-\\n"',
            '"Content-Type: text/plain; charset=odd\\n"',
            '"POT-Creation-Date: never\\n"',
            '"PO-Revision-Date: 0001-01-01 00:00+2359\\n"',
            "#, fuzzy",
            "#: \u2068a",
            "#~ msgid",
            "#| msgid",
            "",
        ]
    ),
    st.text(max_size=20),
    st.text(max_size=20).map(lambda text: f'"{text}"'),
)


@given(st.lists(_LINES, max_size=12).map("\n".join))
def test_whatever_stands_in_a_catalogue_is_words_or_told_with_its_line(text: str) -> None:
    try:
        found = words({"words/en.po": text}, "en")
    except ContentError as error:
        (problem,) = error.problems
        assert problem.where.file == "templates/words/en.po"
        assert 1 <= (problem.where.line or 0) <= text.count("\n") + 1
    else:
        assert all(found.values())
        assert all(found.plural(key, count) for key in found for count in (0, 1, 2, 7))


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
