"""The fake of E-utilities, asked over loopback, beside what the real ones answer."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from vesicle.model.paper import Correction, Paper
from vesicle.testing.ncbi import Ncbi, demo_records, known_records, real_records, record

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pubmed"
ERRORS = REAL / "eutils" / "errors"
DAY = date(2026, 11, 1)
SIGNED = {"tool": "vesicle", "email": "editor@example.org"}


def made(pmid: int, title: str = "Secretome of cells", **fields: Any) -> bytes:
    return record(pmid=str(pmid), title=title, **{"created": DAY, **fields})


@pytest.fixture(scope="module")
def server() -> Iterator[Ncbi]:
    with Ncbi(demo_records(created=DAY)) as running:
        yield running


def ask(server: Ncbi, tool: str, **params: str | int) -> httpx.Response:
    query = {"db": "pubmed", "retmode": "json", **params, **SIGNED}
    return httpx.get(f"{server.url}/entrez/eutils/{tool}.fcgi", params=query, timeout=30)


def search(server: Ncbi, term: str, **params: str | int) -> dict[str, Any]:
    result: dict[str, Any] = ask(server, "esearch", term=term, **params).json()["esearchresult"]
    return result


def found(server: Ncbi, term: str) -> list[int]:
    return [int(pmid) - 900_000_000 for pmid in search(server, term)["idlist"]]


def pmids(xml: bytes) -> list[str]:
    return [str(pmid) for pmid in etree.fromstring(xml).xpath("PubmedArticle/MedlineCitation/PMID/text()")]


def real(path: Path) -> bytes:
    if not path.is_file():
        pytest.skip(f"the real answers are not beside the project: {path.name}")
    return path.read_bytes()


# What E-utilities finds


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("secretome[tiab]", [1]),
        ("secretome*[ti] OR exosom*[ti]", [5, 3, 1]),
        ('"mesenchymal stromal"[tiab] AND "conditioned medium"[tiab]', [4, 1]),
        ('"stromal mesenchymal"[tiab]', []),
        ("exosomes[ti] NOT review[pt]", [5]),
        ("secretome[ti] OR review[pt] NOT review[pt]", [1]),
        ("secretome[ti] OR (review[pt] NOT review[pt])", [1]),
        ("rats[ti] AND (review[pt] OR secretome[ti])", [1]),
        ("exosomes bone marrow", [5]),
        ('"Randomized Controlled Trial"[pt]', [4]),
        ("controlled trial[pt]", []),
        ("UC-MSC*[tiab]", [2]),
        ('"exosomes joint"[tiab:~6]', [3]),
        ('"exosomes joint"[tiab:~1]', []),
        ("900000002[uid]", [2]),
        ("Sample AB[au]", [4, 2, 1]),
        ('"2026/10/29"[crdt] : "3000"[crdt]', [4, 3, 2, 1]),
        ("2026/10/29:2026/10/30[edat]", [4, 3]),
        ("2026/10/30[lr]", [3]),
        ("2026/10[crdt]", [5, 4, 3, 2]),
        ('mesenchymal[tiab] AND ("2026/10/31"[crdt] : "3000"[crdt])', [2, 1]),
    ],
)
def test_a_search_understands_the_query_language(server: Ncbi, term: str, expected: list[int]) -> None:
    assert found(server, term) == expected


def test_the_translation_tells_how_the_query_was_understood(server: Ncbi) -> None:
    answer = search(
        server, '(secretome*[tiab] OR "stem exosomes"[ti:~2]) AND ("2026/10/31"[crdt] : "3000"[crdt])'
    )
    assert answer["querytranslation"] == (
        '("secretome*"[Title/Abstract] OR "stem exosomes"[Title:~2]) '
        "AND (2026/10/31:3000/12/31[Date - Create])"
    )
    assert not {"errorlist", "warninglist"} & set(answer)


def test_the_query_of_the_watcher_finds_every_demo_paper_without_a_warning(server: Ncbi) -> None:
    cells = (
        '"mesenchymal stem"[tiab] OR "mesenchymal stromal"[tiab] OR "mesenchymal progenitor*"[tiab] '
        'OR MSC[tiab] OR BMSC*[tiab] OR "BM-MSC*"[tiab] OR hUCMSC*[tiab] OR "WJ-MSC*"[tiab] OR DPSC*[tiab] '
        'OR "adipose derived stromal"[tiab] OR "umbilical cord stem"[tiab] OR "Mesenchymal Stem Cells"[mh]'
    )
    secreted = (
        'secretome*[tiab] OR "conditioned medium"[tiab] OR exosom*[tiab] OR "extracellular vesicle*"[tiab] '
        'OR "Culture Media, Conditioned"[mh] OR "Extracellular Vesicles"[mh]'
    )
    notices = '"Retraction of Publication"[pt] OR "Published Erratum"[pt] OR Comment[pt]'
    days = '"2026/10/28"[crdt] : "3000"[crdt]'
    answer = search(server, f"(({cells}) AND ({secreted})) NOT ({notices}) AND ({days})")
    assert answer["count"] == "5"
    assert not {"errorlist", "warninglist"} & set(answer)


def test_a_word_nobody_knows_falls_out_of_the_query_and_is_told(server: Ncbi) -> None:
    answer = search(server, "secretome[tiab] AND secretomme")
    assert answer["querytranslation"] == '"secretome"[Title/Abstract]'
    assert answer["errorlist"] == {"phrasesnotfound": ["secretomme"], "fieldsnotfound": []}
    assert answer["count"] == "1"


def test_a_phrase_with_a_word_nobody_knows_is_searched_by_its_other_words(server: Ncbi) -> None:
    answer = search(server, '"stromal secretome zzyzx"[tiab]')
    assert answer["querytranslation"] == '("stromal"[Title/Abstract] AND "secretome"[Title/Abstract])'
    assert answer["warninglist"]["quotedphrasesnotfound"] == ['"stromal secretome zzyzx"[Title/Abstract]']


def test_a_rare_synonym_that_no_record_has_is_no_unknown_word() -> None:
    with Ncbi([made(1)], known=["Zzyzx"]) as server:
        for term in ("DPSC*[tiab]", "zzyzx[tiab]"):
            answer = search(server, term)
            assert answer["count"] == "0"
            assert answer["warninglist"]["outputmessages"] == ["No items found."]
            assert "errorlist" not in answer


def test_an_unknown_field_is_told(server: Ncbi) -> None:
    assert search(server, "secretome[tiabb]")["errorlist"]["fieldsnotfound"] == ["tiabb"]


@pytest.mark.parametrize("term", ['"2026/13/01"[crdt] : "3000"[crdt]', "2026/02/31[crdt]", "someday[crdt]"])
def test_a_day_that_there_is_not_finds_nothing_and_is_told(server: Ncbi, term: str) -> None:
    answer = search(server, term)
    assert (answer["count"], len(answer["errorlist"]["phrasesnotfound"])) == ("0", 1)


@pytest.mark.parametrize(
    "term", ["(", ")) AND OR", '"', "[tiab]", "a:b", '"--"[ti]', "*[tiab]", "((secretome)"]
)
def test_a_query_that_makes_no_sense_is_answered_all_the_same(server: Ncbi, term: str) -> None:
    assert search(server, term)["count"] in ("0", "1")


def test_days_can_be_given_beside_the_term(server: Ncbi) -> None:
    answer = search(server, "mesenchymal", datetype="edat", mindate="2026/10/31", maxdate="2026/10/31")
    assert answer["idlist"] == ["900000002"]
    assert answer["querytranslation"] == '"mesenchymal"[All Fields] AND 2026/10/31:2026/10/31[Date - Entry]'


def test_a_search_answers_as_xml_and_counts(server: Ncbi) -> None:
    tree = etree.fromstring(ask(server, "esearch", term="mesenchymal", retmode="xml", retmax=2).content)
    assert (tree.findtext("Count"), tree.findtext("RetMax")) == ("5", "2")
    assert tree.xpath("IdList/Id/text()") == ["900000005", "900000004"]
    assert search(server, "mesenchymal", rettype="count") == {"count": "5"}


def test_what_this_server_cannot_do_it_says_aloud(server: Ncbi) -> None:
    assert ask(server, "esearch", term="mesenchymal", reldate=3).status_code == 501
    assert ask(server, "efetch", id="1", rettype="medline", retmode="text").status_code == 501


@pytest.fixture(scope="module")
def crowded() -> Iterator[Ncbi]:
    with Ncbi(made(pmid) for pmid in range(1, 10_051)) as running:
        yield running


def test_a_search_reaches_9999_records_and_no_further(crowded: Ncbi) -> None:
    whole = search(crowded, "secretome[ti]", retmax=100_000)
    assert (whole["count"], whole["retmax"], len(whole["idlist"])) == ("10050", "9999", 9999)
    last = search(crowded, "secretome[ti]", retstart=9998, retmax=10)
    assert last["idlist"] == ["52"]
    adjusted = ["Restrictions achieved. start and count adjusted to 9998, 1"]
    assert last["warninglist"]["outputmessages"] == adjusted


def test_the_history_is_cut_at_the_same_edge_without_a_word(crowded: Ncbi) -> None:
    saved = search(crowded, "secretome[ti]", usehistory="y", retmax=0)
    place = {"WebEnv": saved["webenv"], "query_key": saved["querykey"], "retmode": "xml"}
    page = ask(crowded, "efetch", **place, retstart=9500, retmax=500)
    assert len(pmids(page.content)) == 499
    assert ask(crowded, "efetch", **place, retstart=9999, retmax=1).status_code == 400


# What it answers byte for byte


@pytest.mark.parametrize(
    ("file", "tool", "params"),
    [
        ("errors/esearch_no_items.json", "esearch", {"term": "abcXYZ"}),
        ("errors/esearch_retstart_over_window.json", "esearch", {"term": "mesenchymal", "retstart": "9999"}),
        ("errors/esummary_invalid_uid.json", "esummary", {"id": "abc"}),
        ("errors/esummary_too_many_uids.json", "esummary", {"id": ",".join(map(str, range(1, 502)))}),
        ("biopython_esearch8.xml", "esearch", {"term": "abcXYZ", "retmode": "xml"}),
        ("biopython_esummary8.xml", "esummary", {"retmode": "xml"}),
        ("ncbi_einfo.error.xml", "einfo", {"db": "fleegle", "retmode": "xml"}),
        ("ncbi_esearch.baderror.xml", "esearch", {"db": "fleegle", "term": "x", "retmode": "xml"}),
        ("ncbi_esummary.error.xml", "esummary", {"db": "fleegle", "id": "1", "retmode": "xml"}),
    ],
)
def test_errors_are_those_of_ncbi(server: Ncbi, file: str, tool: str, params: dict[str, str]) -> None:
    expected = real(ERRORS.parent / file)
    answer = ask(server, tool, **params)
    assert answer.status_code == 200
    assert answer.content == expected


def test_the_error_of_the_window_is_no_valid_json(server: Ncbi) -> None:
    answer = ask(server, "esearch", term="mesenchymal", retstart=9999)
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert "9998" in json.loads(answer.text, strict=False)["esearchresult"]["ERROR"]


def test_the_fourth_request_of_a_second_is_refused_and_a_key_allows_ten() -> None:
    now = [0.0]
    with Ncbi(demo_records(), rate=3, clock=lambda: now[0]) as server:
        assert [ask(server, "einfo").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = ask(server, "einfo")
        now[0] = 1.0
        assert ask(server, "einfo").status_code == 200
        keyed = [ask(server, "einfo", api_key="k") for _ in range(11)]
    assert [answer.status_code for answer in keyed] == [200] * 10 + [429]
    assert keyed[-1].json() == {
        "error": "API rate limit exceeded",
        "api-key": "k",
        "count": "11",
        "limit": "10",
    }
    assert refused.content == real(ERRORS / "rate_limit_429.json").replace(b"203.0.113.7", b"127.0.0.1")


# Whole records, and what becomes of them


def test_records_come_as_the_set_that_ncbi_sends_and_unknown_ones_are_absent(server: Ncbi) -> None:
    answer = ask(server, "efetch", id="900000002,77,900000001,900000002", retmode="xml")
    assert answer.content.startswith(b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC')
    assert pmids(answer.content) == ["900000002", "900000001"]
    none = ask(server, "efetch", id="77", retmode="xml")
    assert (none.status_code, pmids(none.content)) == (200, [])
    bad = ask(server, "efetch", id="abc", retmode="xml")
    assert bad.status_code == 400
    assert b"ID list is empty! Possibly it has no correct IDs." in bad.content


def test_only_a_url_that_is_too_long_is_refused(server: Ncbi) -> None:
    ids = [str(pmid) for pmid in range(900_000_001, 900_002_001)]
    few, many = ",".join(ids[:300]), ",".join(ids)
    assert len(pmids(ask(server, "efetch", id=few, retmode="xml").content)) == 5
    assert ask(server, "efetch", id=many, retmode="xml").status_code == 414
    posted = httpx.post(
        f"{server.url}/entrez/eutils/efetch.fcgi", data={"db": "pubmed", "id": many, **SIGNED}
    )
    assert len(pmids(posted.content)) == 5


def test_real_records_come_out_as_they_went_in() -> None:
    path = REAL / "odd_shapes_with_refs.xml.gz"
    real(path)
    records = list(real_records(path))
    with Ncbi(records) as server:
        one = etree.fromstring(records[5]).findtext("MedlineCitation/PMID")
        answer = ask(server, "efetch", id=str(one), retmode="xml").content
        assert records[5] in answer
        assert all(
            ask(server, "esearch", term=term).status_code == 200 for term in ("retracted*", "2021[crdt]")
        )
    assert len(records) == 61


def test_the_search_finds_real_papers_among_thousands() -> None:
    path = REAL / "pubmed21n1298_half.xml.gz"
    real(path)
    with Ncbi(islice(real_records(path), 2000)) as server:
        term = "(MSC[tiab] OR mesenchymal[tiab]) AND (exosom*[tiab] OR secretome*[tiab])"
        ids = search(server, term)["idlist"]
        texts = ask(server, "efetch", id=",".join(ids), retmode="xml").text.casefold()
    assert ids
    assert texts.count("<pubmedarticle>") == len(ids)


def test_summaries_tell_the_types_and_which_records_are_not_there(server: Ncbi) -> None:
    result = ask(server, "esummary", id="900000003,77", version="2.0").json()["result"]
    assert result["uids"] == ["900000003", "77"]
    assert result["900000003"]["pubtype"] == ["Journal Article", "Review"]
    assert result["77"] == {"uid": "77", "error": "cannot get document summary"}


def test_the_fields_can_be_asked_for(server: Ncbi) -> None:
    fields = ask(server, "einfo").json()["einforesult"]["dbinfo"][0]["fieldlist"]
    assert {"TIAB", "CRDT", "MESH"} <= {field["name"] for field in fields}


def test_a_retraction_rewrites_the_record_and_a_search_by_revision_finds_it() -> None:
    with Ncbi(demo_records(created=DAY)) as server:
        server.retract("900000003")
        assert found(server, '("2026/11/02"[lr] : "3000"[lr])') == [3]
        assert found(server, '"Retracted Publication"[pt]') == [3]
        xml = ask(server, "efetch", id="900000003", retmode="xml").content
        notice = httpx.get(f"{server.url}/works/10.99999/DEMO.3").json()["message"]["updated-by"]
        server.delete("900000003")
        assert pmids(ask(server, "efetch", id="900000003", retmode="xml").content) == []
    tree = etree.fromstring(xml)
    assert str(tree.findtext(".//ArticleTitle")).startswith("RETRACTED: [Made up]")
    assert tree.xpath(".//CommentsCorrections/@RefType") == ["RetractionIn"]
    assert [(one["type"], one["source"]) for one in notice] == [("retraction", "publisher")]


def test_every_made_record_is_valid_by_the_dtd() -> None:
    entrez = pytest.importorskip("Bio.Entrez", reason="the DTD comes with biopython, which is not installed")
    dtd = etree.DTD(str(Path(entrez.__file__).parent / "DTDs" / "pubmed_250101.dtd"))
    erratum = Correction(kind="ErratumIn", pmid="3", source="J. 2026;1:1 & 2", note="n")
    odd = made(
        7,
        "a < b & c",
        corrections=[erratum],
        mesh=["Humans"],
        authors=["The Group"],
        published="2026 May-Jun",
    )
    with Ncbi([*demo_records(created=DAY), odd, made(8, authors=[])]) as server:
        server.retract("7")
        server.retract("900000001")
        sent = ask(
            server, "efetch", id="7,8,900000001,900000002,900000003,900000004,900000005", retmode="xml"
        )
    tree = etree.fromstring(sent.content)
    assert dtd.validate(tree), dtd.error_log
    assert tree.findtext(".//ArticleTitle") == "RETRACTED: a < b & c"


def test_demo_papers_say_that_they_are_made_up() -> None:
    trees = [etree.fromstring(xml) for xml in demo_records(created=DAY)]
    assert len(trees) == 5
    for number, tree in enumerate(trees, start=1):
        assert tree.findtext("MedlineCitation/PMID") == f"90000000{number}"
        assert str(tree.findtext(".//ArticleTitle")).startswith("[Made up] ")
        assert tree.findtext(".//ArticleId[@IdType='doi']") == f"10.99999/demo.{number}"


def test_known_papers_have_no_abstract_and_those_without_a_pmid_are_left_out() -> None:
    paper = Paper(
        source="pubmed", id="5", pmid="5", title="T", url="https://x.example", authors=("Eirin A",), year=2021
    )
    unnumbered = Paper(source="content", id="x", title="U", url="https://x.example")
    (xml,) = known_records([paper, unnumbered])
    tree = etree.fromstring(xml)
    assert (tree.findtext(".//PubDate/Year"), tree.findtext(".//Author/LastName")) == ("2021", "Eirin")
    assert tree.find(".//Abstract") is None
