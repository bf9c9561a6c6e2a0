"""A sender is killed while its post is on the way, two hundred times, and there is one post each time."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from random import Random
from signal import SIGKILL
from time import sleep

import pytest
from tests.rim.sending.parts import Stores, open_stores
from tests.rim.social.bluesky_live import Account, account, running
from tests.rim.social.bluesky_proxy import Proxy, Step
from tests.rim.social.bluesky_stand import NAME, PICTURE, post
from tests.rim.social.bluesky_worker import Order

from vesicle.model.delivery import Frozen, Policy, State
from vesicle.model.message import Message
from vesicle.queue.clock import now

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[3]
KILLS = 200
SECONDS = 60.0
LATE_SECONDS = 0.003
"""A kill comes up to so long after the answer was passed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: where the request was, and how many records it had made by then."""

    step: Step
    out: int


@dataclass(kw_only=True)
class Scene:
    """A database, an account behind a proxy, and a nursery of senders."""

    stores: Stores
    birds: Account
    proxy: Proxy
    nursery: "subprocess.Popen[str]"
    random: Random = field(default_factory=lambda: Random(20261122))
    seconds: "Iterator[float]" = field(default_factory=lambda: count(now().timestamp()))
    owed: list[Message] = field(default_factory=list)

    def owe(self, message: Message) -> str:
        slug = f"issue/item-{len(self.owed)}/{NAME}"
        frozen = Frozen(slug=slug, channel=NAME, hash="h", messages={"en": message}, policy=Policy.RESEND)
        self.stores.ledger.freeze(frozen, None)
        self.owed.append(message)
        return slug

    def state(self, slug: str) -> State:
        (state,) = self.stores.ledger.tally(slug).counts
        return State(state)

    def start(self, slug: str) -> int:
        """Start a sender, whose clock is later than that of the last; give its process id."""
        assert self.nursery.stdin
        order = Order(
            database=str(self.stores.database.path),
            server=self.proxy.url,
            handle=self.birds.handle,
            password=self.birds.password,
            slug=slug,
            at=next(self.seconds),
        )
        self.nursery.stdin.write(order.line())
        self.nursery.stdin.flush()
        return int(self._told("pid")[0])

    def ended(self) -> int:
        """Wait for the end of a sender; give its exit code."""
        return int(self._told("ended")[1])

    def _told(self, what: str) -> list[str]:
        assert self.nursery.stdout
        said, *rest = self.nursery.stdout.readline().split(maxsplit=2)
        assert said == what, [said, *rest]
        return rest


@contextmanager
def nursery() -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "tests.rim.social.bluesky_worker"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        process.communicate(timeout=SECONDS)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with running(tmp_path / "pds") as url, Proxy(url, method="putRecord") as proxy, nursery() as process:
        (tmp_path / "site").mkdir()
        stores = open_stores(str(tmp_path / "site" / "vesicle.db"))
        try:
            yield Scene(stores=stores, birds=account(url, "birds.test"), proxy=proxy, nursery=process)
        finally:
            stores.close()


def message(number: int) -> Message:
    """Give every fifth as a thread with a card, and every seventh with a card."""
    if number % 5 == 0:
        parts = tuple(f"{number}.{part} Donor {number}" for part in range(1, 4))
        return post("\n\n".join(parts), parts=parts, pictures=(PICTURE,))
    return post(f"{number} Donor {number}", pictures=(PICTURE,) if number % 7 == 0 else ())


def kill_one(scene: Scene, number: int) -> Kill | None:
    """Kill a sender on its way; None where it had come to its end."""
    told = message(number)
    slug = scene.owe(told)
    step = list(Step)[number % len(Step)]
    part = scene.random.randint(1, len(told.texts))
    late = scene.random.uniform(0, LATE_SECONDS) if step is Step.TOLD else 0
    pids: SimpleQueue[int] = SimpleQueue()

    def strike() -> None:
        pid = pids.get(timeout=SECONDS)
        sleep(late)
        os.kill(pid, SIGKILL)

    scene.proxy.strike_at(step, part, strike)
    pids.put(scene.start(slug))
    code = scene.ended()
    state = scene.state(slug)
    out = [one for one in scene.birds.latest(len(told.texts)) if one["value"]["text"] in told.texts]
    assert scene.start(slug)
    assert scene.ended() == 0
    assert scene.state(slug) is State.SENT
    is_between = (code, state) == (-SIGKILL, State.SENDING)
    return Kill(step=step, out=len(out) - (part - 1)) if is_between else None


def test_killed_between_the_request_and_the_commit_there_is_one_post(scene: Scene) -> None:
    kills: list[Kill] = []
    for number in range(KILLS * 2):
        if (kill := kill_one(scene, number)) is not None:
            kills.append(kill)
        if len(kills) == KILLS:
            break
    steps = Counter(kill.step for kill in kills)
    assert len(kills) == KILLS
    assert min(steps[step] for step in Step) > KILLS // 8
    assert all(kill.out == 0 for kill in kills if kill.step is Step.CAME)
    assert all(kill.out == 1 for kill in kills if kill.step is Step.ANSWERED)
    assert all(kill.out >= 1 for kill in kills if kill.step is Step.TOLD)
    there = Counter(one["value"]["text"] for one in scene.birds.records())
    assert there == Counter(text for one in scene.owed for text in one.texts)
    assert set(there.values()) == {1}
