from collections.abc import Callable
from datetime import date

import pytest

from vesicle.model.paper import Correction, Paper, Passage

One = Callable[..., Paper]


def test_a_record_becomes_a_paper(one: One) -> None:
    paper = one(
        "<Journal><JournalIssue><PubDate><Year>2021</Year><Month>06</Month><Day>05</Day></PubDate>"
        "</JournalIssue><Title>Journal of made-up results</Title></Journal>"
        "<ArticleTitle>A title.</ArticleTitle>"
        "<ELocationID EIdType='doi' ValidYN='Y'>10.1000/A.1</ELocationID>"
        "<Language>eng</Language><Language>spa</Language>"
        "<PublicationTypeList><PublicationType>Review</PublicationType></PublicationTypeList>",
        citation="<DateRevised><Year>2021</Year><Month>06</Month><Day>07</Day></DateRevised>"
        "<MeshHeadingList><MeshHeading><DescriptorName>Humans</DescriptorName>"
        "<QualifierName>genetics</QualifierName></MeshHeading></MeshHeadingList>"
        "<KeywordList><Keyword>exosome</Keyword></KeywordList>"
        "<KeywordList><Keyword>exosome</Keyword><Keyword>EV</Keyword></KeywordList>",
        data="<History><PubMedPubDate PubStatus='pubmed'><Year>2021</Year><Month>6</Month><Day>4</Day>"
        "</PubMedPubDate><PubMedPubDate PubStatus='entrez'><Year>2021</Year><Month>6</Month><Day>3</Day>"
        "</PubMedPubDate></History><ArticleIdList><ArticleId IdType='doi'>10.1000/other</ArticleId>"
        "<ArticleId IdType='pmc'>PMC77.2</ArticleId></ArticleIdList>",
    )
    assert paper == Paper(
        source="pubmed",
        id="123",
        pmid="123",
        url="https://pubmed.ncbi.nlm.nih.gov/123/",
        title="A title.",
        doi="10.1000/A.1",
        pmcid="PMC77",
        journal="Journal of made-up results",
        published="2021 Jun 5",
        year=2021,
        seen=date(2021, 6, 3),
        changed=date(2021, 6, 7),
        language="eng, spa",
        types=("Review",),
        mesh=("Humans",),
        keywords=("exosome", "EV"),
        status="MEDLINE",
    )


@pytest.mark.parametrize(
    ("parts", "printed", "year"),
    [
        ("<MedlineDate>2021 May-Jun</MedlineDate>", "2021 May-Jun", 2021),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998 Dec-1999 Jan", 1998),
        ("<MedlineDate>Winter 1979</MedlineDate>", "Winter 1979", 1979),
        ("<Year>1990</Year><Season>Spring</Season>", "1990 Spring", 1990),
        ("<Year>2021</Year><Month>6</Month>", "2021 Jun", 2021),
        ("<Year>2021</Year><Month>Dec</Month><Day>31</Day>", "2021 Dec 31", 2021),
        ("<Year>2021</Year><Month>13</Month>", "2021 13", 2021),
        ("<Year>2018</Year>", "2018", 2018),
        ("", "", None),
    ],
)
def test_a_date_is_kept_as_printed_with_its_first_year(
    one: One, parts: str, printed: str, year: int | None
) -> None:
    paper = one(f"<Journal><JournalIssue><PubDate>{parts}</PubDate></JournalIssue></Journal>")
    assert (paper.published, paper.year) == (printed, year)


def test_the_date_of_the_article_stands_in_for_that_of_the_issue(one: One) -> None:
    date_of_article = "<ArticleDate><Year>2024</Year><Month>06</Month><Day>03</Day></ArticleDate>"
    assert one(date_of_article).published == "2024 Jun 3"


@pytest.mark.parametrize(
    "parts",
    [
        "<Year>2021</Year><Month>2</Month><Day>30</Day>",
        "<Year>soon</Year>",
        "<Month>2</Month>",
        f"<Year>{'9' * 5000}</Year>",
        "<Year/>",
    ],
)
def test_what_is_no_day_of_the_calendar_is_no_day(one: One, parts: str) -> None:
    assert one(citation=f"<DateRevised>{parts}</DateRevised>").changed is None


def test_a_record_without_a_create_date_was_seen_when_it_came_to_pubmed(one: One) -> None:
    when = "<Year>2007</Year><Month>Feb</Month><Day>8</Day>"
    paper = one(data=f"<History><PubMedPubDate PubStatus='pubmed'>{when}</PubMedPubDate></History>")
    assert paper.seen == date(2007, 2, 8)
    assert one(citation=f"<DateCreated>{when}</DateCreated>").seen == date(2007, 2, 8)


AUTHORS = """<AuthorList>
  <Author ValidYN="Y"><LastName>Ling</LastName><ForeName>King-Hwa</ForeName><Initials>KH</Initials>
    <AffiliationInfo><Affiliation>One Institute.</Affiliation></AffiliationInfo>
    <AffiliationInfo><Affiliation>Two Institute.</Affiliation></AffiliationInfo></Author>
  <Author ValidYN="N"><LastName>Mispelt</LastName><Initials>A</Initials></Author>
  <Author><CollectiveName>Made-up <i>Vesicle</i> Group</CollectiveName></Author>
  <Author><LastName>King</LastName><ForeName>Martin Luther</ForeName><Suffix>Jr</Suffix>
    <AffiliationInfo><Affiliation>One Institute.</Affiliation></AffiliationInfo></Author>
  <Author><LastName>Madonna</LastName></Author><Author/>
</AuthorList>"""


def test_authors_are_people_and_groups_in_order_and_affiliations_come_once(one: One) -> None:
    paper = one(AUTHORS)
    assert paper.authors == ("Ling KH", "Made-up Vesicle Group", "King ML Jr", "Madonna")
    assert paper.affiliations == ("One Institute.", "Two Institute.")


def test_the_old_place_of_the_affiliation_is_read_too(one: One) -> None:
    assert one("<Affiliation>Old Institute.</Affiliation>").affiliations == ("Old Institute.",)


def test_an_investigator_is_no_author(one: One) -> None:
    people = "<Investigator><LastName>Johnson</LastName></Investigator>"
    assert one(citation=f"<InvestigatorList>{people}</InvestigatorList>").authors == ()


def test_an_invalid_doi_gives_way_to_that_of_the_list(one: One) -> None:
    paper = one(
        "<ELocationID EIdType='doi' ValidYN='N'>10.1000/wrong</ELocationID>"
        "<ELocationID EIdType='pii' ValidYN='Y'>S1</ELocationID>",
        data="<ArticleIdList><ArticleId IdType='doi'>10.1000/right</ArticleId></ArticleIdList>",
    )
    assert paper.doi == "10.1000/right"


def test_the_first_id_of_a_kind_counts(one: One) -> None:
    ids = "".join(f"<ArticleId IdType='doi'>10.1000/{name}</ArticleId>" for name in ("first", "second"))
    assert one(data=f"<ArticleIdList>{ids}</ArticleIdList>").doi == "10.1000/first"


@pytest.mark.parametrize("title", ["", "<ArticleTitle/>", "<ArticleTitle>[Not Available].</ArticleTitle>"])
def test_a_title_that_says_nothing_gives_way_to_the_original_one(one: One, title: str) -> None:
    paper = one(f"{title}<VernacularTitle>Die <i>erste</i> Seite.</VernacularTitle>")
    assert (paper.title, paper.title_html) == ("Die erste Seite.", "Die <i>erste</i> Seite.")
    assert paper.vernacular_title == "Die erste Seite."
    assert one(title).title == "(PMID 123, without a title)"


def test_a_translated_title_keeps_its_brackets(one: One) -> None:
    paper = one(
        "<ArticleTitle>[Cells (author's transl)].</ArticleTitle><VernacularTitle>Zellen</VernacularTitle>"
    )
    assert (paper.title, paper.vernacular_title) == ("[Cells (author's transl)].", "Zellen")


def test_labelled_and_unlabelled_parts_of_an_abstract_keep_their_order(one: One) -> None:
    paper = one(
        "<Abstract><AbstractText>First.</AbstractText>"
        "<AbstractText Label='RESULTS' NlmCategory='RESULTS'>Second.</AbstractText>"
        "<AbstractText Label='EMPTY'> </AbstractText><AbstractText Label='UNLABELLED'>Third.</AbstractText>"
        "<CopyrightInformation>Ours.</CopyrightInformation></Abstract>"
    )
    parts = (Passage(text="First."), Passage(text="Second.", label="RESULTS"), Passage(text="Third."))
    assert paper.abstract == parts
    assert paper.text == "(PMID 123, without a title)\n\nFirst.\n\nSecond.\n\nThird."


def test_other_abstracts_say_what_they_are_and_are_not_the_abstract(one: One) -> None:
    paper = one(
        citation="<OtherAbstract Type='plain-language-summary' Language='eng'><AbstractText>Plain."
        "</AbstractText></OtherAbstract><OtherAbstract Type='Publisher' Language='ita'>"
        "<AbstractText Label='METODI'>Chiaro.</AbstractText></OtherAbstract>"
    )
    assert paper.abstract == ()
    assert paper.other_abstracts == (
        Passage(text="Plain.", label="plain-language-summary (eng)"),
        Passage(text="Chiaro.", label="Publisher (ita): METODI"),
    )


def test_corrections_carry_kind_source_and_note_and_citations_are_none(one: One) -> None:
    paper = one(
        citation="<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'>"
        "<RefSource>J Made Up. 2022;1:2</RefSource><PMID Version='1'>9</PMID><Note>by the editor</Note>"
        "</CommentsCorrections><CommentsCorrections RefType='ErratumIn'><RefSource>J. 2023</RefSource>"
        "</CommentsCorrections><CommentsCorrections RefType='Cites'><PMID>8</PMID></CommentsCorrections>"
        "</CommentsCorrectionsList>"
    )
    assert paper.corrections == (
        Correction(kind="RetractionIn", pmid="9", source="J Made Up. 2022;1:2", note="by the editor"),
        Correction(kind="ErratumIn", source="J. 2023"),
    )


def test_the_version_is_kept(one: One) -> None:
    assert one(pmid="<PMID Version='4'>123</PMID>").version == 4
    assert one(pmid="<PMID>123</PMID>").version == 1
