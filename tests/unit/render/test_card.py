import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from vesicle.model.item import Item, Kind, Snippet
from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.model.problem import Place
from vesicle.render.card import alt, card
from vesicle.render.story import Source, Story

WIDE = Frame(width=1600, height=900)
TEMPLATES = {"card/default.typ": "#default", "card/pinterest.typ": "#pin"}
PAPER = Source(
    words="Fern A et al., Journal of Moss, 2026, doi:10.5555/moss.1", url="https://doi.org/10.5555/moss.1"
)


def a_story(item: Item, **changes: Any) -> Story:
    made = Story(
        item=item,
        direction="ltr",
        note="",
        labels=("peer-reviewed", "animal study", "in animals", "24 rats"),
        sources=(PAPER,),
        minutes=1,
        picture="",
    )
    return replace(made, **changes)


def made(story: Story, outlet: str = "", templates: Mapping[str, str] = TEMPLATES) -> Card:
    return card(story, frame=WIDE, site="Nowhere Notes", templates=templates, outlet=outlet)


def data(story: Story) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made(story).data)
    return found


@pytest.fixture
def explainer(finding: Item) -> Item:
    where = Place(file="content/explainers/whisper.md")
    return replace(
        finding,
        kind=Kind.EXPLAINER,
        title="What a whisper is",
        paper=None,
        evidence=None,
        snippets=(Snippet(text="It is what a cell says.", source="https://doi.org/10.5555/w", where=where),),
    )


def test_card_of_a_finding_shows_title_summary_labels_and_source(finding: Item) -> None:
    assert data(a_story(finding)) == {
        "dir": "ltr",
        "labels": ["Peer-reviewed", "animal study", "in animals", "24\u00a0rats"],
        "lang": "en",
        "site": "Nowhere Notes",
        "source": "Fern A et al., Journal of Moss, 2026",
        "template": "card/default.typ",
        "text": "Rats on moss slept longer.",
        "title": "Moss and sleep",
    }


def test_card_of_an_explainer_shows_its_first_quote_and_where_that_is_from(explainer: Item) -> None:
    story = a_story(explainer, labels=(), sources=(Source(words="doi.org/10.5555/w", url=""),))
    shown = data(story)
    assert (shown["text"], shown["source"], shown["labels"]) == (
        "It is what a cell says.",
        "doi:10.5555/w",
        [],
    )


def test_card_of_an_explainer_without_quotes_shows_its_summary_and_no_source(explainer: Item) -> None:
    shown = data(a_story(replace(explainer, snippets=()), sources=()))
    assert (shown["text"], shown["source"]) == ("Rats on moss slept longer.", "")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Fern A, Journal of Moss, 2026, PMID 34095124", "Fern A, Journal of Moss, 2026"),
        ("doi:10.5555/moss.1", "doi:10.5555/moss.1"),
        ("PMID 34095124", "PMID 34095124"),
        ("pmc.ncbi.nlm.nih.gov/articles/PMC7666064/", "pmc.ncbi.nlm.nih.gov/articles/PMC7666064"),
    ],
)
def test_source_is_named_by_its_number_only_where_nothing_else_names_it(
    finding: Item, words: str, shown: str
) -> None:
    assert data(a_story(finding, sources=(Source(words=words, url=""),)))["source"] == shown


def test_a_template_of_the_outlet_is_taken_before_the_default(finding: Item) -> None:
    own, other = made(a_story(finding), "pinterest"), made(a_story(finding), "mastodon")
    assert (own.source, json.loads(own.data)["template"]) == ("#pin", "card/pinterest.typ")
    assert (other.source, json.loads(other.data)["template"]) == ("#default", "card/default.typ")


def test_persian_card_runs_from_right_to_left_and_is_named_by_its_language_alone(finding: Item) -> None:
    shown = data(a_story(replace(finding, lang="fa-IR"), direction="rtl"))
    assert (shown["dir"], shown["lang"]) == ("rtl", "fa")


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("TGF-β1 and IL-6", "TGF\u2011β1 and IL\u20116"),
        ("COVID-19, Bcl-2, α-synuclein", "COVID\u201119, Bcl\u20112, α\u2011synuclein"),
        ("MSC-EVs are peer-reviewed", "MSC\u2011EVs are peer-reviewed"),
        ("doses ≥ 3 µg (p < 0.05)", "doses\u00a0≥\u00a03\u00a0µg (p\u00a0<\u00a00.05)"),
        ("70 % of 5 mL", "70\u00a0% of 5\u00a0mL"),
        ("24 rats, 3 groups", "24 rats, 3 groups"),
        ("زخم\u200cهای کوچک", "زخم\u200cهای کوچک"),
        ("two\n  lines\tof 10\u00a0000", "two lines of 10\u00a0000"),
        ("cafe\u0301", "café"),
    ],
)
def test_what_belongs_together_is_held_together(finding: Item, written: str, held: str) -> None:
    assert data(a_story(replace(finding, title=written)))["title"] == held


def test_two_cards_are_one_picture_only_where_they_show_the_same(finding: Item) -> None:
    story = a_story(finding)
    other = a_story(replace(finding, title="Moss and rest"))
    assert made(story) == made(story)
    assert len({made(story).name, made(other).name, made(story, "pinterest").name}) == 3


def test_what_is_written_stays_text_and_is_never_part_of_the_template(finding: Item) -> None:
    title = '#panic("x") $x$ \\ */ "'
    drawn = made(a_story(replace(finding, title=title)))
    assert json.loads(drawn.data)["title"] == title
    assert drawn.source == "#default"


def test_alt_says_what_the_card_shows(finding: Item) -> None:
    assert alt(a_story(finding), site="Nowhere Notes") == (
        "Moss and sleep. Rats on moss slept longer. Peer-reviewed · animal study · in animals · 24 rats. "
        "Fern A et al., Journal of Moss, 2026. Nowhere Notes."
    )


def test_alt_says_a_source_after_a_question_without_another_stop(finding: Item) -> None:
    story = a_story(replace(finding, title="Does moss help?"), labels=(), sources=())
    assert alt(story, site="") == "Does moss help? Rats on moss slept longer."


def test_thai_alt_has_no_full_stops(finding: Item) -> None:
    item = replace(finding, lang="th", title="มอสกับการนอน", summary="หนูนอนนานขึ้น")
    assert alt(a_story(item, labels=(), sources=()), site="") == "มอสกับการนอน หนูนอนนานขึ้น"


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (
            120,
            "Moss and sleep. Peer-reviewed · animal study · in animals · 24 rats. "
            "Fern A et al., Journal of Moss, 2026.",
        ),
        (80, "Moss and sleep. Peer-reviewed · animal study · in animals · 24 rats."),
        (60, "Moss and sleep"),
        (14, "Moss and sleep"),
    ],
)
def test_alt_that_is_too_long_leaves_out_whole_parts(finding: Item, most: int, said: str) -> None:
    assert alt(a_story(finding), site="Nowhere Notes", most=most) == said
    assert len(said) <= most


def test_a_title_too_long_for_alt_is_given_whole(finding: Item) -> None:
    assert alt(a_story(finding), site="Nowhere Notes", most=5) == "Moss and sleep"
