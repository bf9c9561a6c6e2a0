import json
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from vesicle.curate.standing import crossref as standing_of_updates
from vesicle.model.errors import NotFound, TemporaryFailure
from vesicle.model.paper import Standing
from vesicle.net import crossref

MAILTO = "editor+papers@example.org"


def answering(*updates: str, asked: list[str] | None = None) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        if asked is not None:
            asked.append(url)
        notices = [{"type": one, "source": "retraction-watch", "DOI": "10.1/notice"} for one in updates]
        message = {"DOI": "10.1/a", "type": "journal-article"} | ({"updated-by": notices} if notices else {})
        return json.dumps({"status": "ok", "message-type": "work", "message": message}).encode()

    return fetch


def updates(fetch: Callable[[str], bytes], doi: str = "10.1/a") -> tuple[str, ...]:
    return crossref.updates(doi, fetch=fetch, mailto=MAILTO)


def test_gives_every_update_in_its_order() -> None:
    found = updates(answering("correction", "retraction"))
    assert found == ("correction", "retraction")
    assert standing_of_updates(found) is Standing.RETRACTED


def test_a_work_without_updates_has_none() -> None:
    assert updates(answering()) == ()
    assert standing_of_updates(()) is Standing.SOUND


def test_that_a_work_updates_another_is_not_an_update_of_it() -> None:
    notice = {"message": {"DOI": "10.1/n", "update-to": [{"type": "retraction", "DOI": "10.1/a"}]}}
    assert updates(lambda url: json.dumps(notice).encode()) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Resource not found.",
        b"<html><title>Crossref is away</title></html>",
        b'{"message": {"updated-by": [{"type": "retra',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"ok"',
        b"{}",
        b'{"message": {"updated-by": [{"source": "publisher"}]}}',
        b'{"message": {"updated-by": ["retraction"]}}',
        b'{"message": {"updated-by": 7}}',
        b'{"message": {"updated-by": null}}',
        b'{"message": null}',
        b'{"message": []}',
        b'{"message": "ok"}',
    ],
)
def test_an_answer_that_is_not_as_documented_may_be_right_later_and_names_the_doi(body: bytes) -> None:
    with pytest.raises(TemporaryFailure, match=r"10\.1/a"):
        updates(lambda url: body)


def test_what_may_work_later_is_told_as_it_is() -> None:
    away = TemporaryFailure("Crossref is away")

    def fetch(url: str) -> bytes:
        raise away

    with pytest.raises(TemporaryFailure) as raised:
        updates(fetch)
    assert raised.value is away


def test_a_doi_that_crossref_does_not_know_has_no_updates() -> None:
    def fetch(url: str) -> bytes:
        raise NotFound("https://api.crossref.org/works/10.1%2Fa answered 404 Not Found")

    assert updates(fetch) == ()


@pytest.mark.parametrize(
    "doi",
    [
        "10.1016/S0140-6736(20)31180-6",
        "10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-1",
        "10.1000/a#b?c=d&e=f",
        "10.1000/100%25+x y",
        "10.1000/../../v1/members",
        "10.1000/สูตร",
    ],
)
def test_whatever_stands_in_a_doi_stays_in_one_part_of_the_path(doi: str) -> None:
    asked: list[str] = []
    updates(answering(asked=asked), doi)
    (url,) = asked
    parts = urlsplit(url)
    *start, last = parts.path.split("/")
    assert url.isascii()
    assert (parts.scheme, parts.netloc, start, parts.fragment) == (
        "https",
        "api.crossref.org",
        ["", "works"],
        "",
    )
    assert unquote(last) == doi
    assert list(parse_qs(parts.query)) == ["mailto"]


def test_says_whom_to_write_to() -> None:
    asked: list[str] = []
    updates(answering(asked=asked))
    assert parse_qs(urlsplit(asked[0]).query) == {"mailto": [MAILTO]}


def test_asks_where_it_is_told_to() -> None:
    asked: list[str] = []
    crossref.updates(
        "10.1/a", fetch=answering(asked=asked), base="http://127.0.0.1:9", mailto="a@example.org"
    )
    assert asked[0].startswith("http://127.0.0.1:9/works/10.1%2Fa?")


def test_without_an_address_none_is_sent() -> None:
    asked: list[str] = []
    crossref.updates("10.1/a", fetch=answering(asked=asked))
    assert asked == ["https://api.crossref.org/works/10.1%2Fa"]
