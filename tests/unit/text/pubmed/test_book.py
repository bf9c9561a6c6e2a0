from datetime import date

from vesicle.model.paper import Paper
from vesicle.text.pubmed import papers


def book(document: str = "", *, volume: str = "", data: str = "") -> Paper:
    (paper,) = papers(
        f"<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>20</PMID><Book>{volume}</Book>{document}"
        f"</BookDocument><PubmedBookData>{data}</PubmedBookData></PubmedBookArticle></PubmedArticleSet>".encode()
    ).papers
    return paper


def people(name: str, *, kind: str = "authors") -> str:
    return f"<AuthorList Type='{kind}'><Author><LastName>{name}</LastName></Author></AuthorList>"


VOLUME = "<BookTitle>A Book</BookTitle><ELocationID EIdType='doi'>10.1000/book</ELocationID>"
CHAPTER = "<ArticleTitle>A Chapter</ArticleTitle>"
DATED = "<PubDate><Year>1993</Year></PubDate>"


def test_a_whole_book_is_a_paper_with_the_title_of_the_book() -> None:
    paper = book("<PublicationType>Review</PublicationType><Language>eng</Language>", volume=VOLUME + DATED)
    assert paper.is_book
    assert (paper.title, paper.journal, paper.doi) == ("A Book", "", "10.1000/book")
    assert (paper.published, paper.year, paper.types, paper.language) == ("1993", 1993, ("Review",), "eng")


def test_a_chapter_stands_in_its_book_and_has_not_the_doi_of_the_book() -> None:
    paper = book(CHAPTER, volume=VOLUME)
    assert (paper.title, paper.journal, paper.doi) == ("A Chapter", "A Book", "")
    own = "<ArticleIdList><ArticleId IdType='doi'>10.1000/chapter</ArticleId></ArticleIdList>"
    assert book(CHAPTER + own, volume=VOLUME).doi == "10.1000/chapter"


def test_a_chapter_has_the_date_of_its_contribution() -> None:
    day = "<ContributionDate><Year>2006</Year><Month>2</Month><Day>2</Day></ContributionDate>"
    assert book(CHAPTER + day, volume=DATED).published == "2006 Feb 2"


def test_authors_of_the_chapter_come_before_those_of_the_book_and_both_before_editors() -> None:
    volume = people("Editor", kind="editors")
    assert book(volume=volume).authors == ("Editor",)
    volume += people("Writer")
    assert book(volume=volume).authors == ("Writer",)
    assert book(people("Chapterly"), volume=volume).authors == ("Chapterly",)


def test_the_history_of_a_book_is_read() -> None:
    when = "<Year>2011</Year><Month>3</Month><Day>18</Day>"
    data = f"<History><PubMedPubDate PubStatus='entrez'>{when}</PubMedPubDate></History>"
    assert book(data=data).seen == date(2011, 3, 18)


def test_a_book_that_is_only_a_number_is_named_by_it() -> None:
    assert book().title == "(PMID 20, without a title)"
