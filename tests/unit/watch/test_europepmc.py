import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure, UserError
from vesicle.model.paper import Correction, Cursor, Page, Passage
from vesicle.watch.europepmc import Options, Source

TODAY = date(2026, 11, 22)
PREPRINT = {
    "id": "PPR123",
    "source": "PPR",
    "doi": "10.1101/2026.11.01.1",
    "title": "Vesicles of <i>Mus</i> &amp; CO<sub>2</sub>",
    "authorString": "Other A, Next B.",
    "authorList": {"author": [{"fullName": "Other A"}, {"collectiveName": "The Group"}]},
    "bookOrReportDetails": {"publisher": "bioRxiv", "yearOfPublication": 2026},
    "pubYear": "2026",
    "firstPublicationDate": "2026-11-18",
    "dateOfCreation": "2026-11-19",
    "language": "eng",
    "keywordList": {"keyword": ["exosome", "MSC"]},
    "abstractText": "<h4>Background</h4>Why <b>so</b>.<h4>Results</h4><p>That is &lt; 5.</p>",
    "versionNumber": 2,
    "commentCorrectionList": {
        "commentCorrection": [{"id": "777", "source": "MED", "type": "Preprint of", "reference": "J. 2027"}]
    },
}


def reply(ids: Sequence[str], *, count: int, mark: str = "", **more: Any) -> bytes:
    results = [{"id": id_, "title": f"Title {id_}"} for id_ in ids]
    found = {"version": "6.9", "hitCount": count, "resultList": {"result": results}, **more}
    return json.dumps({**found, "nextCursorMark": mark} if mark else found).encode()


class Service:
    """Answers by cursor mark, and remembers what it was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []

    def fetch(self, url: str) -> bytes:
        assert url.startswith("https://www.ebi.ac.uk/europepmc/webservices/rest/search?")
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        return self.answers[self.asked[-1]["cursorMark"]]


def run(answers: dict[str, bytes], cursor: Cursor | None = None) -> tuple[list[Page], Service]:
    service = Service(answers)
    source = Source(Options(query="exosome OR\n secretome"), fetch=service.fetch, today=lambda: TODAY)
    return list(source.fetch(cursor or Cursor(position="2026-11-20"))), service


def test_a_preprint_becomes_a_paper() -> None:
    body = json.dumps({"hitCount": 1, "resultList": {"result": [PREPRINT]}}).encode()
    ((page,), _) = run({"*": body})
    (paper,) = page.papers
    assert (paper.source, paper.id, paper.pmid, paper.doi) == (
        "europepmc",
        "PPR123",
        "",
        "10.1101/2026.11.01.1",
    )
    assert paper.url == "https://europepmc.org/article/PPR/PPR123"
    assert (paper.title, paper.title_html) == (
        "Vesicles of Mus & CO2",
        "Vesicles of <i>Mus</i> &amp; CO<sub>2</sub>",
    )
    assert paper.authors == ("Other A", "The Group")
    assert (paper.journal, paper.published, paper.year) == ("bioRxiv", "2026-11-18", 2026)
    assert (paper.seen, paper.version, paper.language) == (date(2026, 11, 19), 2, "eng")
    assert paper.types == ("Preprint",)
    assert paper.keywords == ("exosome", "MSC")
    assert paper.abstract == (
        Passage(text="Why so.", label="BACKGROUND", html="Why <b>so</b>."),
        Passage(text="That is < 5.", label="RESULTS"),
    )
    assert paper.corrections == (Correction(kind="UpdateIn", pmid="777", source="J. 2027"),)


def test_preprints_by_keyword_are_asked_for_since_the_last_run() -> None:
    _, service = run({"*": reply([], count=0)})
    assert service.asked[0]["query"] == (
        "(exosome OR secretome) AND SRC:PPR AND (CREATION_DATE:[2026-11-15 TO 3000-12-31])"
    )
    assert (service.asked[0]["resultType"], service.asked[0]["pageSize"]) == ("core", "100")


def test_marks_are_followed_until_none_is_given() -> None:
    pages, service = run(
        {
            "*": reply(["a", "b"], count=3, mark="x+/="),
            "x+/=": reply(["c"], count=3, mark="y"),
            "y": reply([], count=3),
        }
    )
    assert [[paper.id for paper in page.papers] for page in pages] == [["a", "b"], ["c"], []]
    assert [asked["cursorMark"] for asked in service.asked] == ["*", "x+/=", "y"]
    assert {page.found for page in pages} == {3}
    assert {page.cursor.position for page in pages} == {"2026-11-22"}


def test_a_mark_that_repeats_ends_the_run() -> None:
    pages, service = run({"*": reply(["a"], count=1, mark="*")})
    assert (len(pages), len(service.asked)) == (1, 1)


def test_a_preprint_that_comes_twice_counts_once() -> None:
    pages, _ = run({"*": reply(["a", "a"], count=2, mark="x"), "x": reply(["a", "b"], count=2)})
    assert [paper.id for page in pages for paper in page.papers] == ["a", "b"]


def test_fewer_than_counted_is_a_failure_after_the_pages_that_came() -> None:
    with pytest.raises(TemporaryFailure, match="counted 3 preprints and gave 2"):
        run({"*": reply(["a", "b"], count=3)})


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b'{"version": "6.9"}', TemporaryFailure, "without a count"),
        (b'{"version": "6.9", "errCode": 404, "errMsg": "bad query"}', PermanentFailure, "bad query"),
        (b'{"errCode": 500, "errMsg": "down"}', TemporaryFailure, "down"),
        (b"<html>Service unavailable</html>", TemporaryFailure, "web page"),
        (b"", TemporaryFailure, "nothing"),
        (reply(["a"], count=1)[:-5], TemporaryFailure, "cut-off"),
    ],
)
def test_an_answer_that_is_none_is_named(body: bytes, kind: type[OutsideError], said: str) -> None:
    with pytest.raises(kind, match=said):
        run({"*": body})


def test_a_version_alone_in_the_middle_is_a_failure() -> None:
    with pytest.raises(TemporaryFailure, match="without a count"):
        run({"*": reply(["a"], count=2, mark="x"), "x": b'{"version": "6.9"}'})


@pytest.mark.parametrize("shape", [None, 1, "x", [], {}, [1], [{"a": 1}], {"author": 7}])
def test_a_field_of_another_shape_breaks_nothing(shape: object) -> None:
    strange = {**dict.fromkeys(PREPRINT, shape), "id": "PPR1"}
    ((page,), _) = run({"*": json.dumps({"hitCount": 1, "resultList": {"result": [strange]}}).encode()})
    assert page.papers[0].id == "PPR1"


@pytest.mark.parametrize(
    "wrong", [{"query": " "}, {"page": 0}, {"page": 1001}, {"overlap_days": -1}, {"first_days": 0}]
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        Options(**{"query": "a", **wrong})
