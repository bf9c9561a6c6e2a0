"""Every reply of NCBI that was kept: it is read, or it fails by name; none is an empty success."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.net.eutils import Eutils, Found, Records

REPLIES = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "pubmed" / "eutils"
FILES = sorted(path for path in REPLIES.rglob("*") if path.is_file())
pytestmark = pytest.mark.skipif(not FILES, reason="the real replies are not on this machine")

# The PMID of a record itself; its corrections and references have more.
_PMID = re.compile(rb"<(?:MedlineCitation|BookDocument)\b[^>]*>\s*<PMID[^>]*>(\d+)</PMID>")


def answering(path: Path) -> Eutils:
    body = path.read_bytes()
    return Eutils(fetch=lambda _: body, base="https://e.example", tool="vesicle", email="editor@example.org")


def searched(path: Path) -> Found:
    return answering(path).search("x", start=0, size=20)


def fetched(path: Path) -> Records:
    asked = [found.decode() for found in _PMID.findall(path.read_bytes())] or ["1"]
    return answering(path).records(asked)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_as_the_answer_to_a_search_none_is_an_empty_success(path: Path) -> None:
    with suppress(OutsideError):
        found = searched(path)
        assert found.ids or found.warnings


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_as_the_answer_to_a_fetch_none_is_an_empty_success(path: Path) -> None:
    with suppress(OutsideError):
        assert fetched(path).papers


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        (
            "errors/esearch_retstart_over_window.json",
            PermanentFailure,
            "'retstart' cannot be larger than 9998",
        ),
        ("errors/rate_limit_429.json", TemporaryFailure, "more often than it allows"),
        ("errors/esummary_invalid_uid.json", PermanentFailure, "Invalid uid abc"),
        ("errors/esummary_too_many_uids.json", PermanentFailure, "Too many UIDs"),
        ("ncbi_esearch.baderror.xml", PermanentFailure, "Invalid db name specified: fleegle"),
        ("biopython_epost3.xml", PermanentFailure, "Nothing to store; Some IDs have invalid value"),
        ("biopython_esummary8.xml", PermanentFailure, "Neither query_key nor id specified"),
        ("ncbi_einfo.error.xml", PermanentFailure, "Can not retrieve DbInfo"),
        ("biopython_pubmed3_error.html", TemporaryFailure, "web page"),
    ],
)
def test_errors_are_named_for_what_they_are(name: str, kind: type[OutsideError], said: str) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        searched(REPLIES / name)
    with pytest.raises(OutsideError, match=r"^NCBI E-utilities "):
        fetched(REPLIES / name)


def test_a_phrase_that_pubmed_does_not_know_is_a_warning() -> None:
    found = searched(REPLIES / "errors" / "esearch_no_items.json")
    assert (found.count, found.warnings) == (0, ("phrase not found: abcXYZ",))
    assert found.translation == "(abcXYZ[All Fields])"


def test_articles_and_books_are_all_there() -> None:
    records = [fetched(path) for path in FILES if b"<PubmedArticleSet" in path.read_bytes()]
    assert len(records) >= 7
    assert not any(each.missing for each in records)
