"""The complaints about other parsers that are ours to meet, by their numbers in our survey of them."""

from collections.abc import Callable

from vesicle.model.paper import Paper, Passage
from vesicle.text.pubmed import papers

One = Callable[..., Paper]

REFERENCES = """<ReferenceList><Title>References</Title>
  <Reference><Citation>Other J. 2001. PMID: 9.</Citation><ArticleIdList>
    <ArticleId IdType="pubmed">999</ArticleId><ArticleId IdType="doi">10.1000/cited</ArticleId>
    <ArticleId IdType="pmc">PMC999</ArticleId></ArticleIdList></Reference>
  <ReferenceList><Reference><Citation>Nested.</Citation><ArticleIdList>
    <ArticleId IdType="doi">10.1000/nested</ArticleId></ArticleIdList></Reference></ReferenceList>
</ReferenceList>"""


def test_complaint_1_nothing_is_cut_at_the_first_inline_tag(one: One) -> None:
    paper = one(
        "<ArticleTitle><i>In vitro</i> effect of CO<sub>2</sub> on MSCs.</ArticleTitle><Abstract>"
        "<AbstractText><b><i>Methods:</i></b> We took 10<sup>6</sup> cells. <b><i>Results:</i></b> They grew."
        "</AbstractText></Abstract>"
    )
    assert paper.title == "In vitro effect of CO2 on MSCs."
    assert paper.abstract == (
        Passage(
            text="Methods: We took 106 cells. Results: They grew.",
            html="<b><i>Methods:</i></b> We took 10<sup>6</sup> cells. <b><i>Results:</i></b> They grew.",
        ),
    )


def test_complaint_2_ids_of_the_references_are_never_those_of_the_paper(one: One) -> None:
    ids = "<ArticleIdList><ArticleId IdType='pubmed'>123</ArticleId></ArticleIdList>"
    for data in (ids + REFERENCES, REFERENCES + ids, REFERENCES, f"<!-- kept whole -->{REFERENCES}{ids}"):
        paper = one(data=data)
        assert (paper.pmid, paper.doi, paper.pmcid) == ("123", "", "")
    own = "<ArticleIdList><ArticleId IdType='doi'>10.1000/own</ArticleId></ArticleIdList>"
    assert one(data=REFERENCES + own).doi == "10.1000/own"


def test_words_about_references_are_no_references(one: One) -> None:
    quoted = "<![CDATA[<Reference>kept</Reference>]]>"
    assert one(f"<ArticleTitle>{quoted}</ArticleTitle>").title == "<Reference>kept</Reference>"


def test_complaint_6_a_dtd_that_has_moved_on_does_not_stop_the_parser(record: Callable[..., str]) -> None:
    new = "<NewElement new='1'><PMID>666</PMID>text<Deep/></NewElement>"
    body = record(
        f"{new}<ArticleTitle newer='yes'>A <newinline>title</newinline>.</ArticleTitle>{new}",
        citation=new,
        data=new,
    ).replace("<PubmedArticle>", "<PubmedArticle Status='new'>")
    xml = (
        "<!DOCTYPE PubmedArticleSet PUBLIC '-//NLM//DTD PubMedArticle, 1st January 2031//EN'"
        f" 'https://dtd.nlm.nih.gov/pubmed_310101.dtd'><PubmedArticleSet version='2'>{new}{body}{new}"
        "</PubmedArticleSet>"
    )
    (paper,) = papers(xml.encode()).papers
    assert (paper.pmid, paper.title) == ("123", "A title.")


def test_complaint_8_books_neither_break_the_parser_nor_vanish(record: Callable[..., str]) -> None:
    book = (
        "<PubmedBookArticle><BookDocument><PMID>20301546</PMID><Book><BookTitle>GeneReviews</BookTitle></Book>"
        "</BookDocument></PubmedBookArticle>"
    )
    parsed = papers(f"<PubmedArticleSet>{record()}{book}{record()}</PubmedArticleSet>".encode())
    assert [(paper.pmid, paper.is_book) for paper in parsed.papers] == [
        ("123", False),
        ("20301546", True),
        ("123", False),
    ]
