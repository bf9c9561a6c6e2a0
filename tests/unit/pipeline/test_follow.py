from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import CandidateState, Cursor, Page, Paper, Standing
from vesicle.pipeline.collect import Desk, entries
from vesicle.pipeline.follow import Change, Records, SecondOpinion, follow, followed, is_due, unknown, untold
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RETRACTED = ("Journal Article", "Retracted Publication")


@pytest.fixture
def desk() -> Desk:
    made = Desk(inbox=MemoryInbox(), rules=Rules(), now=NOW)
    made.inbox.store(entries([paper(pmid) for pmid in ("1", "2", "3")], made), now=NOW)
    made.inbox.decide("1", CandidateState.KEPT, now=NOW)
    return made


def records(*papers: Paper) -> Records:
    def fetch(pmids: Sequence[str]) -> Iterator[Page]:
        came = tuple(one for one in papers if one.pmid in pmids)
        missing = tuple(pmid for pmid in pmids if pmid not in {one.pmid for one in papers})
        yield Page(papers=came, missing=missing, cursor=Cursor())

    return fetch


def told(desk: Desk, pmids: tuple[str, ...], records: Records, opinion: SecondOpinion) -> list[Change]:
    """Follow *pmids* and give what a person is told."""
    follow(pmids, records, desk, opinion=opinion)
    return list(untold(pmids, desk))


def sound(doi: str) -> Standing:
    return Standing.SOUND


def test_kept_and_published_papers_are_followed_and_no_other(desk: Desk) -> None:
    assert followed(desk, ["2", "", "1"]) == ("1", "2")


def test_a_retraction_is_told_once_and_kept(desk: Desk) -> None:
    later = records(paper("1", types=RETRACTED), paper("2"))
    changes = told(desk, ("1", "2"), later, sound)
    assert [(one.candidate.paper.pmid, one.standing) for one in changes] == [("1", Standing.RETRACTED)]
    assert told(desk, ("1", "2"), later, sound) == []
    account = follow(("1", "2"), later, desk, opinion=sound)
    assert (account.changed, account.problem) == (0, "")


def test_crossref_can_be_the_first_to_know_and_what_it_said_stays(desk: Desk) -> None:
    article = paper("1", doi="10.1/a")
    changes = told(desk, ("1",), records(article), lambda doi: Standing.RETRACTED)
    assert [one.standing for one in changes] == [Standing.RETRACTED]
    assert told(desk, ("1",), records(article), sound) == []
    found = desk.inbox.find("1")
    assert found
    assert found.judgement
    assert found.judgement.standing is Standing.RETRACTED


def test_a_graver_standing_is_told_again(desk: Desk) -> None:
    article = records(paper("1", doi="10.1/a"))
    first = told(desk, ("1",), article, lambda doi: Standing.CONCERN)
    second = told(desk, ("1",), records(paper("1", types=RETRACTED)), sound)
    assert [one.standing for one in (*first, *second)] == [Standing.CONCERN, Standing.RETRACTED]


def test_an_opinion_that_cannot_be_had_costs_nothing_else(desk: Desk) -> None:
    def away(doi: str) -> Standing:
        raise TemporaryFailure("Crossref is away")

    both = records(paper("1", doi="10.1/a", types=RETRACTED), paper("2"))
    account = follow(("1", "2"), both, desk, opinion=away)
    assert (account.fetched, account.problem) == (2, "")
    assert "Crossref is away" in account.warnings[0]
    assert [one.standing for one in untold(("1", "2"), desk)] == [Standing.RETRACTED]


def test_a_published_paper_is_no_new_candidate(desk: Desk) -> None:
    follow(("7",), records(paper("7")), desk, opinion=sound)
    found = desk.inbox.find("7")
    assert found
    assert found.state is CandidateState.KEPT


def test_it_is_due_weekly_and_again_after_a_failure(desk: Desk) -> None:
    def broken(pmids: Sequence[str]) -> Iterator[Page]:
        raise TemporaryFailure("the server is away")
        yield

    assert is_due(desk)
    account = follow(("1",), broken, desk, opinion=sound)
    assert account.problem == "the server is away"
    assert is_due(desk)
    follow(("1",), records(paper("1")), desk, opinion=sound)
    assert not is_due(desk)
    assert is_due(Desk(inbox=desk.inbox, rules=desk.rules, now=NOW + timedelta(days=7)))


def test_missing_records_are_named(desk: Desk) -> None:
    account = follow(("1", "2"), records(paper("2")), desk, opinion=sound)
    assert account.missing == ("1",)
    assert "does not give what we follow: 1" in account.warnings[0]


def test_how_a_paper_stands_is_unknown_before_the_first_follow_up_and_when_the_last_is_too_old(
    desk: Desk,
) -> None:
    assert unknown(("1", "2"), desk.inbox, now=NOW) == ("1", "2")
    follow(("1", "2"), records(paper("1"), paper("2")), desk, opinion=sound)
    assert unknown(("1", "2"), desk.inbox, now=NOW) == ()
    assert unknown(("1",), desk.inbox, now=NOW + timedelta(days=7, hours=23)) == ()
    assert unknown(("1",), desk.inbox, now=NOW + timedelta(days=8)) == ("1",)


def test_a_paper_that_the_inbox_has_never_seen_is_unknown(desk: Desk) -> None:
    follow(("1",), records(paper("1")), desk, opinion=sound)
    assert unknown(("1", "77"), desk.inbox, now=NOW) == ("77",)
