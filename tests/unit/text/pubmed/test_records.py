from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import OutsideError, PermanentFailure, TemporaryFailure
from vesicle.model.paper import Paper
from vesicle.text.pubmed import Deleted, Parsed, papers, stream

Build = Callable[..., bytes]
Record = Callable[..., str]

DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!-- made up -->\n<!DOCTYPE PubmedArticleSet PUBLIC '
    '"-//NLM//DTD PubMedArticle, 1st January 2025//EN"\n "https://dtd.nlm.nih.gov/pubmed_250101.dtd">\n'
)
DELETED = "<DeleteCitation><PMID Version='1'>7</PMID><PMID>8</PMID></DeleteCitation>"


def pmids(parsed: Parsed) -> list[str]:
    return [paper.pmid for paper in parsed.papers]


def test_records_and_withdrawn_records_come_in_their_order(article_set: Build, record: Record) -> None:
    xml = article_set(record(), "\n<!-- between -->", record(pmid="<PMID>5</PMID>"), DELETED, prolog=DOCTYPE)
    parsed = papers(xml)
    assert pmids(parsed) == ["123", "5"]
    assert parsed.deleted == ("7", "8")


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_it_does_not_matter_where_a_file_is_cut_into_chunks(
    article_set: Build, record: Record, size: int
) -> None:
    xml = article_set(record(), record(pmid="<PMID>5</PMID>"), DELETED, prolog="\ufeff" + DOCTYPE) + b"\n\n"
    chunks = [xml[at : at + size] for at in range(0, len(xml), size)]
    found = list(stream((*chunks, b"")))
    assert found == list(stream((xml,)))
    assert [type(one) for one in found] == [Paper, Paper, Deleted, Deleted]


def test_records_are_given_before_the_file_is_read_to_its_end(article_set: Build, record: Record) -> None:
    first, last = article_set(record()).split(b"</PubmedArticleSet>")

    def chunks() -> Iterator[bytes]:
        yield first.ljust(70_000)
        raise AssertionError("the second chunk was asked for")

    assert isinstance(next(stream(chunks())), Paper)
    assert not last


@pytest.mark.parametrize("root", ["PubmedArticleSet", "PubmedBookArticleSet"])
def test_a_set_without_records_says_that_pubmed_has_none(root: str) -> None:
    assert papers(f"<{root}></{root}>".encode()) == Parsed(papers=(), deleted=())
    assert papers(f"<{root}/>\n".encode()) == Parsed(papers=(), deleted=())


def test_a_record_may_stand_alone(record: Record) -> None:
    assert pmids(papers(record().encode())) == ["123"]


@pytest.mark.parametrize(
    "reply",
    [
        "<eSearchResult><ERROR>Invalid db name specified</ERROR></eSearchResult>",
        "<html><body>WWW Error 500 Diagnostic</body></html>",
        "<!doctype html><html></html>",
        '{"error":"API rate limit exceeded","api-key":"10.0.0.1"}',
        "Error: bad id",
        "<PubmedArticleSet><ERROR>no such id</ERROR></PubmedArticleSet>",
        "<PubmedArticleSet><Note>nothing known</Note></PubmedArticleSet>",
        "<PubmedArticleSet>words</PubmedArticleSet>",
        "<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>",
        "<PubmedArticleSet><PubmedArticle></PubmedArticle></PubmedArticleSet>",
        "<PubmedArticleSet></PubmedBookArticleSet>",
        "<PubmedArticleSet/><PubmedArticleSet/>",
        "<PubmedArticleSet/>words",
        "<PubmedArticleSet><DeleteCitation><PMID>x</PMID></DeleteCitation></PubmedArticleSet>",
        "<feed xmlns='http://www.w3.org/2005/Atom'/>",
    ],
)
def test_a_reply_that_holds_no_records_is_never_an_empty_success(reply: str) -> None:
    with pytest.raises(PermanentFailure):
        papers(reply.encode())


def test_an_error_beside_records_is_not_passed_over(article_set: Build, record: Record) -> None:
    with pytest.raises(PermanentFailure, match="ERROR"):
        papers(article_set(record(), "<ERROR>the other ids failed</ERROR>"))


def test_an_error_does_not_repeat_what_the_reply_says() -> None:
    with pytest.raises(PermanentFailure) as failure:
        papers(b'{"error":"API rate limit exceeded","api-key":"10.0.0.1"}')
    assert "10.0.0.1" not in str(failure.value)


@pytest.mark.parametrize(
    "pmid", ["", "<PMID/>", "<PMID>12a</PMID>", "<PMID>../1</PMID>", "<PMID>１２</PMID>"]
)
def test_a_record_without_a_pmid_is_refused(article_set: Build, record: Record, pmid: str) -> None:
    with pytest.raises(PermanentFailure, match="no PMID"):
        papers(article_set(record(pmid=pmid)))


def test_a_file_that_is_cut_off_may_come_whole_later(article_set: Build, record: Record) -> None:
    whole = article_set(record(), prolog=DOCTYPE)
    for end in range(len(whole)):
        with pytest.raises(TemporaryFailure, match="cut off"):
            papers(whole[:end])


def test_broken_xml_inside_a_record_is_refused(article_set: Build) -> None:
    body = "<PubmedArticle><MedlineCitation><PMID>1</PMID></PubmedArticle>"
    with pytest.raises(PermanentFailure, match="cannot be read"):
        papers(article_set(body))


@pytest.mark.parametrize(
    "around",
    ["<!-- </PubmedArticle><PubmedArticle> -->", "<![CDATA[</PubmedArticle>]]>"],
)
def test_a_tag_in_a_comment_never_makes_two_records_of_one(
    article_set: Build, record: Record, around: str
) -> None:
    with pytest.raises(PermanentFailure, match="cannot be read"):
        papers(article_set(record(f"<ArticleTitle>a{around}b</ArticleTitle>")))


BOMB = (
    "<!DOCTYPE PubmedArticleSet [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        "<!DOCTYPE PubmedArticleSet [<!ENTITY i SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE PubmedArticleSet SYSTEM 'http://127.0.0.1:9/x.dtd' [<!ENTITY % p SYSTEM 'x'> %p;]>",
        "<!DOCTYPE PubmedArticleSet [ ]>",
    ],
)
def test_a_document_type_of_its_own_is_refused_unread(
    article_set: Build, record: Record, prolog: str
) -> None:
    with pytest.raises(PermanentFailure, match="document type"):
        papers(article_set(record("<ArticleTitle>&i;</ArticleTitle>"), prolog=prolog))


def test_an_entity_that_only_the_remote_dtd_could_declare_is_refused(
    article_set: Build, record: Record
) -> None:
    with pytest.raises(PermanentFailure, match="not defined"):
        papers(article_set(record("<ArticleTitle>&nbsp;</ArticleTitle>"), prolog=DOCTYPE))


def test_a_document_type_inside_a_record_is_refused(article_set: Build, record: Record) -> None:
    inside = "<!DOCTYPE x [<!ENTITY i 'ha'>]><ArticleTitle>&i;</ArticleTitle>"
    with pytest.raises(PermanentFailure, match="cannot be read"):
        papers(article_set(record(inside)))


def test_nesting_beyond_reason_is_refused(article_set: Build, record: Record) -> None:
    deep = "<i>" * 5000 + "</i>" * 5000
    with pytest.raises(PermanentFailure, match="depth"):
        papers(article_set(record(f"<ArticleTitle>{deep}</ArticleTitle>")))


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7"])
def test_another_charset_than_utf_8_is_refused(article_set: Build, record: Record, charset: str) -> None:
    xml = article_set(record("<ArticleTitle>Dupr\u00e9</ArticleTitle>")).decode()
    for prolog in ("", f"<?xml version='1.0' encoding='{charset}'?>"):
        if prolog or charset != "utf-7":
            with pytest.raises(PermanentFailure):
                papers((prolog + xml).encode(charset))


def test_a_declared_charset_is_refused_even_where_it_makes_no_difference(article_set: Build) -> None:
    with pytest.raises(PermanentFailure, match="ISO-8859-1"):
        papers(article_set(prolog="<?xml version='1.0' encoding='ISO-8859-1'?>"))


def test_a_record_over_the_limit_is_refused_however_it_comes(article_set: Build, record: Record) -> None:
    xml = article_set(record(f"<ArticleTitle>{'a' * 9_000_000}</ArticleTitle>"))
    for chunks in ((xml,), [xml[at : at + 65536] for at in range(0, len(xml), 65536)]):
        with pytest.raises(PermanentFailure, match="longer than 8 MB"):
            list(stream(chunks))


def test_a_large_record_under_the_limit_is_read(article_set: Build, record: Record) -> None:
    xml = article_set(record(f"<ArticleTitle>{'a' * 7_000_000}</ArticleTitle>"))
    (paper,) = papers(xml).papers
    assert len(paper.title) == 7_000_000


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_raise_only_our_errors(data: bytes) -> None:
    with suppress(OutsideError):
        papers(data)


PIECE = st.sampled_from(
    (
        "<PubmedArticle>",
        "</PubmedArticle>",
        "<PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle>",
        "<PubmedBookArticle><BookDocument><PMID>2</PMID></BookDocument></PubmedBookArticle>",
        "<DeleteCitation><PMID>3</PMID></DeleteCitation>",
        "<!-- -->",
        "<![CDATA[",
        "<?p?>",
        "]]>",
        "<Other a='>'/>",
        "&amp;",
        "<",
        ">",
        " ",
    )
)


@given(st.lists(PIECE | st.text(max_size=5)), st.integers(1, 50))
def test_any_children_raise_only_our_errors_in_any_chunks(pieces: list[str], size: int) -> None:
    xml = f"<PubmedArticleSet>{''.join(pieces)}</PubmedArticleSet>".encode()

    def outcome(chunks: list[bytes]) -> object:
        try:
            return list(stream(chunks))
        except OutsideError as error:
            return str(error)

    assert outcome([xml]) == outcome([xml[at : at + size] for at in range(0, len(xml), size)])
