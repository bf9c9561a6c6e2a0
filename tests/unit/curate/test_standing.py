from typing import Any

import pytest

from vesicle.curate.standing import crossref, gravest, standing
from vesicle.model.paper import Correction, Paper, Standing


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Retracted Publication", Standing.RETRACTED),
        ("Retraction of Publication", Standing.NOTICE),
        ("Expression of Concern", Standing.NOTICE),
        ("Published Erratum", Standing.NOTICE),
        ("Review", Standing.SOUND),
    ],
)
def test_a_publication_type_tells(make: Any, kind: str, expected: Standing) -> None:
    assert standing(make(types=("Journal Article", kind))) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("RetractionIn", Standing.RETRACTED),
        ("RetractedandRepublishedIn", Standing.RETRACTED),
        ("ExpressionOfConcernIn", Standing.CONCERN),
        ("RetractionOf", Standing.NOTICE),
        ("ErratumFor", Standing.NOTICE),
        ("ErratumIn", Standing.CORRECTED),
        ("CommentIn", Standing.SOUND),
        ("UpdateIn", Standing.SOUND),
        ("Cites", Standing.SOUND),
    ],
)
def test_a_link_of_the_record_tells(make: Any, kind: str, expected: Standing) -> None:
    assert standing(make(corrections=(Correction(kind=kind, pmid="2"),))) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("RETRACTED ARTICLE: Moss and sleep", Standing.RETRACTED),
        ("Retracted: Moss and sleep", Standing.RETRACTED),
        ("[Retracted] Moss and sleep", Standing.RETRACTED),
        ("WITHDRAWN: Moss and sleep", Standing.WITHDRAWN),
        ("Retracted articles in nursing: a survey", Standing.SOUND),
        ("Withdrawal of moss in old rats", Standing.SOUND),
        ("Retraction: Moss and sleep", Standing.NOTICE),
        ("Retraction of: Moss and sleep", Standing.NOTICE),
        ("Retraction Note to: Moss and sleep", Standing.NOTICE),
        ("Expression of Concern: Moss and sleep", Standing.NOTICE),
        ("Correction to: Moss and sleep", Standing.NOTICE),
        ("Author Correction: Moss and sleep", Standing.NOTICE),
        ("Corrigendum to 'Moss and sleep'", Standing.NOTICE),
        ("Correction.", Standing.NOTICE),
        ("Correction of scoliosis in twelve girls", Standing.SOUND),
        ("Expression of moss genes in rats", Standing.SOUND),
    ],
)
def test_a_title_tells(make: Any, title: str, expected: Standing) -> None:
    assert standing(make(title)) is expected


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("This article has been retracted at the request of the editor.", Standing.RETRACTED),
        ("The article has been withdrawn by its authors.", Standing.WITHDRAWN),
        ("Moss was retracted from the nest. This article has been read.", Standing.SOUND),
    ],
)
def test_the_opening_of_an_abstract_tells(make: Any, opening: str, expected: Standing) -> None:
    assert standing(make("Moss and sleep", opening)) is expected


def test_a_notice_that_repeats_the_fate_of_its_paper_stays_a_notice(make: Any) -> None:
    told = make("Moss", "This article has been retracted.", types=("Retraction of Publication",))
    assert standing(told) is Standing.NOTICE


@pytest.mark.parametrize(
    ("pmid", "expected"),
    [
        ("27602157", Standing.RETRACTED),
        ("33104149", Standing.RETRACTED),
        ("15320745", Standing.RETRACTED),  # neither type nor link: title and text alone
        ("34093767", Standing.NOTICE),  # carries its article's plain title
        ("34082697", Standing.NOTICE),  # also a published erratum
        ("34092123", Standing.NOTICE),  # names no article
        ("33961770", Standing.NOTICE),  # an erratum with the whole title and an abstract
        ("31861962", Standing.CORRECTED),
        ("34013271", Standing.SOUND),
        ("29744390", Standing.SOUND),
    ],
)
def test_real_records(odd: dict[str, Paper], pmid: str, expected: Standing) -> None:
    assert standing(odd[pmid]) is expected


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        ((), Standing.SOUND),
        (("new_version",), Standing.SOUND),
        (("correction", "retraction"), Standing.RETRACTED),
        (("Expression of Concern",), Standing.CONCERN),
        (("removal",), Standing.WITHDRAWN),
        (("erratum",), Standing.CORRECTED),
    ],
)
def test_crossref_as_second_opinion(updates: tuple[str, ...], expected: Standing) -> None:
    assert crossref(updates) is expected


def test_the_gravest_of_several_counts() -> None:
    assert gravest(Standing.SOUND, Standing.CONCERN, Standing.RETRACTED) is Standing.RETRACTED
    assert gravest() is Standing.SOUND
