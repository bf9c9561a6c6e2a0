from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from vesicle.check.post import Check, Options
from vesicle.model.item import Item
from vesicle.model.limits import Frame, Length, Limits, Outlet, Unit
from vesicle.model.message import Card, Message, Picture
from vesicle.model.problem import Place, Problem
from vesicle.ports import Case

LIMITS = Limits(
    lengths=(Length(most=30, unit=Unit.GRAPHEMES), Length(most=60, unit=Unit.BYTES)),
    checked=date(2026, 11, 22),
    most_tags=1,
    most_alt=20,
)
GLYPHS = frozenset(map(ord, 'abcdefghijklmnopqrstuvwxyz{}:"'))


@pytest.fixture
def post(finding: Item) -> Message:
    return Message(channel="birds", slug=finding.slug, lang=finding.lang, text="Short.")


def found(message: Message, item: Item, outlets: Mapping[str, Outlet] | None = None) -> list[Problem]:
    known = {"birds": Outlet(name="birds", limits=LIMITS)} if outlets is None else outlets
    case = Case(items=(item,), papers={}, messages=(message,), outlets=known, glyphs=GLYPHS)
    return list(Check(Options()).check(case))


def card(text: str) -> Card:
    return Card(source="", data=f'{{"title": "{text}"}}', frame=Frame(width=16, height=9))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 30, []),
        ("x" * 31, ["31 graphemes, more than 30"]),
        ("ก" * 21, ["63 bytes, more than 60"]),
        ("👩‍🔬" * 31, ["31 graphemes, more than 30", "341 bytes, more than 60"]),
    ],
)
def test_a_text_is_as_long_as_the_channel_counts_it(
    post: Message, finding: Item, text: str, said: list[str]
) -> None:
    problems = found(replace(post, text=text), finding)
    assert [problem.text for problem in problems] == [f"the post for birds has {one}" for one in said]
    assert all(problem.is_error for problem in problems)


def test_each_part_of_a_thread_counts_by_itself(post: Message, finding: Item) -> None:
    parts = ("x" * 20, "y" * 20)
    assert not found(replace(post, text=" ".join(parts), parts=parts), finding)
    assert len(found(replace(post, text="", parts=(*parts, "z" * 31)), finding)) == 1


def test_the_place_is_the_editors_own_words_where_there_are_any(post: Message, finding: Item) -> None:
    long = replace(post, text="x" * 31)
    own = replace(
        finding, places={"social": Place(file="a.md", line=9), "summary": Place(file="a.md", line=3)}
    )
    assert [problem.where.line for problem in found(long, own)] == [9]
    own = replace(finding, places={"summary": Place(file="a.md", line=3)})
    assert [problem.where.line for problem in found(long, own)] == [3]


@pytest.mark.parametrize(
    ("text", "count"), [("#One", 0), ("#One #Two", 1), ("No 1 #2 & &#39; https://a.b/#c #d", 0)]
)
def test_hashtags_are_counted(post: Message, finding: Item, text: str, count: int) -> None:
    outlets = {"birds": Outlet(name="birds", limits=replace(LIMITS, lengths=()))}
    codes = [problem.code for problem in found(replace(post, text=text), finding, outlets)]
    assert codes == ["post.too-many-tags"] * count


def test_an_alternative_text_is_as_long_as_the_channel_takes(post: Message, finding: Item) -> None:
    pictures = (Picture(src="a.png", alt="x" * 21),)
    assert [one.code for one in found(replace(post, pictures=pictures), finding)] == ["post.alt-too-long"]


def test_a_character_that_no_font_has_is_named(post: Message, finding: Item) -> None:
    pictures = (Picture(src="a.png", alt="", card=card("cells 🧫🧫 \u200d")),)
    (problem,) = found(replace(post, pictures=pictures), finding)
    assert problem.text == "no font of the cards has 🧫 (U+1F9EB)"


def test_a_mail_and_a_channel_that_nothing_is_known_of_are_left_alone(post: Message, finding: Item) -> None:
    assert not found(replace(post, channel="email", text="x" * 999), finding)
