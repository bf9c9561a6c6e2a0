"""The validator of lexicons, against the protocol's own cases (bluesky-social/atproto-interop-tests)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.rim.social.lexicon import INTEROP, LEXICONS, Lexicons, is_of_format, problems_of_data

pytestmark = pytest.mark.skipif(not INTEROP.is_dir(), reason="the shared data are not beside the project")

FORMATS = {
    "aturi": "at-uri",
    "datetime": "datetime",
    "did": "did",
    "handle": "handle",
    "language": "language",
    "recordkey": "record-key",
    "tid": "tid",
    "uri": "uri",
}


def cases(path: str) -> list[Any]:
    found: list[Any] = json.loads((INTEROP / path).read_text(encoding="utf-8"))
    return found


def syntax(*names: str) -> Iterator[str]:
    for name in names:
        path = INTEROP / "syntax" / f"{name}.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").split("\n")
            yield from (line for line in lines if line and not line.startswith("#"))


@pytest.fixture(scope="module")
def catalog() -> Lexicons:
    return Lexicons.read(INTEROP / "lexicon" / "catalog")


def test_every_valid_record_is_right(catalog: Lexicons) -> None:
    records = cases("lexicon/record-data-valid.json")
    assert len(records) > 2
    assert {one["name"]: catalog.of_record(one["data"]) for one in records} == {
        one["name"]: [] for one in records
    }


def test_every_invalid_record_is_wrong(catalog: Lexicons) -> None:
    records = cases("lexicon/record-data-invalid.json")
    assert len(records) > 45
    assert [one["name"] for one in records if not catalog.of_record(one["data"])] == []


def test_every_invalid_record_is_wrong_for_the_reason_it_is_there(catalog: Lexicons) -> None:
    """Each but the first lacks nothing else; those of `unknown` have no `integer` either."""
    for one in cases("lexicon/record-data-invalid.json"):
        found = [text for text in catalog.of_record(one["data"]) if text != "/integer: missing"]
        assert found or one["name"] == "missing required field", one["name"]


def test_data_of_the_protocol_are_told_from_others() -> None:
    right, wrong = cases("data-model-valid.json"), cases("data-model-invalid.json")
    assert right
    assert [one["note"] for one in right if list(problems_of_data(one["json"]))] == []
    objects = [one for one in wrong if isinstance(one["json"], dict)]
    assert len(objects) > 10
    assert [one["note"] for one in objects if not list(problems_of_data(one["json"]))] == []


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_takes_what_is_valid_and_nothing_else(name: str) -> None:
    valid = list(syntax(f"{name}_syntax_valid"))
    invalid = list(syntax(f"{name}_syntax_invalid", f"{name}_parse_invalid"))
    assert valid
    assert invalid
    assert [text for text in valid if not is_of_format(text, FORMATS[name])] == []
    assert [text for text in invalid if is_of_format(text, FORMATS[name])] == []


def test_every_type_of_the_lexicons_in_use_is_known() -> None:
    lexicons = Lexicons.read(LEXICONS, is_strict=True)
    post = {"$type": "app.bsky.feed.post", "text": "Hi", "createdAt": "2026-11-26T09:00:00.000Z"}
    assert lexicons.of_record(post) == []
    assert lexicons.of_record(post | {"text": "a" * 301}) != []
    assert lexicons.of_record(post | {"embed": {"$type": "app.bsky.embed.image", "images": []}}) != []
    assert lexicons.of_record(post | {"lang": "en"}) != []
    assert lexicons.of_record(post | {"$type": "app.bsky.feed.nothing"}) != []


def test_a_body_is_held_to_its_procedure() -> None:
    lexicons = Lexicons.read(LEXICONS, is_strict=True)
    login = {"identifier": "birds.test", "password": "p"}
    name = "com.atproto.server.createSession"
    assert lexicons.of_input(name, "application/json", json.dumps(login).encode()) == []
    assert lexicons.of_input(name, "application/json", b'{"identifier": "birds.test"}') != []
    assert lexicons.of_input(name, "text/plain", b"") != []
    assert lexicons.of_input("com.atproto.server.refreshSession", "application/json", b"{}") != []
