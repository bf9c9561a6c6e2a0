"""Workers of the channel `telegram` that are killed: one message, and a state that says what is not known."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from tests.rim.social.botapi import BotApi

from vesicle.model.delivery import Frozen, State
from vesicle.model.message import Message
from vesicle.queue.randomness import random_number
from vesicle.store.database import open_database
from vesicle.store.ledger import SqlLedger
from vesicle.testing.apiserver import Answer, ApiServer, Asked

ROOT = Path(__file__).resolve().parents[3]
SLUG = "issue/item/telegram"
POST = Message(channel="telegram", slug="item", lang="en", text="Hi")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what is tested")


@dataclass
class Deadly:
    """A Bot API that kills whoever asks it to publish, once the message is there and before the answer."""

    api: BotApi
    kills: int | None = None

    def __call__(self, asked: Asked) -> Answer:
        answer = self.api(asked)
        if self.kills and "/send" in asked.path:
            os.kill(self.kills, signal.SIGKILL)
        return answer


@dataclass
class Scene:
    """A Bot API, and a process that forks workers for a database."""

    server: ApiServer
    deadly: Deadly
    nursery: "subprocess.Popen[str]"
    folder: Path

    def begin(self) -> int:
        """Let a worker begin; give its process id."""
        assert self.nursery.stdin
        assert self.nursery.stdout
        order = {"path": str(self.folder / "site" / "vesicle.db"), "base": self.server.url}
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline().removeprefix("pid "))

    def end(self) -> int:
        """Wait for the end of a worker; give its exit code, or the signal that ended it."""
        assert self.nursery.stdout
        return int(self.nursery.stdout.readline().removeprefix("ended "))

    def reset(self) -> None:
        """Let one post be owed, and nothing be published."""
        shutil.rmtree(self.folder / "site", ignore_errors=True)
        shutil.copytree(self.folder / "pristine", self.folder / "site")
        self.deadly.api.posted.clear()

    def state(self) -> State:
        """Tell how the post stands."""
        database = open_database(str(self.folder / "site" / "vesicle.db"))
        ledger = SqlLedger(database, random_token=random_number)
        (state,) = ledger.tally(SLUG).counts
        ledger.close()
        database.close()
        return state


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("telegram")
    (folder / "pristine").mkdir()
    database = open_database(str(folder / "pristine" / "vesicle.db"))
    ledger = SqlLedger(database, random_token=random_number)
    ledger.freeze(Frozen(slug=SLUG, channel="telegram", hash="h", messages={"en": POST}), None)
    ledger.close()
    database.close()
    deadly = Deadly(BotApi())
    command = [sys.executable, "-m", "tests.rim.social.telegram_worker"]
    with (
        ApiServer(deadly) as server,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as nursery,
    ):
        yield Scene(server, deadly, nursery, folder)
        nursery.communicate()


RUNS = [8, pytest.param(200, marks=pytest.mark.long)]


def test_without_a_kill_it_is_sent(scene: Scene) -> None:
    scene.reset()
    scene.begin()
    assert scene.end() == 0
    assert (scene.state(), len(scene.deadly.api.posted)) == (State.SENT, 1)


@pytest.mark.parametrize("runs", RUNS)
def test_killed_between_the_message_and_its_answer_it_is_unknown_and_never_sent_again(
    scene: Scene, runs: int
) -> None:
    for _ in range(runs):
        scene.reset()
        # Told before the worker can ask: it opens its database first.
        scene.deadly.kills = scene.begin()
        assert scene.end() == signal.SIGKILL
        scene.deadly.kills = None
        scene.begin()
        assert scene.end() == 0
        assert (scene.state(), len(scene.deadly.api.posted)) == (State.UNKNOWN, 1)


@pytest.mark.parametrize("runs", [5, pytest.param(200, marks=pytest.mark.long)])
def test_killed_at_any_instant_there_is_never_a_second_message(scene: Scene, runs: int) -> None:
    random = Random(5)
    for _ in range(runs):
        scene.reset()
        pid = scene.begin()
        killer = Timer(random.uniform(0.0, 0.15), _kill, [pid])
        killer.start()
        scene.end()
        killer.cancel()
        killer.join()
        before = len(scene.deadly.api.posted)
        scene.begin()
        assert scene.end() == 0
        state, posted = scene.state(), len(scene.deadly.api.posted)
        assert (state, posted) in {(State.SENT, 1), (State.UNKNOWN, 1), (State.UNKNOWN, 0)}
        assert posted == before or state is State.SENT


def _kill(pid: int) -> None:
    # It may have ended by itself; its number is nobody else's before the next worker begins.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
