"""Real update files of PubMed on their way into the inbox, and broken ones."""

import gzip
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vesicle.curate.rules import Rules
from vesicle.model.errors import OutsideError
from vesicle.model.paper import Cursor, Harvest, Paper, Standing
from vesicle.pipeline.collect import Desk, entries, harvest
from vesicle.pipeline.ingest import PAGE, FileSource
from vesicle.ports import Inbox
from vesicle.store.database import open_database
from vesicle.store.inbox import SqlInbox
from vesicle.testing.memory import MemoryInbox
from vesicle.testing.nouns import paper
from vesicle.text.pubmed import read_file

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "pubmed"
MSC = DATA / "msc_all_with_refs.xml.gz"
ODD = DATA / "odd_shapes_with_refs.xml.gz"
OLD = DATA / "pubmed20n0014_sample.xml.gz"
real = pytest.mark.skipif(not DATA.exists(), reason="the real PubMed files are not on this machine")

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BEFORE = Cursor(position="where it was before")


@pytest.fixture
def desk_on_disk(tmp_path: Path) -> Iterator[Desk]:
    """For whole pages: the inbox in memory compares each paper with each."""
    database = open_database(str(tmp_path / "vesicle.db"))
    yield desk_on(SqlInbox(database))
    database.close()


@pytest.fixture(params=["memory", "sql"])
def desk(request: pytest.FixtureRequest, desk_on_disk: Desk) -> Desk:
    return desk_on_disk if request.param == "sql" else desk_on(MemoryInbox())


def desk_on(inbox: Inbox) -> Desk:
    inbox.finish(Harvest(source="file", found=0, new=0), BEFORE, now=NOW)
    return Desk(inbox=inbox, rules=Rules(), now=NOW)


def take_in(data: bytes | Path, desk: Desk) -> Harvest:
    whole = data if isinstance(data, bytes) else data.read_bytes()
    account = harvest("file", FileSource(io.BytesIO(whole)), desk)
    assert desk.inbox.last("file") == account
    return account


def stored(desk: Desk) -> dict[str, Paper]:
    return {one.paper.pmid: one.paper for one in desk.inbox.candidates()}


def standing_of(desk: Desk, pmid: str) -> Standing:
    found = desk.inbox.find(pmid)
    assert found
    assert found.judgement
    return found.judgement.standing


# real files


@real
def test_every_record_of_a_file_lands_in_the_inbox_once(desk: Desk) -> None:
    first = take_in(MSC, desk)
    assert (first.found, first.fetched, first.new, first.changed) == (72, 72, 72, 0)
    assert (first.deleted, first.missing, first.problem) == ((), (), "")
    raw = gzip.decompress(MSC.read_bytes())
    assert stored(desk).keys() == set(re.findall(r"<MedlineCitation[^>]*>\s*<PMID[^>]*>(\d+)<", raw.decode()))
    before = desk.inbox.candidates()
    again = take_in(MSC, desk)
    assert (again.fetched, again.new, again.changed, again.problem) == (72, 0, 0, "")
    assert desk.inbox.candidates() == before


@real
def test_of_several_versions_the_highest_is_kept(desk: Desk) -> None:
    first = take_in(ODD, desk)
    assert (first.found, first.fetched, first.new, first.changed) == (61, 61, 57, 0)
    assert first.problem == ""
    papers = stored(desk)
    assert len(papers) == 57
    assert (papers["30271887"].version, papers["33728380"].version) == (4, 2)
    assert {one.version for pmid, one in papers.items() if pmid not in ("30271887", "33728380")} == {1}


@real
def test_a_second_run_changes_nothing_though_lower_versions_come_again(desk: Desk) -> None:
    take_in(ODD, desk)
    before = desk.inbox.candidates()
    again = take_in(ODD, desk)
    assert (again.fetched, again.new, again.changed, again.problem) == (61, 0, 0, "")
    assert desk.inbox.candidates() == before


@real
def test_what_a_file_deletes_is_marked_and_nothing_else(desk: Desk) -> None:
    with ODD.open("rb") as file:
        gone = [one.pmid for one in read_file(file) if not isinstance(one, Paper)]
    assert len(gone) == 10
    known = [paper(gone[0]), paper(gone[7]), paper("7")]
    desk.inbox.store(entries(known, desk), now=NOW)
    first = take_in(ODD, desk)
    assert (sorted(first.deleted), first.new, first.problem) == (sorted(gone), 57, "")
    marked = {pmid for pmid in stored(desk) if standing_of(desk, pmid) is Standing.DELETED}
    assert marked == {gone[0], gone[7]}
    again = take_in(ODD, desk)
    assert (again.new, again.changed) == (0, 0)
    assert marked == {pmid for pmid in stored(desk) if standing_of(desk, pmid) is Standing.DELETED}


@real
def test_the_odd_file_stands_as_its_records_say(desk: Desk) -> None:
    """Each was looked up in the file: a type, a link of the record, or the title says it."""
    take_in(ODD, desk)
    retracted = {pmid for pmid in stored(desk) if standing_of(desk, pmid) is Standing.RETRACTED}
    assert {"15320745", "27602157", "33104149"} <= retracted
    raw = gzip.decompress(ODD.read_bytes()).decode()
    for record in re.findall(r"<PubmedArticle>.*?</PubmedArticle>", raw, re.DOTALL):
        pmid = re.findall(r"<PMID[^>]*>(\d+)<", record)[0]
        if ">Retraction of Publication<" in record or ">Published Erratum<" in record:
            assert standing_of(desk, pmid) is Standing.NOTICE


@real
def test_a_file_that_was_taken_in_and_its_plain_text_are_one(desk: Desk) -> None:
    take_in(MSC, desk)
    again = take_in(gzip.decompress(MSC.read_bytes()), desk)
    assert (again.fetched, again.new, again.changed, again.problem) == (72, 0, 0, "")


# broken files


@pytest.mark.long
@real
def test_what_came_before_the_break_of_a_truncated_file_is_stored(desk_on_disk: Desk) -> None:
    whole = OLD.read_bytes()
    cut = whole[: len(whole) * 9 // 10]
    came: list[str] = []
    with pytest.raises(OutsideError):
        came.extend(one.pmid for one in read_file(io.BytesIO(cut)) if isinstance(one, Paper))
    account = take_in(cut, desk_on_disk)
    assert "cut off" in account.problem
    assert desk_on_disk.inbox.cursor("file") == BEFORE
    assert len(stored(desk_on_disk)) == account.new == account.fetched
    assert PAGE <= account.fetched <= len(came) < 1207
    assert len(came) - account.fetched < PAGE
    whole_again = take_in(whole, desk_on_disk)
    assert (whole_again.fetched, whole_again.problem) == (1207, "")
    assert whole_again.new == 1207 - account.new
    assert whole_again.changed == 0
    assert len(stored(desk_on_disk)) == 1207


def articles(*pmids: str) -> bytes:
    return b"".join(
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><ArticleTitle>Paper {pmid}"
        "</ArticleTitle></Article></MedlineCitation></PubmedArticle>".encode()
        for pmid in pmids
    )


def file_of(body: bytes, *, prolog: bytes = b"") -> bytes:
    return prolog + b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>"


WHOLE = file_of(articles("1", "2"))
BOMB = b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = b'<!DOCTYPE PubmedArticleSet [<!ENTITY passwords SYSTEM "file:///etc/passwd">]>'
LATIN = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
BROKEN = {
    "truncated gzip": (gzip.compress(WHOLE)[:-12], "cut off"),
    "damaged gzip": (gzip.compress(WHOLE)[:-8] + b"\0" * 8, "damaged"),
    "truncated XML": (file_of(articles("1"))[:-30], "cut off"),
    "XML bomb": (file_of(articles("1").replace(b"Paper", b"&b;"), prolog=BOMB), "document type of its own"),
    "external entity": (
        file_of(articles("1").replace(b"Paper", b"&passwords;"), prolog=EXTERNAL),
        "document type of its own",
    ),
    "other charset": (file_of(articles("1"), prolog=LATIN), "ISO-8859-1"),
    "UTF-16": (WHOLE.decode().encode("utf-16"), "UTF-8"),
    "HTML": (b"<!DOCTYPE html><html><body>Sorry</body></html>", "html"),
    "nothing": (b"", "empty"),
    "an error": (file_of(b"<ERROR>Search Backend failed</ERROR>"), "ERROR"),
}


@pytest.mark.parametrize(("data", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_an_account_with_a_problem(desk: Desk, data: bytes, words: str) -> None:
    account = take_in(data, desk)
    assert words in account.problem
    assert "root:" not in account.problem
    assert desk.inbox.cursor("file") == BEFORE
    assert stored(desk) == {}


def test_bytes_that_are_not_in_the_charset_of_the_file_are_refused(desk: Desk) -> None:
    account = take_in(file_of(articles("1").replace(b"Paper", b"Caf\xe9")), desk)
    assert account.problem
    assert desk.inbox.cursor("file") == BEFORE
    assert stored(desk) == {}


BREAKS = {
    "truncated XML": (b"<PubmedArticle><MedlineCitation><PMID>9", "cut off"),
    "not XML": (b"</PubmedArticle>", "broken"),
    "an entity": (articles("9000").replace(b"Paper", b"&b;"), ""),
    "wrong bytes": (articles("9000").replace(b"Paper", b"Caf\xe9"), ""),
}


@pytest.mark.parametrize(("data", "words"), BREAKS.values(), ids=BREAKS)
def test_the_pages_before_a_break_are_stored_and_the_cursor_waits(
    desk_on_disk: Desk, data: bytes, words: str
) -> None:
    numbers = [str(number) for number in range(1, PAGE + 1)]
    account = take_in(b"<PubmedArticleSet>" + articles(*numbers) + data, desk_on_disk)
    assert words in account.problem
    assert account.problem
    assert desk_on_disk.inbox.cursor("file") == BEFORE
    assert (account.fetched, account.new) == (PAGE, PAGE)
    assert stored(desk_on_disk).keys() == set(numbers)


def test_records_before_a_break_within_a_page_are_stored(desk: Desk) -> None:
    account = take_in(b"<PubmedArticleSet>" + articles("1", "2") + b"<PubmedArticle><PMID>3", desk)
    assert "cut off" in account.problem
    assert desk.inbox.cursor("file") == BEFORE
    assert stored(desk).keys() == {"1", "2"}


def test_a_whole_file_moves_on(desk: Desk) -> None:
    account = take_in(WHOLE, desk)
    assert (account.fetched, account.new, account.problem) == (2, 2, "")


def test_a_file_may_end_exactly_with_a_page(desk_on_disk: Desk) -> None:
    numbers = [str(number) for number in range(1, 2 * PAGE + 1)]
    account = take_in(file_of(articles(*numbers)), desk_on_disk)
    assert (account.found, account.fetched, account.new, account.problem) == (1000, 1000, 1000, "")
