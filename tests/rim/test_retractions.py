"""Papers of a real update file that were retracted after it was made."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.check.standing import Check, Options
from vesicle.curate.rules import Rules
from vesicle.curate.standing import crossref as standing_of_updates
from vesicle.model.errors import UserError
from vesicle.model.item import PaperReference
from vesicle.model.paper import CandidateState, Standing
from vesicle.net import crossref
from vesicle.net.http import Http
from vesicle.pipeline.collect import Desk, collect
from vesicle.pipeline.decide import keep
from vesicle.pipeline.follow import SecondOpinion, follow, followed, untold
from vesicle.pipeline.ingest import FileSource
from vesicle.ports import Case, Inbox
from vesicle.store.content.folder import ContentFolder
from vesicle.store.content.references import Known
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.ncbi import Ncbi, real_records
from vesicle.testing.nouns import item
from vesicle.watch import pubmed

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pubmed"
FILE = DATA / "pubmed21n1298_half.xml.gz"
LIST = DATA / "retracted_pmids_2023-12.tsv"
pytestmark = pytest.mark.skipif(
    not (FILE.exists() and LIST.exists()), reason="the real PubMed files are not on this machine"
)

THEN = datetime(2021, 6, 8, tzinfo=UTC)
LATER = datetime(2023, 12, 1, tzinfo=UTC)
SAYS_SO = re.compile(rb">Retracted Publication<|RefType=\"RetractionIn\"|<ArticleTitle>Retracted: ")


def pmid_of(record: bytes) -> str:
    found = re.search(rb"<PMID\b[^>]*>(\d+)</PMID>", record)
    assert found
    return found[1].decode()


@pytest.fixture(scope="module")
def listed() -> dict[str, bytes]:
    """The raw records of the file whose PMIDs the list of retractions names."""
    retracted = set(LIST.read_text().split())
    return {pmid: raw for raw in real_records(FILE) if (pmid := pmid_of(raw)) in retracted}


@pytest.fixture(scope="module")
def unmarked(listed: dict[str, bytes]) -> dict[str, bytes]:
    """Those that were retracted later: the file does not know of it."""
    return {pmid: raw for pmid, raw in listed.items() if not SAYS_SO.search(raw)}


@pytest.fixture(params=["memory", "sql"])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inbox]:
    if request.param == "memory":
        yield MemoryInbox()
        return
    database = open_database(str(tmp_path / "vesicle.db"))
    yield SqlInbox(database)
    database.close()


@pytest.fixture
def desk(inbox: Inbox, unmarked: dict[str, bytes]) -> Desk:
    """The inbox as it was then: all papers taken in from the file, every other one kept."""
    made = Desk(inbox=inbox, rules=Rules(), now=THEN)
    file = io.BytesIO(b"<PubmedArticleSet>%b</PubmedArticleSet>" % b"".join(unmarked.values()))
    (account,) = collect({"file": FileSource(file)}, made)
    assert (account.fetched, account.new, account.problem) == (len(unmarked), len(unmarked), "")
    for pmid in kept(unmarked):
        inbox.decide(pmid, CandidateState.KEPT, now=THEN)
    return made


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(contact="https://example.org", wait=lambda _: None) as one:
        yield one


def kept(pmids: dict[str, bytes]) -> list[str]:
    return sorted(pmids)[::2]


def others(pmids: dict[str, bytes]) -> list[str]:
    return sorted(pmids)[1::2]


def source(ncbi: Ncbi, http: Http) -> pubmed.Source:
    options = pubmed.Options(
        query="exosome", email="editor@example.org", base=f"{ncbi.url}/entrez/eutils", page=4
    )
    return pubmed.Source(options, fetch=http.get, today=LATER.date)


def opinion_of(ncbi: Ncbi, http: Http) -> SecondOpinion:
    def opinion(doi: str) -> Standing:
        found = crossref.updates(doi, fetch=http.get, base=ncbi.url, mailto="editor@example.org")
        return standing_of_updates(found)

    return opinion


def sound(doi: str) -> Standing:
    return Standing.SOUND


def standing_of(inbox: Inbox, pmid: str) -> Standing:
    found = inbox.find(pmid)
    assert found
    assert found.judgement
    return found.judgement.standing


def follow_up(desk: Desk, pmids: dict[str, bytes], ncbi: Ncbi, http: Http, *, week: int) -> list[str]:
    """Look again at what was kept, and at the others as if findings on them were published."""
    now = LATER + timedelta(weeks=week)
    later = Desk(inbox=desk.inbox, rules=desk.rules, now=now)
    looked_at = followed(later, others(pmids))
    opinion = opinion_of(ncbi, http)
    account = follow(looked_at, source(ncbi, http).papers, later, opinion=opinion)
    changes = list(untold(looked_at, later))
    assert (account.problem, account.missing, account.fetched) == ("", (), len(pmids))
    assert {one.standing for one in changes} <= {Standing.RETRACTED}
    return [one.candidate.paper.pmid for one in changes]


def test_the_file_holds_six_papers_that_were_retracted_after_it_was_made(
    listed: dict[str, bytes], unmarked: dict[str, bytes], desk: Desk
) -> None:
    """Of the 10,383 PMIDs of the file of 2021-06-08, the list of December 2023 (19,163 PMIDs) names nine.

    Two of them carry the type "Retracted Publication" or a `RetractionIn` in the file already (27602157,
    33104149), and one says so in its title alone ("Retracted: Effects of Vitamin K2 on Osteoporosis",
    15320745). The other six say nothing. Counted in the raw bytes of the records.
    """
    assert (len(listed), len(unmarked)) == (9, 6)
    assert listed.keys() - unmarked.keys() == {"15320745", "27602157", "33104149"}
    assert {standing_of(desk.inbox, pmid) for pmid in unmarked} == {Standing.SOUND}


def test_each_retraction_is_found_told_once_and_no_finding_is_made_of_it(
    desk: Desk, unmarked: dict[str, bytes], http: Http, tmp_path: Path
) -> None:
    with Ncbi(unmarked.values()) as ncbi:
        assert follow_up(desk, unmarked, ncbi, http, week=0) == []
        for pmid in unmarked:
            ncbi.retract(pmid, on=LATER.date())
        told = [follow_up(desk, unmarked, ncbi, http, week=week) for week in (1, 2, 3)]
    assert sorted(told[0]) == sorted(unmarked)
    assert told[1:] == [[], []]
    content = ContentFolder(
        tmp_path, language="en", known=Known(newsletters=frozenset(), channels=frozenset())
    )
    for pmid in unmarked:
        assert standing_of(desk.inbox, pmid) is Standing.RETRACTED
        with pytest.raises(UserError, match=f"PMID {pmid}: retracted"):
            keep(pmid, desk.inbox, content, now=LATER)
    assert not (tmp_path / "content").exists()


def test_a_retraction_takes_no_paper_off_the_list_of_the_kept(
    desk: Desk, unmarked: dict[str, bytes], http: Http
) -> None:
    with Ncbi(unmarked.values()) as ncbi:
        for pmid in unmarked:
            ncbi.retract(pmid, on=LATER.date())
        follow_up(desk, unmarked, ncbi, http, week=0)
    # What is followed because a finding on it is published counts as kept.
    assert {one.paper.pmid for one in desk.inbox.candidates(CandidateState.KEPT)} == set(unmarked)
    assert {one.found for one in desk.inbox.candidates()} == {THEN}


def test_a_finding_that_rests_on_a_retracted_paper_is_stopped(
    desk: Desk, unmarked: dict[str, bytes], http: Http
) -> None:
    findings = tuple(item(slug=f"on-{pmid}", paper=PaperReference(pmid=pmid)) for pmid in sorted(unmarked))

    def stopped() -> list[str]:
        standings = {pmid: standing_of(desk.inbox, pmid) for pmid in unmarked}
        problems = Check(Options()).check(Case(items=findings, papers={}, standings=standings))
        return [problem.code for problem in problems if problem.is_error]

    assert stopped() == []
    with Ncbi(unmarked.values()) as ncbi:
        for pmid in unmarked:
            ncbi.retract(pmid, on=LATER.date())
        follow_up(desk, unmarked, ncbi, http, week=0)
    assert stopped() == ["standing.retracted"] * len(unmarked)


def test_what_is_not_followed_stays_as_it_was(desk: Desk, unmarked: dict[str, bytes], http: Http) -> None:
    with Ncbi(unmarked.values()) as ncbi:
        for pmid in unmarked:
            ncbi.retract(pmid, on=LATER.date())
        looked_at = followed(desk, ())
        follow(looked_at, source(ncbi, http).papers, desk, opinion=sound)
    assert [one.candidate.paper.pmid for one in untold(looked_at, desk)] == list(looked_at)
    assert set(looked_at) == set(kept(unmarked))
    assert {standing_of(desk.inbox, pmid) for pmid in others(unmarked)} == {Standing.SOUND}


def test_a_doi_that_crossref_does_not_know_stops_no_follow_up(
    desk: Desk, unmarked: dict[str, bytes], http: Http
) -> None:
    # Not every DOI is Crossref's: DataCite, JaLC, KISTI and others register them as well.
    with Ncbi(unmarked.values()) as ncbi, Ncbi() as empty:
        for pmid in unmarked:
            ncbi.retract(pmid, on=LATER.date())
        account = follow(sorted(unmarked), source(ncbi, http).papers, desk, opinion=opinion_of(empty, http))
    assert any("/works/" in request for request in empty.requests)
    assert (account.problem, account.warnings) == ("", ())
    assert sorted(one.candidate.paper.pmid for one in untold(unmarked, desk)) == sorted(unmarked)
