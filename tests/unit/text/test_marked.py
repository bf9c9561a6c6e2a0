import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import UserError
from vesicle.text.marked import parse


def complaint(text: str) -> tuple[str, int | None]:
    with pytest.raises(UserError) as caught:
        parse(text, file="a.md", first_line=2)
    problem = caught.value.problems[0]
    return problem.code, problem.where.line


def test_every_plain_value_is_the_text_that_was_written() -> None:
    fields = parse("a: no\nb: 2026-11-26\nc: 1e3\nd: 00123\ne: ~\nf: 0x10", file="a.md")
    assert fields.value == {"a": "no", "b": "2026-11-26", "c": "1e3", "d": "00123", "e": "~", "f": "0x10"}


def test_a_field_without_a_value_counts_as_not_written() -> None:
    assert parse("title:\nsummary: ''\nlist: []", file="a.md").value == {"list": []}


def test_places_are_lines_of_the_file_and_columns_from_one() -> None:
    fields = parse("title: A\nclaims:\n  - text: B\n    passage: C", file="a.md", first_line=2)
    place = fields.place(("claims", 0, "passage"))
    assert (place.file, place.line, place.column) == ("a.md", 5, 5)
    assert fields.place(("claims", 0, "nothing")) == fields.place(("claims", 0))


def test_a_tab_is_named_with_its_line() -> None:
    assert complaint("title: A\npaper:\n\tpmid: 1") == ("fields.tab", 4)


def test_a_second_colon_is_named_with_its_line() -> None:
    assert complaint("title: One: two") == ("fields.bad-yaml", 2)


def test_an_unclosed_bracket_is_named() -> None:
    assert complaint("topics: [a, b\ntitle: A")[0] == "fields.bad-yaml"


def test_a_repeated_field_is_named_at_its_second_place() -> None:
    assert complaint("title: A\nstatus: draft\ntitle: B") == ("fields.repeated-key", 4)


def test_aliases_are_refused_so_that_no_file_can_grow_without_bound() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcde", "bcdef", strict=True)
    )
    assert complaint(bomb) == ("fields.bad-yaml", 3)


def test_deep_nesting_is_refused() -> None:
    assert complaint("a: " + "[" * 5000)[0] == "fields.bad-yaml"


def test_a_list_on_top_is_refused() -> None:
    assert complaint("- a\n- b")[0] == "fields.not-fields"


@given(st.text())
def test_any_text_gives_fields_or_a_problem_with_a_place(text: str) -> None:
    try:
        fields = parse(text, file="a.md")
    except UserError as error:
        places = [problem.where for problem in error.problems]
    else:
        places = [fields.where, *fields.places.values()]
    assert all(place.file == "a.md" and place.line for place in places)
