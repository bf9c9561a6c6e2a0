from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from vesicle import settings
from vesicle.model.errors import UserError
from vesicle.model.problem import Problem
from vesicle.model.subscriber import Audience
from vesicle.text.marked import parse

SAMPLE = (Path(__file__).resolve().parents[2] / "config.yaml").read_text()


def complaints(text: str) -> tuple[Problem, ...]:
    with pytest.raises(UserError) as caught:
        settings.load(parse(text, file="config.yaml"))
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in SAMPLE
    return SAMPLE.replace(old, new)


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def test_the_sample_configuration_is_read() -> None:
    found = settings.load(parse(SAMPLE, file="config.yaml")).newsletter("conditioned-media")
    assert found.sender.name == "Conditioned Media"
    assert found.sender.domain == "conditioned-media.example"
    assert (found.fallback, found.languages) == ("en", ("en", "th"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("zone: Asia/Bangkok", "zone: Asia/Bangkog", "fields.wrong-value"),
        ("cadence: every thursday at 09:00", "cadence: thursdays", "fields.wrong-value"),
        ("max_items: 5", "max_items: five", "fields.wrong-type"),
        ("approval: person", "approval: nobody", "fields.not-allowed"),
        ("postal_address:", "postal_adress:", "fields.unknown-key"),
        ("<letters@conditioned-media.example>", "<letters>", "fields.wrong-value"),
        ("languages: [en, th]", "languages: [english]", "fields.wrong-value"),
        (
            "https://conditioned-media.example    #",
            "http://conditioned-media.example    #",
            "fields.wrong-value",
        ),
    ],
)
def test_a_slip_is_named_with_its_line(old: str, new: str, code: str) -> None:
    text = changed(old, new)
    assert (code, line_of(text, new)) in {(one.code, one.where.line) for one in complaints(text)}


def test_an_unknown_field_is_told_the_nearest_one() -> None:
    mends = [one.mend for one in complaints(changed("postal_address:", "postal_adress:"))]
    assert "did you mean `postal_address`?" in mends


def test_a_header_cannot_be_injected_through_a_name() -> None:
    text = changed("name: Conditioned Media\n    sender", 'name: "A\\r\\nBcc: x@example.org"\n    sender')
    assert [one.code for one in complaints(text)] == ["fields.wrong-value"]


def test_an_unknown_newsletter_is_told_the_known_ones() -> None:
    with pytest.raises(UserError, match="known: conditioned-media"):
        settings.load(parse(SAMPLE, file="config.yaml")).newsletter("x")


AUDIENCE = """
    audience:
      topics: [sleep, moss]
      languages: [th]
      attributes: {country: TH, 1: no}
      since: 2026-02-01
"""


def test_the_audience_of_a_newsletter_is_read_and_is_everybody_where_none_is_written() -> None:
    def audience(text: str) -> Audience:
        read = settings.load(parse(text, file="config.yaml"))
        return read.newsletter("conditioned-media").audience

    assert audience(SAMPLE) == Audience()
    assert audience(changed("    max_items: 5\n", f"    max_items: 5{AUDIENCE}")) == Audience(
        topics=("sleep", "moss"),
        languages=("th",),
        attributes={"country": "TH", "1": "no"},
        since=date(2026, 2, 1),
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("since: 2026-02-01", "since: in spring", "is not a date"),
        ("languages: [th]", "languages: [Thai]", "language tag"),
        ("languages: [th]", "language: [th]", "no field called"),
        ("topics: [sleep, moss]", "topics: sleep", "must be a list"),
        ("{country: TH, 1: no}", "[country]", "must hold fields"),
    ],
)
def test_a_wrong_audience_is_named(old: str, new: str, text: str) -> None:
    wrong = AUDIENCE.replace(old, new)
    (problem,) = complaints(changed("    max_items: 5\n", f"    max_items: 5{wrong}"))
    assert text in f"{problem.text} {problem.mend}"
    assert problem.where.line


def test_notices_go_out_in_the_name_of_the_first_newsletter_with_one_welcome() -> None:
    read = settings.load(parse(SAMPLE, file="config.yaml"))
    newsletter = read.newsletter("conditioned-media")
    assert read.letterhead() == replace(newsletter, languages=("en", "th", "fa"))
    assert read.notices.steps() == (("welcome-1", timedelta(0)),)


def test_the_welcome_series_is_what_is_written() -> None:
    def steps(text: str) -> tuple[tuple[str, timedelta], ...]:
        read = settings.load(
            parse(f"{SAMPLE}\nnotices:\n  newsletter: conditioned-media\n  {text}\n", file="c")
        )
        return read.notices.steps()

    assert steps("welcome: []") == ()
    assert steps("welcome: [{template: hello}, {template: welcome-2, after_days: 3}]") == (
        ("hello", timedelta(0)),
        ("welcome-2", timedelta(days=3)),
    )


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("newsletter: other", "known: conditioned-media"),
        ("welcome: [{template: ../secret}]", "small letters"),
        ("welcome: [{after_days: -1}]", "greater than or equal to 0"),
        ("welcome: hello", "must be a list"),
    ],
)
def test_wrong_notices_are_named_with_their_line(wrong: str, text: str) -> None:
    written = f"{SAMPLE}\nnotices:\n  {wrong}\n"
    (problem,) = complaints(written)
    assert text in f"{problem.text} {problem.mend}"
    assert problem.where.line == line_of(written, wrong)


def test_without_a_newsletter_there_are_no_notices() -> None:
    read = settings.load(parse("site: {name: A, url: https://a.example}", file="config.yaml"))
    with pytest.raises(UserError, match="no newsletter"):
        read.letterhead()


def test_a_topic_of_the_pages_has_a_name_and_what_stands_behind_it_is_kept() -> None:
    pages = settings.load(parse(SAMPLE, file="config.yaml")).pages
    assert pages.languages == ("en", "th", "fa")
    assert pages.topics["skin"] == {"en": "Skin", "th": "ผิวหนัง", "fa": "پوست"}
    text = changed("skin: {en: Skin, th: ผิวหนัง, fa: پوست}", "skin: {}")
    (problem,) = complaints(text)
    assert "has no name for `skin`" in problem.text
    assert problem.where.line == line_of(text, "  topics:")


def test_nobody_is_told_where_no_editor_is_named() -> None:
    read = settings.load(parse(SAMPLE, file="config.yaml"))
    assert read.editor.mailboxes() == ()
    assert read.desk() == read.newsletter("conditioned-media")


def test_an_editor_is_told_once_however_often_they_are_named() -> None:
    text = f"{SAMPLE}\neditor:\n  addresses: [Ada <ada@x.example>, ada@x.example, bo@x.example]\n"
    assert settings.load(parse(text, file="c")).editor.mailboxes() == ("ada@x.example", "bo@x.example")


def test_what_cannot_be_of_the_words_to_the_editor_is_told_with_its_line() -> None:
    text = f"{SAMPLE}\neditor:\n  addresses: [ada]\n  digest_minutes: 0\n"
    assert sorted(one.where.line or 0 for one in complaints(text)) == [
        line_of(text, "addresses: [ada]"),
        line_of(text, "digest_minutes: 0"),
    ]
    (one,) = complaints(f"{SAMPLE}\neditor:\n  newsletter: other\n")
    assert "`editor newsletter` cannot be `other`" in one.text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cadence: every thursday at 09:00", "cadence: every thursday at 25:00", "no such time"),
        ("cadence: every thursday at 09:00", "cadence: 0 9 31 2 *", "day-of-month"),
        ("bluesky: {by: export}", "bluesky: {by: export, when: [every day at 10:00, tomorrow]}", "tomorrow"),
        ("bluesky: {by: export}", "bluesky: {by: export, when: daily, zone: Mars}", "Mars"),
        ("    port: 1025", "    port: 1025\n    when: every day at 10:00", "channels email when"),
        ("approval: person ", "approval: person\n    when: reader's nine\n    #", "reader's nine"),
    ],
)
def test_a_slip_in_a_calendar_is_named_with_its_line(old: str, new: str, words: str) -> None:
    text = changed(old, new)
    found = [one for one in complaints(text) if words in one.text]
    assert found
    assert found[0].where.line in (
        line_of(text, new.splitlines()[-1]),
        line_of(text, new.splitlines()[0]),
        line_of(text, "when:"),
    )


def test_calendars_of_a_channel_may_be_a_list() -> None:
    text = changed("bluesky: {by: export}", "bluesky: {by: export, when: [every day at 10:00, 0 18 * * 0]}")
    found = settings.load(parse(text, file="config.yaml"))
    assert found.channels["bluesky"].when == "every day at 10:00; 0 18 * * 0"
