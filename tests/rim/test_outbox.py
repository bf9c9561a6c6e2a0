"""The channel `outbox` against a real folder: whole files, never one changed, each post once."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.deliver.outbox import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.message import Message
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import plain_desk
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
POST = Message(
    channel="bluesky", slug="migraine", lang="en", text="A finding 🧪 in one post.\nhttps://doi.org/10.1/x\n"
)


class Witness(MemoryLedger):
    """A ledger that lets a test look around, or die, when a post begins."""

    at_begin: Callable[[], None] = staticmethod(lambda: None)

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        self.at_begin()
        return super().begin(delivery, now=now)


def owed(
    post: Message, *, number: int = 1, lease: timedelta = timedelta(hours=1)
) -> tuple[Witness, Delivery]:
    """A ledger that owes *post*, and the delivery taken from it; *number* tells issues apart."""
    ledger = Witness()
    frozen = Frozen(
        slug=f"issue-{number}/{post.slug}", channel="bluesky", hash="h", messages={post.lang: post}
    )
    ledger.freeze(frozen, None)
    (delivery,) = ledger.take("bluesky", limit=9, now=NOW, lease=lease)
    return ledger, delivery


def channel(
    site: Path, *, name: str = "bluesky", now: datetime = NOW, options: Options | None = None
) -> Channel:
    desk = plain_desk(FixedClock(now), name=name, folder=str(site))
    return Channel(options or Options(), desk=desk)


def delivered(site: Path, post: Message = POST, *, number: int = 1) -> Outcome:
    ledger, delivery = owed(post, number=number)
    channel(site).deliver_all(iter([delivery]), ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    return outcome


def files(site: Path) -> dict[str, str]:
    found: Iterable[Path] = (path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes().decode() for path in found}


def test_a_post_becomes_a_file_and_the_receipt_names_it(tmp_path: Path) -> None:
    outcome = delivered(tmp_path)
    assert files(tmp_path) == {"outbox/bluesky/migraine.en.txt": POST.text}
    assert outcome.state is State.SENT
    assert outcome.receipt.remote == "outbox/bluesky/migraine.en.txt"


def test_languages_and_channels_do_not_meet(tmp_path: Path) -> None:
    delivered(tmp_path)
    delivered(tmp_path, replace(POST, lang="th", text="ไทย"))
    ledger, delivery = owed(POST)
    channel(tmp_path, name="x").deliver_all(iter([delivery]), ledger)
    assert sorted(files(tmp_path)) == [
        "outbox/bluesky/migraine.en.txt",
        "outbox/bluesky/migraine.th.txt",
        "outbox/x/migraine.en.txt",
    ]


def test_the_post_is_not_visible_before_the_ledger_lets_it_begin(tmp_path: Path) -> None:
    ledger, delivery = owed(POST)
    seen: list[list[str]] = []
    ledger.at_begin = lambda: seen.append([name for name in files(tmp_path) if name.endswith(".txt")])
    channel(tmp_path).deliver_all(iter([delivery]), ledger)
    assert seen == [[]]
    assert len(files(tmp_path)) == 1


def test_a_delivery_that_somebody_else_owns_leaves_nothing(tmp_path: Path) -> None:
    ledger, delivery = owed(POST, lease=timedelta(minutes=1))
    channel(tmp_path, now=NOW + timedelta(minutes=2)).deliver_all(iter([delivery]), ledger)
    assert files(tmp_path) == {}
    assert ledger.outcome(delivery.key) is None


def test_the_same_post_again_is_sent_and_the_file_is_left_alone(tmp_path: Path) -> None:
    delivered(tmp_path)
    path = tmp_path / "outbox/bluesky/migraine.en.txt"
    os.utime(path, (1, 1))
    assert delivered(tmp_path).state is State.SENT
    assert path.stat().st_mtime == 1
    assert len(files(tmp_path)) == 1


def test_a_file_that_a_person_edited_is_never_changed(tmp_path: Path) -> None:
    delivered(tmp_path)
    path = tmp_path / "outbox/bluesky/migraine.en.txt"
    path.write_text("My own words.")
    outcome = delivered(tmp_path, number=2)
    assert path.read_text() == "My own words."
    assert outcome.receipt.remote != "outbox/bluesky/migraine.en.txt"
    assert files(tmp_path)[outcome.receipt.remote] == POST.text
    assert len(files(tmp_path)) == 2


def test_a_delivery_finds_its_own_file_again_even_where_it_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "outbox/bluesky/migraine.en.txt"
    path.parent.mkdir(parents=True)
    path.write_text("Another post.")
    first = delivered(tmp_path)
    (tmp_path / first.receipt.remote).write_text("Edited since.")
    assert delivered(tmp_path).receipt.remote == first.receipt.remote
    assert sorted(files(tmp_path).values()) == ["Another post.", "Edited since."]


def test_killed_after_begin_the_post_is_delivered_whole_by_the_next_try(tmp_path: Path) -> None:
    ledger, delivery = owed(POST)

    def killed() -> None:
        raise KeyboardInterrupt

    ledger.at_begin = killed
    with pytest.raises(KeyboardInterrupt):
        channel(tmp_path).deliver_all(iter([delivery]), ledger)
    assert not (tmp_path / "outbox/bluesky/migraine.en.txt").exists()
    assert delivered(tmp_path).state is State.SENT
    assert files(tmp_path) == {"outbox/bluesky/migraine.en.txt": POST.text}


def test_a_folder_that_cannot_be_written_to_defers_and_stops(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    ledger, delivery = owed(POST)
    feed = iter([delivery, delivery])
    with pytest.raises(TemporaryFailure, match="outbox/bluesky cannot be written to"):
        channel(tmp_path).deliver_all(feed, ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    assert outcome.state is State.DEFERRED
    assert outcome.retry_at == NOW + timedelta(minutes=5)
    assert len(list(feed)) == 1


def test_a_name_that_cannot_be_given_after_begin_defers(tmp_path: Path) -> None:
    ledger, delivery = owed(POST)

    def moved() -> None:
        (tmp_path / "outbox/bluesky").rename(tmp_path / "moved")

    ledger.at_begin = moved
    with pytest.raises(TemporaryFailure):
        channel(tmp_path).deliver_all(iter([delivery]), ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    assert outcome.state is State.DEFERRED


@settings(deadline=None, max_examples=60)
@given(slug=st.text(), lang=st.text(max_size=12), name=st.text(max_size=40))
def test_no_slug_language_or_channel_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, slug: str, lang: str, name: str
) -> None:
    site = tmp_path_factory.mktemp("site")
    ledger, delivery = owed(replace(POST, slug=slug, lang=lang))
    channel(site, name=name).deliver_all(iter([delivery]), ledger)
    ((path, text),) = files(site).items()
    assert text == POST.text
    folder, _, file = path.split("/")
    assert folder == "outbox"
    assert not file.startswith(".")


@pytest.mark.parametrize(
    "slug", ["../../etc/cron", "..", "a/../../b", "/etc/passwd", "..\\..\\b", "\0", "C:\\x"]
)
def test_a_slug_cannot_climb_out(tmp_path: Path, slug: str) -> None:
    site = tmp_path / "deep" / "site"
    delivered(site, replace(POST, slug=slug))
    assert all(name.startswith("deep/site/outbox/bluesky/") for name in files(tmp_path))


@pytest.mark.parametrize("folder", ["", "..", "../x", "/tmp", "a/../b", ".hidden", "a b", "a\\b"])
def test_a_folder_outside_the_site_is_refused(folder: str) -> None:
    with pytest.raises(UserError, match="not a folder of the site"):
        Options(folder=folder)


def test_a_folder_inside_a_folder_is_used(tmp_path: Path) -> None:
    ledger, delivery = owed(POST)
    channel(tmp_path, options=Options(folder="posts/to-publish")).deliver_all(iter([delivery]), ledger)
    assert list(files(tmp_path)) == ["posts/to-publish/bluesky/migraine.en.txt"]
