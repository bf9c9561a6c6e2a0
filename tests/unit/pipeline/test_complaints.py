"""What users of other PubMed clients complain of most, each a test under the number of its complaint.

These are about what is kept from run to run; the others are tested with the sources and the parser.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import UserError
from vesicle.model.paper import (
    Candidate,
    CandidateState,
    Correction,
    Cursor,
    Harvest,
    Page,
    Paper,
    Passage,
    Relation,
    Standing,
)
from vesicle.pipeline.collect import Desk, harvest
from vesicle.pipeline.decide import keep
from vesicle.pipeline.follow import follow, untold
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper
from vesicle.watch import pubmed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TITLE = "Exosomes of stem cells heal the skin of mice"


@pytest.fixture
def desk() -> Desk:
    return Desk(inbox=MemoryInbox(), rules=Rules(), now=NOW)


@pytest.fixture
def content(tmp_path: Path) -> ContentFolder:
    known = Known(newsletters=frozenset(), channels=frozenset())
    return ContentFolder(tmp_path, language="en", known=known)


class Given:
    """A source that gives one page."""

    def __init__(self, *papers: Paper) -> None:
        self.papers = papers

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        yield Page(papers=self.papers, cursor=Cursor(position="end"))


class Server:
    """PubMed with one record, which answers with *body* in its place where that is set."""

    def __init__(self) -> None:
        self.title = "The first title of it"
        self.body = b""
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if "esearch" in url:
            return json.dumps({"esearchresult": {"count": "1", "idlist": ["1"]}}).encode()
        return (
            self.body
            or (
                '<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">1</PMID><Article>'
                f"<ArticleTitle>{self.title}</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
                "</PubmedArticleSet>"
            ).encode()
        )

    def source(self) -> pubmed.Source:
        options = pubmed.Options(query="exosome", email="editor@example.org")
        return pubmed.Source(options, fetch=self, today=lambda: date(2026, 11, 22))


@pytest.fixture
def server() -> Server:
    return Server()


def run(desk: Desk, *papers: Paper, source: str = "pubmed") -> Harvest:
    account = harvest(source, Given(*papers), desk)
    assert account.problem == ""
    return account


def found(desk: Desk, name: str) -> Candidate:
    candidate = desk.inbox.find(name)
    assert candidate
    return candidate


def standing_of(desk: Desk, name: str) -> Standing:
    judgement = found(desk, name).judgement
    assert judgement
    return judgement.standing


def relations(desk: Desk, name: str) -> dict[str, Relation]:
    return {link.to: link.relation for link in found(desk, name).links}


def sound(doi: str) -> Standing:
    return Standing.SOUND


# 9: a cache that is silently off, or poisoned


def test_complaint_9_a_later_answer_always_replaces_an_earlier_one(desk: Desk, server: Server) -> None:
    first = harvest("pubmed", server.source(), desk)
    server.title = "The second title of it"
    second = harvest("pubmed", server.source(), desk)
    assert [(one.new, one.changed, one.problem) for one in (first, second)] == [(1, 0, ""), (0, 1, "")]
    assert found(desk, "1").paper.title == "The second title of it"
    fetched = [url for url in server.asked if "efetch" in url]
    assert len(fetched) == 2
    assert len(set(fetched)) == 1


def test_complaint_9_one_source_asks_anew_each_time(desk: Desk, server: Server) -> None:
    source = server.source()
    harvest("pubmed", source, desk)
    server.title = "The second title of it"
    harvest("pubmed", source, desk)
    assert found(desk, "1").paper.title == "The second title of it"


FAILED = {
    "a page": b"<html><title>PubMed is away</title></html>",
    "an error": b"<PubmedArticleSet><ERROR>Search Backend failed</ERROR></PubmedArticleSet>",
    "cut off": b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>",
    "hidden 429": b'{"error": "API rate limit exceeded", "count": "4"}',
    "nothing": b" ",
}


@pytest.mark.parametrize("body", FAILED.values(), ids=FAILED)
def test_complaint_9_a_failed_answer_is_never_kept(desk: Desk, server: Server, body: bytes) -> None:
    server.body = body
    failed = harvest("pubmed", server.source(), desk)
    assert failed.problem
    assert (desk.inbox.candidates(), desk.inbox.cursor("pubmed")) == ((), Cursor())
    server.body = b""
    mended = harvest("pubmed", server.source(), desk)
    assert (mended.new, mended.problem) == (1, "")
    assert desk.inbox.cursor("pubmed") != Cursor()
    assert found(desk, "1").paper.title == "The first title of it"


@pytest.mark.parametrize("body", FAILED.values(), ids=FAILED)
def test_complaint_9_a_failed_answer_takes_nothing_away(desk: Desk, server: Server, body: bytes) -> None:
    harvest("pubmed", server.source(), desk)
    before, cursor = desk.inbox.candidates(), desk.inbox.cursor("pubmed")
    server.body = body
    assert harvest("pubmed", server.source(), desk).problem
    assert follow(("1",), server.source().papers, desk, opinion=sound).problem
    assert (desk.inbox.candidates(), desk.inbox.cursor("pubmed")) == (before, cursor)


def test_complaint_9_a_follow_up_asks_anew_each_time(desk: Desk, server: Server) -> None:
    harvest("pubmed", server.source(), desk)
    for title in ("The second title of it", "RETRACTED: The first title of it"):
        server.title = title
        follow(("1",), server.source().papers, desk, opinion=sound)
        assert found(desk, "1").paper.title == title
    assert standing_of(desk, "1") is Standing.RETRACTED


# 11: the same paper again, or preprint and article both

ARTICLE = paper(
    "1",
    title=TITLE,
    doi="10.1234/Skin.5",
    authors=("Doe J",),
    abstract=(Passage(text="Wounds closed in 11 days."),),
    types=("Journal Article",),
    seen=date(2026, 11, 1),
)
FEED = Paper(source="journal", id="https://example.org/5", title=TITLE, url="", doi="10.1234/skin.5")
EUROPE = Paper(source="europepmc", id="MED:1", title=f"{TITLE}.", url="", pmid="1", doi="10.1234/SKIN.5")
TEASER = replace(ARTICLE, source="pubmed_rss", abstract=(), doi="")


@pytest.mark.parametrize(
    "order",
    [(ARTICLE, FEED, EUROPE, TEASER), (FEED, TEASER, EUROPE, ARTICLE), (EUROPE, TEASER, ARTICLE, FEED)],
    ids=["pubmed first", "feed first", "europe pmc first"],
)
def test_complaint_11_a_paper_that_many_sources_find_is_one(desk: Desk, order: tuple[Paper, ...]) -> None:
    assert sum(run(desk, one, source=one.source).new for one in order) <= 2
    (candidate,) = desk.inbox.candidates()
    assert (candidate.paper.pmid, candidate.paper.doi.lower()) == ("1", "10.1234/skin.5")
    assert candidate.paper.abstract == ARTICLE.abstract
    assert candidate.links == ()
    for name in ("1", "10.1234/skin.5", "https://doi.org/10.1234/SKIN.5"):
        assert desk.inbox.find(name) == candidate


def test_complaint_11_the_same_from_every_source_again_is_nothing_new(desk: Desk) -> None:
    sources = (ARTICLE, FEED, EUROPE, TEASER)
    for one in sources:
        run(desk, one, source=one.source)
    before = desk.inbox.candidates()
    for _ in range(10):
        for one in sources:
            account = run(desk, one, source=one.source)
            assert (account.new, account.changed) == (0, 0)
    assert desk.inbox.candidates() == before


def test_complaint_11_what_was_decided_is_not_asked_again(desk: Desk) -> None:
    run(desk, ARTICLE)
    desk.inbox.decide("1", CandidateState.SKIPPED, because="in mice", now=NOW)
    for one in (FEED, EUROPE, replace(ARTICLE, journal="A revised name")):
        run(desk, one, source=one.source)
    assert desk.inbox.candidates(CandidateState.NEW) == ()
    assert found(desk, "1").because == "in mice"


PREPRINT = replace(
    ARTICLE, id="2", pmid="2", doi="10.1101/2026.01.01.1", types=("Preprint",), seen=date(2026, 5, 1)
)
LINKED = replace(
    PREPRINT, title="Healing by vesicles, a first look", corrections=(Correction(kind="UpdateIn", pmid="1"),)
)


@pytest.mark.parametrize("preprint", [PREPRINT, LINKED], ids=["by title", "by the record"])
@pytest.mark.parametrize("is_preprint_first", [True, False])
@pytest.mark.parametrize("is_one_run", [True, False])
def test_complaint_11_preprint_and_article_are_linked_and_not_merged(
    desk: Desk, preprint: Paper, is_preprint_first: bool, is_one_run: bool
) -> None:
    order = (preprint, ARTICLE) if is_preprint_first else (ARTICLE, preprint)
    for papers in (order,) if is_one_run else ((order[0],), (order[1],)):
        run(desk, *papers)
    assert len(desk.inbox.candidates()) == 2
    assert relations(desk, "1") == {"pmid:2": Relation.ARTICLE_OF}
    assert relations(desk, "2") == {"pmid:1": Relation.PREPRINT_OF}
    assert (found(desk, "1").paper, found(desk, "2").paper) == (ARTICLE, preprint)


# 12: retractions without a flag, and false alarms


@pytest.mark.parametrize(
    "title",
    [
        f"RETRACTED: {TITLE}",
        f"Retracted: {TITLE}",
        f"[RETRACTED] {TITLE}",
        f"[Retracted] {TITLE}",
        f"RETRACTED ARTICLE: {TITLE}",
        f"Retracted Article: {TITLE}",
    ],
)
def test_complaint_12_a_title_alone_tells_a_retraction(
    desk: Desk, content: ContentFolder, title: str
) -> None:
    run(desk, replace(ARTICLE, title=title))
    assert standing_of(desk, "1") is Standing.RETRACTED
    with pytest.raises(UserError, match="retracted"):
        keep("1", desk.inbox, content, now=NOW)


def test_complaint_12_a_kept_paper_whose_title_changes_is_told_of_once(desk: Desk) -> None:
    run(desk, ARTICLE)
    desk.inbox.decide("1", CandidateState.KEPT, now=NOW)

    def later(pmids: object) -> Iterator[Page]:
        yield Page(papers=(replace(ARTICLE, title=f"RETRACTED: {TITLE}"),), cursor=Cursor())

    told = []
    for _ in range(3):
        follow(("1",), later, desk, opinion=sound)
        told.append([one.standing for one in untold(("1",), desk)])
    assert told == [[Standing.RETRACTED], [], []]


NO_RETRACTION: dict[str, tuple[dict[str, object], Standing]] = {
    "erratum": ({"corrections": (Correction(kind="ErratumIn", pmid="8"),)}, Standing.CORRECTED),
    "comment": ({"corrections": (Correction(kind="CommentIn", pmid="8"),)}, Standing.SOUND),
    "update": ({"corrections": (Correction(kind="UpdateIn", pmid="8"),)}, Standing.SOUND),
    "concern": ({"corrections": (Correction(kind="ExpressionOfConcernIn", pmid="8"),)}, Standing.CONCERN),
    "republished": (
        {"corrections": (Correction(kind="CorrectedandRepublishedIn", pmid="8"),)},
        Standing.CORRECTED,
    ),
    "in the middle": ({"title": "How Retracted papers on exosomes go on being cited"}, Standing.SOUND),
    "at the end": ({"title": "Citation of exosome papers that were RETRACTED"}, Standing.SOUND),
    "a title of its own": ({"title": "Retracted articles in nursing: a study of exosomes"}, Standing.SOUND),
    "an anatomical word": ({"title": "Retracted eardrums and stem cells in children"}, Standing.SOUND),
}


@pytest.mark.parametrize(("changes", "standing"), NO_RETRACTION.values(), ids=NO_RETRACTION)
def test_complaint_12_what_is_no_retraction_is_not_shown_as_one(
    desk: Desk, changes: dict[str, object], standing: Standing
) -> None:
    run(desk, paper("1", **changes))
    assert standing_of(desk, "1") is standing


def test_complaint_12_another_paper_with_the_doi_of_a_retracted_one_is_not_retracted(desk: Desk) -> None:
    other = paper("3", title="The book's next chapter, of which this is the title", doi=ARTICLE.doi)
    run(desk, replace(ARTICLE, types=("Retracted Publication",)))
    run(desk, other)
    assert len(desk.inbox.candidates()) == 2
    assert standing_of(desk, "3") is Standing.SOUND


NOTICES: dict[str, tuple[tuple[str, str], Standing]] = {
    "retraction": (("Retraction of Publication", "RetractionOf"), Standing.RETRACTED),
    "erratum": (("Published Erratum", "ErratumFor"), Standing.CORRECTED),
    "concern": (("Expression of Concern", "ExpressionOfConcernFor"), Standing.CONCERN),
    "comment": (("Comment", "CommentOn"), Standing.SOUND),
}


def notice(type_and_kind: tuple[str, str]) -> Paper:
    """A notice with the plain title of its article, as PubMed has them (34093767)."""
    kind, link = type_and_kind
    corrections = (Correction(kind=link, pmid="1"),)
    return paper("8", title=TITLE, doi="10.1234/notice", types=(kind,), corrections=corrections)


@pytest.mark.parametrize(("type_and_kind", "standing"), NOTICES.values(), ids=NOTICES)
@pytest.mark.parametrize("is_notice_first", [True, False])
def test_complaint_12_a_notice_says_of_its_article_no_more_than_it_is(
    desk: Desk, type_and_kind: tuple[str, str], standing: Standing, is_notice_first: bool
) -> None:
    order: list[Paper] = [notice(type_and_kind), ARTICLE]
    for one in order if is_notice_first else reversed(order):
        run(desk, one)
    assert standing_of(desk, "1") is standing
    assert standing_of(desk, "8") is (Standing.SOUND if standing is Standing.SOUND else Standing.NOTICE)
    assert found(desk, "1").paper == ARTICLE


REFUSING = [types for name, (types, _) in NOTICES.items() if name != "comment"]


@pytest.mark.parametrize("type_and_kind", REFUSING)
def test_complaint_12_a_notice_with_the_title_of_its_article_never_becomes_a_finding_nor_hides_it(
    desk: Desk, content: ContentFolder, tmp_path: Path, type_and_kind: tuple[str, str]
) -> None:
    run(desk, notice(type_and_kind))
    run(desk, ARTICLE)
    assert {one.paper.pmid for one in desk.inbox.candidates(CandidateState.NEW)} == {"1", "8"}
    with pytest.raises(UserError, match="PMID 8: notice"):
        keep("8", desk.inbox, content, now=NOW)
    assert not (tmp_path / "content").exists()
    assert relations(desk, "8") == {"pmid:1": Relation.NOTICE_ABOUT}
    assert relations(desk, "1") == {"pmid:8": Relation.NOTICED_BY}


def test_complaint_12_a_corrected_paper_can_still_be_kept(desk: Desk, content: ContentFolder) -> None:
    run(desk, notice(("Published Erratum", "ErratumFor")))
    run(desk, ARTICLE)
    kept = keep("1", desk.inbox, content, now=NOW)
    assert kept.is_new
    assert found(desk, "1").state is CandidateState.KEPT


def test_complaint_12_a_notice_with_the_title_but_no_link_is_no_finding_and_retracts_nothing(
    desk: Desk, content: ContentFolder
) -> None:
    run(desk, ARTICLE)
    run(desk, replace(notice(("Retraction of Publication", "RetractionOf")), corrections=()))
    assert standing_of(desk, "1") is Standing.SOUND
    assert relations(desk, "1") == {"pmid:8": Relation.ABOUT}
    with pytest.raises(UserError, match="PMID 8: notice"):
        keep("8", desk.inbox, content, now=NOW)


@pytest.mark.parametrize("said", [Standing.CORRECTED, Standing.CONCERN])
def test_complaint_12_a_second_opinion_says_no_more_than_it_is(desk: Desk, said: Standing) -> None:
    run(desk, ARTICLE)
    given = Given(ARTICLE)
    follow(("1",), lambda _: given.fetch(Cursor()), desk, opinion={ARTICLE.doi: said}.__getitem__)
    assert [one.standing for one in untold(("1",), desk)] == [said]
    assert standing_of(desk, "1") is said
