"""The E-utilities client against replies made here; `test_eutils_replies.py` has the real ones."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure, UserError
from vesicle.net.eutils import BATCH, WINDOW, Eutils, Found
from vesicle.ports import Fetch

KEY = "0123456789abcdef0123456789abcdef0123"
EMAIL = "editor@example.org"


def client(fetch: Fetch, *, api_key: str = KEY) -> Eutils:
    return Eutils(fetch=fetch, base="https://e.example/eutils/", tool="vesicle", email=EMAIL, api_key=api_key)


def answering(body: bytes | str) -> Eutils:
    return client(lambda _: body.encode() if isinstance(body, str) else body)


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def found(ids: Sequence[str] = (), *, count: int | None = None, **more: Any) -> str:
    result = {"count": str(len(ids) if count is None else count), "idlist": list(ids), **more}
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": result})


def article(pmid: str, *, version: int = 1, title: str = "A title") -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="Publisher"><PMID Version="{version}">{pmid}</PMID>'
        f"<Article><Journal><Title>J</Title></Journal><ArticleTitle>{title}</ArticleTitle></Article>"
        "</MedlineCitation></PubmedArticle>"
    )


def articles(*records: str) -> bytes:
    return f"<?xml version='1.0'?><PubmedArticleSet>{''.join(records)}</PubmedArticleSet>\n".encode()


def search(eutils: Eutils) -> Found:
    return eutils.search("term", start=0, size=20)


def test_tool_email_and_key_go_with_every_request() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return found(["1"]).encode() if "esearch" in url else articles(article("1"))

    eutils = client(fetch)
    search(eutils)
    eutils.records(["1"])
    assert [url.partition("?")[0] for url in asked] == [
        "https://e.example/eutils/esearch.fcgi",
        "https://e.example/eutils/efetch.fcgi",
    ]
    for url in asked:
        sent = parameters(url)
        assert (sent["tool"], sent["email"], sent["api_key"], sent["db"]) == ("vesicle", EMAIL, KEY, "pubmed")
    assert parameters(asked[0])["retmode"] == "json"


def test_without_a_key_none_is_sent() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return found().encode()

    client(fetch, api_key="").search("x", start=0, size=1)
    assert "api_key" not in parameters(asked[0])


@pytest.mark.parametrize(
    ("tool", "email"), [("", EMAIL), ("two words", EMAIL), ("vesicle", ""), ("vesicle", "nobody")]
)
def test_who_does_not_say_who_he_is_may_not_ask(tool: str, email: str) -> None:
    with pytest.raises(UserError, match="NCBI"):
        Eutils(fetch=lambda _: b"", base="https://e.example", tool=tool, email=email)


def test_a_search_gives_count_ids_translation_and_warnings() -> None:
    body = found(
        ["3", "1"],
        count=2,
        querytranslation="(term[All Fields])",
        errorlist={"phrasesnotfound": ["xyzzy"], "fieldsnotfound": ["foo"]},
        warninglist={
            "phrasesignored": ["and"],
            "quotedphrasesnotfound": ['"a b"'],
            "outputmessages": ["Some message.", "No items found."],
        },
    )
    assert search(answering(body)) == Found(
        count=2,
        ids=("3", "1"),
        translation="(term[All Fields])",
        warnings=(
            "phrase not found: xyzzy",
            "field not found: foo",
            "phrase ignored: and",
            'quoted phrase not found: "a b"',
            "Some message.",
        ),
    )


def test_nothing_new_is_no_error_and_no_warning() -> None:
    body = found(warninglist={"outputmessages": ["No items found."]})
    assert search(answering(body)) == Found(count=0, ids=())


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ('{"error": "API rate limit exceeded", "api-key": "203.0.113.7"}', TemporaryFailure, "more often"),
        ('{"error": "API key invalid", "api-key": "KEY"}', PermanentFailure, "does not accept the API key"),
        (
            '{"esearchresult": {"ERROR": "Search Backend failed: busy"}}',
            TemporaryFailure,
            "Backend failed: busy",
        ),
        (
            '{"esearchresult": {"count": "5", "ERROR": "Invalid db name"}}',
            PermanentFailure,
            "Invalid db name",
        ),
        (
            '{"esearchresult": {"ERROR": "a\nb cannot be larger than 9998"}}',
            PermanentFailure,
            "a b cannot be",
        ),
        ('{"error": {"code": 3}}', TemporaryFailure, "without words"),
        ("<html><title>WWW Error 500 Diagnostic</title></html>", TemporaryFailure, "web page"),
        (
            "<eSearchResult><ERROR>Invalid db name specified: x</ERROR></eSearchResult>",
            PermanentFailure,
            "Invalid",
        ),
        ("<eSearchResult><Count>0</Count></eSearchResult>", TemporaryFailure, "eSearchResult, which was not"),
        ("<!-- nothing -->", TemporaryFailure, "neither data nor an error"),
        ("", TemporaryFailure, "nothing"),
        (found(["1", "2"])[:-9], TemporaryFailure, "cut-off"),
        ('{"esearchresult": {}}', TemporaryFailure, "without a count"),
        ('{"esearchresult": {"count": "3"}}', TemporaryFailure, "without a count or without a list"),
        ('{"esearchresult": {"count": "many", "idlist": []}}', TemporaryFailure, "without a count"),
        (found(["1"], count=2), TemporaryFailure, "counted 2 records and named 1 where 2"),
        (found(["1", "1"], count=2), TemporaryFailure, "counted 2 records and named 1"),
        (found(["1", "2"], count=1), TemporaryFailure, "counted 1 records and named 2"),
        (found(["x"]), TemporaryFailure, "no PMIDs"),
        ("{}", TemporaryFailure, "without a count"),
    ],
)
def test_a_reply_that_is_no_whole_answer_has_a_named_failure(
    body: str, kind: type[OutsideError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        search(answering(body))


def test_more_than_was_asked_for_is_cut() -> None:
    assert answering(found(["1", "2", "3"])).search("x", start=0, size=2).ids == ("1", "2")
    assert answering(found(["1", "2"])).search("x", start=0, size=0) == Found(count=2, ids=())


def test_the_rate_limit_says_how_long_to_wait() -> None:
    with pytest.raises(TemporaryFailure) as failure:
        search(answering('{"error": "API rate limit exceeded"}'))
    assert failure.value.wait == timedelta(seconds=1)


@pytest.mark.parametrize("secret", [KEY, "203.0.113.7", "2001:db8:0:1:2:3:4:5"])
def test_neither_key_nor_address_is_in_a_message(secret: str) -> None:
    bodies = (
        json.dumps({"error": f"somebody at {secret} broke it", "api-key": secret}),
        json.dumps({"error": "API rate limit exceeded", "api-key": secret}),
        f"<eSearchResult><ERROR>no {secret}, sorry</ERROR></eSearchResult>",
        f'{{"api-key": "{secret}", ',
    )
    for body in bodies:
        for ask in (search, lambda eutils: eutils.records(["1"])):
            with pytest.raises(OutsideError) as failure:
                ask(answering(body))
            assert secret not in str(failure.value)


@pytest.mark.parametrize("start", [WINDOW, 50_000, -1])
def test_beyond_the_window_nobody_is_asked(start: int) -> None:
    def fetch(url: str) -> bytes:
        raise AssertionError(url)

    with pytest.raises(PermanentFailure, match="first 9,999 records"):
        client(fetch).search("x", start=start, size=1)


def test_a_search_is_cut_at_the_window() -> None:
    asked: list[dict[str, str]] = []

    def fetch(url: str) -> bytes:
        asked.append(parameters(url))
        return found([str(number) for number in range(1, 500)], count=20_000).encode()

    assert client(fetch).search("x", start=9_500, size=500).count == 20_000
    assert (asked[0]["retstart"], asked[0]["retmax"]) == ("9500", "499")


def by_id(*, gone: Sequence[str] = (), sizes: list[int] | None = None) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        ids = parameters(url)["id"].split(",")
        if sizes is not None:
            sizes.append(len(ids))
        return articles(*(article(pmid) for pmid in reversed(ids) if pmid not in gone))

    return fetch


def test_records_come_in_the_order_asked_for_and_the_missing_are_named() -> None:
    records = client(by_id(gone=("5",))).records(["7", "5", "3", "7"])
    assert [paper.pmid for paper in records.papers] == ["7", "3"]
    assert records.missing == ("5",)


def test_records_are_asked_for_in_batches() -> None:
    sizes: list[int] = []
    records = client(by_id(sizes=sizes)).records([str(number) for number in range(1, 2 * BATCH + 2)])
    assert sizes == [BATCH, BATCH, 1]
    assert len(records.papers) == 2 * BATCH + 1


def test_what_is_no_pmid_is_missing_and_never_sent() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(parameters(url)["id"])
        return articles(article("1"))

    assert client(fetch).records(["1", "2,3", "x&db=nuccore", ""]).missing == ("2,3", "x&db=nuccore", "")
    assert asked == ["1"]


def test_nothing_asked_for_asks_nobody() -> None:
    def fetch(url: str) -> bytes:
        raise AssertionError(url)

    assert client(fetch).records([]).papers == ()


def test_of_two_versions_the_higher_is_kept_and_strangers_are_left_out() -> None:
    body = articles(article("1", version=2, title="New"), article("1", title="Old"), article("99"))
    assert [paper.title for paper in answering(body).records(["1"]).papers] == ["New"]


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("", TemporaryFailure, "neither data nor an error"),
        ("ID list is empty! Possibly it has no correct IDs.", TemporaryFailure, "neither data nor an error"),
        ("<html>Bad gateway</html>", TemporaryFailure, "web page"),
        ("<eFetchResult><ERROR>Empty id list</ERROR></eFetchResult>", PermanentFailure, "Empty id list"),
        (articles(article("1"))[:-30].decode(), TemporaryFailure, "cut off"),
        ("<PubmedArticleSet>", TemporaryFailure, "cut off"),
        (articles("<ERROR>Unable to obtain query #1</ERROR>").decode(), TemporaryFailure, "Unable to obtain"),
        ('{"error": "API rate limit exceeded", "api-key": "203.0.113.7"}', TemporaryFailure, "more often"),
        ('{"header": {}}', TemporaryFailure, "neither data nor an error"),
        ("<eLinkResult/>", TemporaryFailure, "eLinkResult, which was not asked for"),
        ("<PubmedArticleSet><Pubmed</PubmedArticleSet>", OutsideError, "."),
    ],
)
def test_records_that_are_none_have_a_named_failure(body: str, kind: type[OutsideError], said: str) -> None:
    with pytest.raises(kind, match=said):
        answering(body).records(["1"])


def test_no_record_at_all_leaves_every_one_missing() -> None:
    assert answering("<PubmedArticleSet></PubmedArticleSet>").records(["1", "2"]).missing == ("1", "2")


PIECES = st.sampled_from(
    (
        "<PubmedArticleSet>",
        "</PubmedArticleSet>",
        "<ERROR>",
        "</ERROR>",
        article("1"),
        "{",
        "}",
        '"error"',
        ":",
        "<!--",
    )
)


@given(st.binary() | st.lists(PIECES).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_raise_only_our_errors(body: bytes) -> None:
    for ask in (search, lambda eutils: eutils.records(["1"])):
        with suppress(OutsideError):
            ask(answering(body))
