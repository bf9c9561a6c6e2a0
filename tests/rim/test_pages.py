"""The public pages on a real database: scanners change nothing, and no answer tells who is on the list."""

import asyncio
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import httpx
import pytest
from tests.rim.mails import every_mail, links
from tests.unit.web.site import ANN, BROWSER, HOST, KEY, TEMPLATES, Pages, ann, asked

from vesicle.model.subscriber import SubscriberStatus, SuppressionReason
from vesicle.pipeline.answer import Clerk, answer
from vesicle.pipeline.notices import Notices
from vesicle.ports import never
from vesicle.queue.randomness import random_id, random_number
from vesicle.store.database import Database, open_database
from vesicle.store.key import bind_key
from vesicle.store.ledger import SqlLedger
from vesicle.store.readers import SqlReaders
from vesicle.store.subscribers import SqlSubscribers
from vesicle.testing import nouns
from vesicle.text.doors import Door
from vesicle.web.application import application, routes

SCANS = 1000
SIGN_UPS = 10_000
PAIRS = 1000
FORMS = 100
TRIES = 4
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Pages, and the database in which they keep what readers do; Ann is pending."""

    pages: Pages
    database: Database
    subscribers: SqlSubscribers

    def rows(self) -> dict[str, list[str]]:
        """Give every row of every table."""
        with self.database.reading() as connection:
            tables = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).scalars()
            return {
                name: [repr(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')]
                for name in tables.all()
            }

    def files(self) -> dict[str, bytes]:
        """Give what stands in the database's files, but for the index that readers share in memory."""
        folder = self.database.path.parent
        return {one.name: one.read_bytes() for one in folder.iterdir() if not one.name.endswith("-shm")}

    def client(self) -> httpx.AsyncClient:
        """Give a client without a thread between it and the pages."""
        transport = httpx.ASGITransport(app=application(self.pages.house))
        headers = {"user-agent": BROWSER}
        return httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}", headers=headers)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    database = open_database(str(tmp_path / "vesicle.db"))
    bind_key(database, KEY)
    subscribers = SqlSubscribers(database, key=KEY)
    subscribers.add([(ann(), asked())])
    pages = Pages()
    pages.change(subscribers=subscribers, readers=SqlReaders(database, key=KEY))
    yield Kept(pages=pages, database=database, subscribers=subscribers)
    database.close()


@pytest.mark.long
def test_a_scanner_that_asks_for_every_link_of_every_mail_a_thousand_times_changes_no_row(kept: Kept) -> None:
    mails = list(every_mail(ann(), now=kept.pages.now))
    found = links(mails)
    assert len(mails) == 17  # the issue in two languages, five notices in three
    assert {path.split("/")[1] for path in found} == {"", *(door.path for door in Door)}
    others = [path for path in (route.path for route in routes(kept.pages.house)) if "{" not in path]
    before, files = kept.rows(), kept.files()
    assert asyncio.run(_scan(kept, found * SCANS + others * 20)) == {200}
    assert kept.rows() == before
    assert kept.files() == files
    assert any("ann@readers.example" in row for row in before["subscribers"])


async def _scan(kept: Kept, paths: list[str]) -> set[int]:
    found: set[int] = set()
    async with kept.client() as client:
        for path in paths:
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path)
                found.add(answer.status_code)
    return found


@pytest.mark.long
def test_ten_thousand_sign_ups_from_one_network_bring_the_allowed_mails(kept: Kept) -> None:
    """By the page, into the database, and answered from there."""
    assert asyncio.run(_sign_up(kept, SIGN_UPS)) == 1
    clerk = Clerk(
        notices=Notices(nouns.newsletter(languages=("en",)), TEMPLATES),
        new_id=random_id,
        clock=kept.pages.reception.clock,
        per_network=60,
        per_domain=200,
    )
    done = answer(kept.pages.reception.readers, clerk, stopping=never)
    assert (done.count, done.refusals) == (SIGN_UPS, {"network": SIGN_UPS - 60})
    ledger = SqlLedger(kept.database, random_token=random_number)
    owed = ledger.take("email", limit=SIGN_UPS, now=kept.pages.now, lease=timedelta(minutes=1))
    ledger.close()
    assert len(owed) == len({one.to.email for one in owed if one.to}) == 60


async def _sign_up(kept: Kept, times: int) -> int:
    """Sign up as many people from one address; give how many different answers there were."""
    stamp = kept.pages.reception.stamp("sign up")
    kept.pages.later(seconds=9)
    answers: set[bytes] = set()
    async with kept.client() as client:
        for number in range(times):
            form = {"email": f"a{number}@readers{number}.example", "language": "en", "stamp": stamp}
            answer = await client.post("/sign-up", data=form)
            assert answer.status_code == 200
            answers.add(answer.content)
    return len(answers)


@pytest.mark.long
def test_signing_up_takes_the_same_time_whoever_is_on_the_list(kept: Kept) -> None:
    kept.subscribers.suppress("gone@readers.example", SuppressionReason.COMPLAINED, now=kept.pages.now)
    # A machine that does other things as well may be uneven once, not every time.
    ratios = (asyncio.run(_ratio(kept)) for _ in range(TRIES))
    assert any(abs(ratio - 1) <= 0.05 for ratio in ratios)


async def _ratio(kept: Kept) -> float:
    """Give the median of those who are on the list, or suppressed, over that of those who are not."""
    stamp = kept.pages.reception.stamp("sign up")
    kept.pages.later(seconds=9)
    form = {"language": "en", "frequency": "every issue", "stamp": stamp}
    there: list[float] = []
    others: list[float] = []
    async with kept.client() as client:
        for number in range(PAIRS):
            known = "ann@readers.example" if number % 2 else "gone@readers.example"
            pair = [(there, known), (others, f"a{number % 90 + 10}@readers.example")]
            for times, email in pair if number % 4 < 2 else pair[::-1]:
                start = perf_counter()
                answer = await client.post("/sign-up", data={**form, "email": email})
                times.append(perf_counter() - start)
                assert answer.status_code == 200
    return statistics.median(there) / statistics.median(others)


def test_while_something_large_is_written_whoever_only_looks_is_answered(kept: Kept) -> None:
    """More forms wait for the database than there are threads, and the page is there all the same."""
    assert asyncio.run(_look_while_forms_wait(kept)) == (FORMS, {200})


async def _look_while_forms_wait(kept: Kept) -> tuple[int, set[int]]:
    path = kept.pages.path(Door.LEAVE)
    async with kept.client() as client:
        with kept.database.writing():
            forms = [asyncio.create_task(client.post(path, data=ONE_CLICK)) for _ in range(FORMS)]
            await asyncio.sleep(0)  # they begin
            answer = await asyncio.wait_for(client.get(path), timeout=20)
            waiting = sum(not form.done() for form in forms)
        done = await asyncio.gather(*forms)
        return waiting, {answer.status_code, *(one.status_code for one in done)}


def test_a_journey_ends_in_the_database(kept: Kept) -> None:
    asyncio.run(_journey(kept))
    person = kept.subscribers.with_id(ANN)
    assert person
    assert (person.status, person.language) == (SubscriberStatus.UNSUBSCRIBED, "th")
    sources = [one.source for one in kept.subscribers.consents(ANN)]
    assert sources == ["form sign-up", "page choose", "one click"]
    rows = kept.rows()
    assert ["new@readers.example" in row for row in rows["asks"]] == [True]
    assert [kept.pages.reception.wording("en") in row for row in rows["wordings"]] == [True]


async def _journey(kept: Kept) -> None:
    stamp = kept.pages.reception.stamp("sign up")
    kept.pages.later(seconds=9)
    form = {"email": "new@readers.example", "language": "en", "stamp": stamp}
    async with kept.client() as client:
        await client.post("/sign-up", data=form)
        await client.post(kept.pages.path(Door.CHOOSE), data={"language": "th"})
        for _ in range(2):
            answer = await client.post(kept.pages.path(Door.LEAVE), data=ONE_CLICK)
            assert answer.status_code == 200
