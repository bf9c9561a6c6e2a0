from vesicle.model.paper import Paper
from vesicle.text.pubmed.dates import day, first_year, printed
from vesicle.text.pubmed.parts import (
    authors_of,
    corrections_of,
    ids_of,
    keywords_of,
    located_doi,
    other_passages,
    passages,
    pmid_of,
    seen_on,
    title_of,
    url_of,
    version_of,
)
from vesicle.text.pubmed.tree import Element, child, text, texts


def article(record: Element) -> Paper:
    """Read a `PubmedArticle`; raises PermanentFailure where it has no PMID."""
    citation, data = child(record, "MedlineCitation"), child(record, "PubmedData")
    content = child(citation, "Article")
    pmid, ids, published = pmid_of(citation), ids_of(data), _published(content)
    vernacular = child(content, "VernacularTitle")
    title, title_html = title_of(pmid, (child(content, "ArticleTitle"), vernacular))
    authors, affiliations = authors_of(content.iterchildren("AuthorList"))
    return Paper(
        source="pubmed",
        id=pmid,
        pmid=pmid,
        version=version_of(citation),
        url=url_of(pmid),
        doi=located_doi(content) or ids.get("doi", ""),
        # "PMC7938335.2" names a version of PMC7938335.
        pmcid=ids.get("pmc", "").partition(".")[0],
        title=title,
        title_html=title_html,
        vernacular_title=text(vernacular),
        authors=authors,
        # Until 2014 the first author's affiliation stood in the article itself.
        affiliations=affiliations or texts(content, "Affiliation"),
        journal=_journal(citation, content),
        published=published,
        year=first_year(published),
        seen=seen_on(data) or day(child(citation, "DateCreated")),
        changed=day(child(citation, "DateRevised")),
        language=", ".join(texts(content, "Language")),
        abstract=tuple(passages(child(content, "Abstract"))),
        other_abstracts=tuple(other_passages(citation)),
        types=texts(child(content, "PublicationTypeList"), "PublicationType"),
        mesh=_mesh(citation),
        keywords=keywords_of(citation),
        corrections=tuple(corrections_of(citation)),
        status=citation.get("Status", ""),
    )


def _published(content: Element) -> str:
    return printed(child(content, "Journal", "JournalIssue", "PubDate")) or printed(
        child(content, "ArticleDate")
    )


def _journal(citation: Element, content: Element) -> str:
    journal = child(content, "Journal")
    return (
        text(child(journal, "Title"))
        or text(child(journal, "ISOAbbreviation"))
        or text(child(citation, "MedlineJournalInfo", "MedlineTA"))
    )


def _mesh(citation: Element) -> tuple[str, ...]:
    headings = child(citation, "MeshHeadingList").iterchildren("MeshHeading")
    return tuple(name for heading in headings for name in texts(heading, "DescriptorName"))
