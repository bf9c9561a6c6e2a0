from collections.abc import Iterator
from datetime import UTC, datetime

from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Cursor, Harvest, Page, Paper
from vesicle.pipeline.collect import collect
from vesicle.testing.memory import MemoryInbox

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def paper(pmid: str) -> Paper:
    return Paper(source="made-up", id=pmid, pmid=pmid, title=f"Paper {pmid}", url="https://example.org")


class Source:
    """Gives its pages from the cursor on, then fails if it is told to."""

    def __init__(self, *pages: tuple[str, ...], failing: bool = False) -> None:
        self.pages = pages
        self.failing = failing

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        for number, page in enumerate(self.pages[int(cursor.position or 0) :], start=1):
            yield Page(papers=tuple(map(paper, page)), cursor=Cursor(position=str(number)))
        if self.failing:
            raise TemporaryFailure("the server is away")


def test_new_papers_land_in_the_inbox_once() -> None:
    inbox = MemoryInbox()
    sources = {"one": Source(("1", "2")), "two": Source(("2", "3"))}
    assert list(collect(sources, inbox, now=NOW)) == [
        Harvest(source="one", found=2, new=2),
        Harvest(source="two", found=2, new=1),
    ]
    assert {one.paper.pmid for one in inbox.candidates()} == {"1", "2", "3"}


def test_a_failing_source_is_an_account_and_not_the_end_of_the_run() -> None:
    inbox = MemoryInbox()
    sources = {"bad": Source(("1",), failing=True), "good": Source(("2",))}
    found = list(collect(sources, inbox, now=NOW))
    assert found[0] == Harvest(source="bad", found=1, new=1, problem="the server is away")
    assert found[1] == Harvest(source="good", found=1, new=1)


def test_the_next_run_goes_on_from_the_last_whole_page() -> None:
    inbox = MemoryInbox()
    list(collect({"one": Source(("1",))}, inbox, now=NOW))
    assert list(collect({"one": Source(("1",), ("2",))}, inbox, now=NOW)) == [
        Harvest(source="one", found=1, new=1)
    ]
