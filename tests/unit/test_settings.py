from pathlib import Path

import pytest

from vesicle import settings
from vesicle.model.errors import UserError
from vesicle.model.problem import Problem
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
