"""A publisher is killed between the request and what it writes down of it, two hundred times."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.rim.sending.parts import open_stores
from tests.rim.social.mastodon_live import LIVE, TOKEN, Mock, Proxy, Stop, running
from tests.rim.social.mastodon_worker import Order

from vesicle.model.delivery import State

pytestmark = LIVE
ROOT = Path(__file__).resolve().parents[3]
KILLS = 200
POST = "POST /api/v1/statuses"
A_MINUTE, TWO_HOURS = 62.0, 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Where one kill hits: at which part, how far it has come, and how long after it one goes on.

    *when* is `forwarded` (the server has it, no answer came), `answered` (the answer lies in the socket),
    `swallowed` (the server never got it), or `ended` (it is read, and would be written down now).
    """

    when: str
    parts: int
    at: int
    has_card: bool
    ahead: float

    @property
    def is_late(self) -> bool:
        return self.ahead == TWO_HOURS


def aim(number: int) -> Aim:
    when = ("forwarded", "answered", "forwarded", "answered", "ended", "forwarded", "answered", "swallowed")
    parts = 3 if number % 5 == 0 else 1
    return Aim(
        when=when[number % 8],
        parts=parts,
        at=number // 5 % parts,
        has_card=number % 3 == 0,
        ahead=TWO_HOURS if number // 8 % 3 == 0 else A_MINUTE,
    )


class Nursery:
    """The process that publishers are forked from."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.rim.social.mastodon_worker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, order: Order, stop: Stop | None = None) -> int:
        """Run a publisher to its end, or to its *stop*; give its exit code, negative for a signal."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(order.line())
        self._process.stdin.flush()
        what, pid = self._process.stdout.readline().split()
        assert what == "pid"
        if stop:
            stop.of(int(pid))
        what, ended, code = self._process.stdout.readline().split()
        assert (what, ended) == ("ended", pid)
        return int(code)

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        self._process.wait(30)


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    with running(tmp_path) as mock:
        yield mock


def test_killed_two_hundred_times_each_post_is_there_once(mock: Mock, tmp_path: Path) -> None:
    nursery = Nursery()
    database = str(tmp_path / "v.db")
    stores = open_stores(database)
    told: Counter[str] = Counter()
    try:
        with Proxy(mock) as proxy:
            for number in range(KILLS):
                one = aim(number)
                order = Order(
                    database=database,
                    url=proxy.url,
                    token=TOKEN,
                    slug=f"issue-{number}/item/mastodon",
                    texts=texts(number, one),
                    has_card=one.has_card,
                )
                killed(nursery, proxy, order, one)
                assert stores.ledger.tally(order.slug).counts == {State.SENDING: 1}
                proxy.asked.clear()
                assert nursery.run(replace(order, ahead=one.ahead)) == 0
                assert stores.ledger.tally(order.slug).counts == {State.SENT: 1}
                assert_asked(proxy.asked, one)
                told[f"{one.when}, {'two hours' if one.is_late else 'a minute'} later"] += 1
    finally:
        stores.close()
        nursery.close()
    assert_once(mock)
    assert sum(told.values()) == KILLS
    print("\n".join(f"{count:4} {what}" for what, count in sorted(told.items())))  # noqa: T201 - pytest -s


def texts(number: int, one: Aim) -> tuple[str, ...]:
    return tuple(
        f"Post {number}, part {part} & https://doi.org/10.1000/{number}" for part in range(one.parts)
    )


def killed(nursery: Nursery, proxy: Proxy, order: Order, one: Aim) -> None:
    """Publish until the kill hits, exactly between the request and the commit of its outcome."""
    if one.when == "ended":
        assert nursery.run(replace(order, dies=True)) == -9
        return
    is_swallowed, is_answered = one.when == "swallowed", one.when == "answered"
    stop = Stop(number=one.at, is_swallowed=is_swallowed, is_answered=is_answered, kills=True)
    proxy.stop = stop
    assert nursery.run(order, stop) == -9


def assert_asked(asked: list[str], one: Aim) -> None:
    """What goes on looks first where the key is forgotten, and posts what is missing alone."""
    posts = [place for place, what in enumerate(asked) if what == POST]
    looks = [place for place, what in enumerate(asked) if what.startswith("GET /api/v1/accounts/1")]
    assert bool(looks) == (one.is_late and one.when != "ended")
    if one.when == "ended":
        assert posts == []
        return
    # Within the hour the part itself is asked for again, and the key makes it none.
    is_found = one.is_late and one.when != "swallowed"
    assert len(posts) == one.parts - one.at - is_found
    assert all(look < post for look in looks for post in posts)


def assert_once(mock: Mock) -> None:
    """Every text is there once, and each part below the one before."""
    statuses = mock.statuses()
    by_id = {one["id"]: one["content"] for one in statuses}
    expected = [text for number in range(KILLS) for text in texts(number, aim(number))]
    assert len(statuses) == len(expected) == len(set(expected))
    assert len(set(by_id.values())) == len(expected)
    for one in statuses:
        number, part = (
            int(word) for word in one["content"].replace("<p>Post ", "").split("&")[0].split(", part ")
        )
        assert bool(one["in_reply_to_id"]) == bool(part)
        assert len(one["media_attachments"]) == (aim(number).has_card and part == 0)
        if part:
            assert f"Post {number}, part {part - 1} " in by_id[one["in_reply_to_id"]]
