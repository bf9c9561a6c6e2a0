from datetime import date
from typing import Any

import pytest

from vesicle.curate.links import links
from vesicle.model.paper import Correction, Link, Paper, Relation

TITLE = "Moss and the sleep of old rats in winter"


def related(one: Paper, *others: Paper) -> list[tuple[str, str]]:
    return [(link.relation.name, link.to) for link in links(one, others)]


def test_title_author_and_date_make_probably_the_same_work(make: Any) -> None:
    first = make(TITLE)
    second = make("Moss and the Sleep of Old Rats, in Winter.", pmid="2", authors=("Alan Green",))
    assert links(first, [second]) == (Link(relation=Relation.SAME_WORK, to="pmid:2"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"authors": ("Brown B",)},
        {"seen": date(2024, 1, 1)},
        {"title": "Moss and the sleep of old mice in summer"},
        {"title": "Editorial"},
        {"pmid": "1"},
    ],
)
def test_another_author_date_or_title_is_another_work(make: Any, changes: dict[str, Any]) -> None:
    other = make(**({"title": TITLE, "pmid": "2"} | changes))
    assert links(make(TITLE), [other]) == ()


def test_short_titles_are_never_the_same(make: Any) -> None:
    assert links(make("In this issue"), [make("In this issue", pmid="2")]) == ()


@pytest.mark.parametrize("kind", ["Letter", "Comment", "Editorial", "Published Erratum"])
def test_what_answers_a_paper_under_its_title_is_about_it(make: Any, kind: str) -> None:
    answer = make(TITLE, pmid="2", types=(kind,))
    assert related(answer, make(TITLE)) == [("ABOUT", "pmid:1")]


def test_two_languages_of_one_journal_are_translations(make: Any) -> None:
    english = make(TITLE, doi="10.1000/e")
    both = "eng, spa"
    spanish = make(TITLE, pmid="2", doi="10.1000/s", language=both, journal="Journal of Moss (Madrid)")
    assert related(english, spanish) == [("TRANSLATION", "pmid:2")]


def test_a_preprint_without_a_link_is_found_by_its_title(make: Any) -> None:
    article = make(TITLE)
    preprint = make(TITLE, pmid="", doi="10.1101/2026.01.02", source="europepmc", journal="bioRxiv")
    assert related(preprint, article) == [("PREPRINT_OF", "pmid:1")]
    assert related(article, preprint) == [("ARTICLE_OF", "doi:10.1101/2026.01.02")]


def test_versions_of_a_review_are_not_preprints(make: Any) -> None:
    older = make("Moss for sleep: all that was known before", pmid="2")
    newer = make(TITLE, corrections=(Correction(kind="UpdateOf", pmid="2"),))
    assert links(newer, [older]) == ()


def test_a_republished_paper_is_the_same_work(make: Any) -> None:
    first = make(TITLE, corrections=(Correction(kind="RetractedandRepublishedIn", pmid="2"),))
    assert related(first, make("Another title by now, for good", pmid="2")) == [("SAME_WORK", "pmid:2")]


def test_a_link_without_a_pmid_joins_nothing(make: Any) -> None:
    notice = make("Retraction: moss", corrections=(Correction(kind="RetractionOf", source="J Moss"),))
    assert links(notice, [make(TITLE, pmid="", doi="10.1000/x")]) == ()


@pytest.mark.parametrize(
    ("one", "other", "there", "back"),
    [
        ("34093767", "27602157", "NOTICE_ABOUT", "NOTICED_BY"),  # with its article's plain title
        ("34095918", "33104149", "NOTICE_ABOUT", "NOTICED_BY"),
        ("34091433", "33338532", "NOTICE_ABOUT", "NOTICED_BY"),
        ("34013271", "33576494", "PREPRINT_OF", "ARTICLE_OF"),
        ("30271887", "29744390", "ABOUT", "ABOUT"),
    ],
)
def test_real_records(odd: dict[str, Paper], one: str, other: str, there: str, back: str) -> None:
    assert related(odd[one], odd[other]) == [(there, f"pmid:{other}")]
    assert related(odd[other], odd[one]) == [(back, f"pmid:{one}")]


def test_real_strangers_are_not_linked(odd: dict[str, Paper]) -> None:
    assert links(odd["34089638"], odd.values()) == ()
