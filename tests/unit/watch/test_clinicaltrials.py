import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.paper import Cursor, Page, Passage
from vesicle.watch.clinicaltrials import Options, Source

TODAY = date(2026, 11, 22)
TRIAL: dict[str, Any] = {
    "identificationModule": {"nctId": "NCT01234567", "briefTitle": "Vesicles for a made-up ill"},
    "statusModule": {
        "overallStatus": "RECRUITING",
        "studyFirstPostDateStruct": {"date": "2026-11-01", "type": "ACTUAL"},
        "lastUpdatePostDateStruct": {"date": "2026-11-20", "type": "ACTUAL"},
    },
    "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A made-up hospital"}},
    "descriptionModule": {"briefSummary": "A trial\nof nothing."},
    "conditionsModule": {"conditions": ["Made-up ill"], "keywords": ["exosome"]},
}


def reply(ids: Sequence[str], *, count: int | None = None, token: str = "") -> bytes:
    studies = [
        {"protocolSection": {"identificationModule": {"nctId": id_, "briefTitle": id_}}} for id_ in ids
    ]
    counted = {} if count is None else {"totalCount": count}
    return json.dumps({"studies": studies, **counted, **({"nextPageToken": token} if token else {})}).encode()


class Service:
    """Answers by page token, and remembers what it was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []

    def fetch(self, url: str) -> bytes:
        assert url.startswith("https://clinicaltrials.gov/api/v2/studies?")
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        return self.answers[self.asked[-1].get("pageToken", "")]


def run(answers: dict[str, bytes]) -> tuple[list[Page], Service]:
    service = Service(answers)
    source = Source(Options(query="exosome OR\n secretome"), fetch=service.fetch, today=lambda: TODAY)
    return list(source.fetch(Cursor(position="2026-11-20"))), service


def test_a_trial_becomes_a_paper() -> None:
    ((page,), _) = run({"": json.dumps({"totalCount": 1, "studies": [{"protocolSection": TRIAL}]}).encode()})
    (paper,) = page.papers
    assert (paper.source, paper.id) == ("clinicaltrials", "NCT01234567")
    assert paper.url == "https://clinicaltrials.gov/study/NCT01234567"
    assert paper.title == "Vesicles for a made-up ill"
    assert (paper.published, paper.year, paper.seen) == ("2026-11-01", 2026, date(2026, 11, 1))
    assert paper.changed == date(2026, 11, 20)
    assert paper.types == ("Clinical Trial Registration",)
    assert paper.abstract == (Passage(text="A trial of nothing."),)
    assert paper.affiliations == ("A made-up hospital",)
    assert paper.keywords == ("Made-up ill", "exosome")
    assert paper.status == "RECRUITING"


def test_trials_are_asked_for_by_the_day_their_entry_was_posted() -> None:
    _, service = run({"": reply([], count=0)})
    assert service.asked[0]["query.term"] == (
        "(exosome OR secretome) AND AREA[LastUpdatePostDate]RANGE[2026-11-15,MAX]"
    )
    assert (service.asked[0]["countTotal"], service.asked[0]["pageSize"]) == ("true", "100")


def test_tokens_are_followed_and_only_the_first_answer_counts() -> None:
    pages, service = run({"": reply(["NCT1", "NCT2"], count=3, token="t"), "t": reply(["NCT3", "NCT1"])})
    assert [[paper.id for paper in page.papers] for page in pages] == [["NCT1", "NCT2"], ["NCT3"]]
    assert [page.found for page in pages] == [3, 3]
    assert [page.cursor.position for page in pages] == ["2026-11-22"] * 2
    assert len(service.asked) == 2


def test_a_token_that_repeats_ends_the_run() -> None:
    pages, _ = run({"": reply(["NCT1"], count=2, token="t"), "t": reply(["NCT2"], token="t")})
    assert len(pages) == 2


def test_fewer_than_counted_is_a_failure() -> None:
    with pytest.raises(TemporaryFailure, match="counted 3 trials and gave 1"):
        run({"": reply(["NCT1"], count=3)})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nothing"),
        (b"<html>busy</html>", "web page"),
        (b"`query.term` is wrong", "JSON"),
        (b"{}", "without a list"),
        (reply([]), "without a count"),
        (b'{"totalCount": 0}', "without a list"),
        (reply(["NCT1"], count=1)[:-3], "cut-off"),
    ],
)
def test_an_answer_that_is_none_is_named(body: bytes, said: str) -> None:
    with pytest.raises(TemporaryFailure, match=said):
        run({"": body})


@pytest.mark.parametrize("shape", [None, 1, "x", [], {}, [1], {"date": 7}])
def test_a_part_of_another_shape_breaks_nothing(shape: object) -> None:
    strange = {**dict.fromkeys(TRIAL, shape), "identificationModule": {"nctId": "NCT1", "briefTitle": shape}}
    body = json.dumps({"totalCount": 1, "studies": [{"protocolSection": strange}]}).encode()
    ((page,), _) = run({"": body})
    assert page.papers[0].title


@pytest.mark.parametrize(
    "wrong", [{"query": " "}, {"page": 0}, {"page": 1001}, {"overlap_days": -1}, {"first_days": 0}]
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        Options(**{"query": "a", **wrong})
