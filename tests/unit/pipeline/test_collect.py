from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Correction, Cursor, Harvest, Page, Paper, Relation, Standing
from vesicle.pipeline.collect import Desk, collect
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Source:
    """Gives its pages, counts them as told, and fails at the end if it is told to."""

    def __init__(self, *pages: tuple[Paper, ...], failing: bool = False, **facts: object) -> None:
        self.pages = pages
        self.failing = failing
        self.facts: dict[str, object] = {
            "found": sum(map(len, pages)),
            "query": "q",
            "translation": "Q",
        } | facts
        self.asked: list[Cursor] = []

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        self.asked.append(cursor)
        for page in self.pages:
            yield Page(papers=page, cursor=Cursor(position="end"), **self.facts)  # type: ignore[arg-type]
        if self.failing:
            raise TemporaryFailure("the server is away")


@pytest.fixture
def desk() -> Desk:
    return Desk(inbox=MemoryInbox(), rules=Rules(), now=NOW)


def run(desk: Desk, **sources: Source) -> list[Harvest]:
    return list(collect(sources, desk))


def pages(*pmids: tuple[str, ...]) -> list[tuple[Paper, ...]]:
    return [tuple(map(paper, page)) for page in pmids]


def test_new_papers_land_in_the_inbox_once(desk: Desk) -> None:
    one, two = run(desk, one=Source(*pages(("1", "2"))), two=Source(*pages(("2", "3"))))
    assert (one.found, one.fetched, one.new, two.new) == (2, 2, 2, 1)
    assert {found.paper.pmid for found in desk.inbox.candidates()} == {"1", "2", "3"}


def test_a_second_run_changes_nothing_and_goes_on_from_the_cursor(desk: Desk) -> None:
    source = Source(*pages(("1",), ("2",)))
    run(desk, one=source)
    (again,) = run(desk, one=source)
    assert (again.new, again.changed, again.problem) == (0, 0, "")
    assert source.asked == [Cursor(), Cursor(position="end")]


def test_a_failing_source_is_an_account_and_not_the_end_of_the_run(desk: Desk) -> None:
    bad, good = run(desk, bad=Source(*pages(("1",)), failing=True), good=Source(*pages(("2",))))
    assert (bad.new, bad.problem) == (1, "the server is away")
    assert (good.new, good.problem) == (1, "")
    assert desk.inbox.cursor("bad") == Cursor()
    assert desk.inbox.cursor("good") == Cursor(position="end")


def test_the_cursor_stays_where_counts_do_not_agree(desk: Desk) -> None:
    (short,) = run(desk, one=Source(*pages(("1",)), found=3))
    assert "3 records, but 1 came" in short.problem
    assert desk.inbox.cursor("one") == Cursor()


def test_missing_records_are_named_and_count(desk: Desk) -> None:
    (account,) = run(desk, one=Source(*pages(("1",)), found=2, missing=("99",)))
    assert (account.missing, account.problem) == (("99",), "")
    assert desk.inbox.cursor("one") == Cursor(position="end")


def test_nothing_found_with_a_warning_is_a_failure_and_not_a_quiet_week(desk: Desk) -> None:
    (account,) = run(desk, one=Source((), warnings=("phrase not found: exosomss",)))
    assert "exosomss" in account.problem
    assert desk.inbox.cursor("one") == Cursor()


def test_another_reading_of_the_same_query_is_said(desk: Desk) -> None:
    run(desk, one=Source(*pages(("1",))))
    (account,) = run(desk, one=Source(*pages(("1",)), translation="Q2"))
    assert any("Q2" in warning for warning in account.warnings)


def test_a_withdrawn_record_is_marked(desk: Desk) -> None:
    run(desk, one=Source(*pages(("1",))))
    run(desk, two=Source((), deleted=("1",)))
    found = desk.inbox.find("1")
    assert found
    assert found.judgement
    assert found.judgement.standing is Standing.DELETED


def notice_of(pmid: str) -> Paper:
    correction = Correction(kind="RetractionOf", pmid=pmid)
    return paper(
        "9",
        title=f"Paper {pmid} about something",
        types=("Retraction of Publication",),
        corrections=(correction,),
    )


@pytest.mark.parametrize("order", [("article", "notice"), ("notice", "article")])
def test_a_notice_retracts_its_article_whichever_comes_first_and_hides_nothing(
    desk: Desk, order: tuple[str, ...]
) -> None:
    records = {"article": paper("1"), "notice": notice_of("1")}
    for name in order:
        run(desk, one=Source((records[name],)))
    article, notice = desk.inbox.find("1"), desk.inbox.find("9")
    assert article
    assert notice
    assert article.judgement
    assert notice.judgement
    assert article.judgement.standing is Standing.RETRACTED
    assert notice.judgement.standing is Standing.NOTICE
    assert Relation.NOTICE_ABOUT in {link.relation for link in notice.links}
    assert not notice.judgement.standing.may_be_promoted
