"""The channel `export` against a real folder: whole folders, none ever changed, each post once."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.deliver.export import Channel, Options
from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import ContentError, DiskFailure, TemporaryFailure, UserError
from vesicle.model.limits import Frame
from vesicle.model.message import Card, Link, Message, Picture
from vesicle.ports import Desk
from vesicle.testing.clock import FixedClock
from vesicle.testing.desk import LIMITS, plain_desk
from vesicle.testing.memory import MemoryLedger

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
URL = "https://doi.org/10.1/x"
CARD = Card(source="s", data=json.dumps({"title": "A finding"}), frame=Frame(width=1600, height=900))
POST = Message(
    channel="whatsapp",
    slug="migraine",
    lang="en",
    subject="A finding",
    text=f"\nA finding 🧪 & <more>.\n{URL}\n",
    links=(Link(url=URL, text=URL),),
    pictures=(Picture(src=CARD.name, alt='A card: "A finding"', card=CARD),),
)
FOLDER = "outbox/whatsapp/migraine.en"


class Witness(MemoryLedger):
    """A ledger that lets a test look around, or die, when a post begins."""

    at_begin: Callable[[], None] = staticmethod(lambda: None)

    def begin(self, delivery: Delivery, *, now: datetime) -> Future[bool]:
        self.at_begin()
        return super().begin(delivery, now=now)


def owed(
    post: Message = POST, *, number: int = 1, lease: timedelta = timedelta(hours=1)
) -> tuple[Witness, Delivery]:
    """A ledger that owes *post*, and the delivery taken from it; *number* tells issues apart."""
    ledger = Witness()
    frozen = Frozen(
        slug=f"issue-{number}/{post.slug}/whatsapp", channel="c", hash="h", messages={post.lang: post}
    )
    ledger.freeze(frozen, None)
    (delivery,) = ledger.take("c", limit=9, now=NOW, lease=lease)
    return ledger, delivery


def desk(site: Path, *, name: str = "whatsapp", now: datetime = NOW, compose: str = "") -> Desk:
    return plain_desk(FixedClock(now), name=name, folder=str(site), limits=replace(LIMITS, compose=compose))


def delivered(site: Path, post: Message = POST, *, number: int = 1) -> Outcome:
    ledger, delivery = owed(post, number=number)
    Channel(Options(), desk=desk(site)).deliver_all(iter([delivery]), ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    return outcome


def files(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())


def test_a_post_becomes_a_folder_and_waits_for_a_person(tmp_path: Path) -> None:
    outcome = delivered(tmp_path)
    assert files(tmp_path) == [
        f"{FOLDER}/{name}" for name in ("alt.txt", "card.png", "index.html", "post.txt")
    ]
    assert (tmp_path / FOLDER / "post.txt").read_text() == POST.text
    assert (tmp_path / FOLDER / "alt.txt").read_text() == 'A card: "A finding"'
    assert (tmp_path / FOLDER / "card.png").read_bytes() == CARD.name.encode()
    assert outcome.state is State.UNKNOWN
    assert outcome.reason == (
        f"waits for a person: {FOLDER}/index.html, then `vesicle post --confirm issue-1/migraine/whatsapp`"
    )


def test_each_part_of_a_thread_is_a_file(tmp_path: Path) -> None:
    delivered(tmp_path, replace(POST, parts=("One", "Two"), text="One\n\nTwo", pictures=()))
    assert files(tmp_path) == [f"{FOLDER}/{name}" for name in ("1.txt", "2.txt", "index.html")]
    assert (tmp_path / FOLDER / "2.txt").read_text() == "Two"


def test_a_jpeg_is_called_one(tmp_path: Path) -> None:
    card = replace(CARD, frame=Frame(width=1080, height=1350, format="jpeg"))
    delivered(tmp_path, replace(POST, pictures=(Picture(src=card.name, alt=None, card=card),)))
    assert f"{FOLDER}/card.jpg" in files(tmp_path)


def test_languages_and_channels_do_not_meet(tmp_path: Path) -> None:
    delivered(tmp_path)
    delivered(tmp_path, replace(POST, lang="th", text="ไทย"))
    ledger, delivery = owed()
    Channel(Options(), desk=desk(tmp_path, name="line")).deliver_all(iter([delivery]), ledger)
    folders = {str(Path(name).parent) for name in files(tmp_path)}
    assert folders == {FOLDER, "outbox/whatsapp/migraine.th", "outbox/line/migraine.en"}


def test_nothing_is_to_be_seen_before_the_ledger_lets_it_begin(tmp_path: Path) -> None:
    ledger, delivery = owed()
    seen: list[list[Path]] = []
    ledger.at_begin = lambda: seen.append(list(tmp_path.glob("outbox/whatsapp/[!.]*")))
    Channel(Options(), desk=desk(tmp_path)).deliver_all(iter([delivery]), ledger)
    assert seen == [[]]


def test_a_delivery_that_somebody_else_owns_leaves_nothing(tmp_path: Path) -> None:
    ledger, delivery = owed(lease=timedelta(minutes=1))
    late = desk(tmp_path, now=NOW + timedelta(minutes=2))
    Channel(Options(), desk=late).deliver_all(iter([delivery]), ledger)
    assert files(tmp_path) == []
    assert ledger.outcome(delivery.key) is None


def test_the_same_delivery_again_finds_its_folder_and_ends_the_same(tmp_path: Path) -> None:
    first = delivered(tmp_path)
    (tmp_path / FOLDER / "post.txt").write_text("My own words.")
    before = files(tmp_path)
    assert delivered(tmp_path) == first
    assert files(tmp_path) == before
    assert (tmp_path / FOLDER / "post.txt").read_text() == "My own words."


def test_another_delivery_of_the_same_post_goes_beside_and_finds_itself_again(tmp_path: Path) -> None:
    delivered(tmp_path)
    beside = delivered(tmp_path, number=2)
    assert f"{FOLDER}/index.html" not in beside.reason
    assert len(files(tmp_path)) == 8
    assert delivered(tmp_path, number=2) == beside
    assert len(files(tmp_path)) == 8


def test_a_folder_of_a_person_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "index.html").write_text("mine")
    delivered(tmp_path)
    assert (tmp_path / FOLDER / "index.html").read_text() == "mine"
    assert len(list((tmp_path / "outbox/whatsapp").iterdir())) == 2


@pytest.mark.parametrize("left", [[], ["post.txt"]])
def test_killed_at_any_step_the_next_try_writes_it_whole(tmp_path: Path, left: list[str]) -> None:
    ledger, delivery = owed()

    def killed() -> None:
        raise KeyboardInterrupt

    ledger.at_begin = killed
    with pytest.raises(KeyboardInterrupt):
        Channel(Options(), desk=desk(tmp_path)).deliver_all(iter([delivery]), ledger)
    assert not (tmp_path / FOLDER).exists()
    (draft,) = (tmp_path / "outbox/whatsapp").iterdir()
    for path in draft.iterdir():
        if path.name not in left:
            path.unlink()
    delivered(tmp_path)
    assert len(files(tmp_path)) == 4
    assert list((tmp_path / "outbox/whatsapp").iterdir()) == [tmp_path / FOLDER]


def test_a_folder_that_cannot_be_written_to_defers_and_stops(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    ledger, delivery = owed()
    feed = iter([delivery, delivery])
    with pytest.raises(TemporaryFailure, match="outbox/whatsapp cannot be written to"):
        Channel(Options(), desk=desk(tmp_path)).deliver_all(feed, ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    assert outcome.state is State.DEFERRED
    assert len(list(feed)) == 1


def test_a_name_that_cannot_be_given_after_begin_defers(tmp_path: Path) -> None:
    ledger, delivery = owed()

    def moved() -> None:
        (tmp_path / "outbox/whatsapp").rename(tmp_path / "moved")

    ledger.at_begin = moved
    with pytest.raises(TemporaryFailure):
        Channel(Options(), desk=desk(tmp_path)).deliver_all(iter([delivery]), ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    assert outcome.state is State.DEFERRED


def test_a_card_that_cannot_be_drawn_fails_the_post_and_names_it(tmp_path: Path) -> None:
    def broken(card: Card) -> bytes:
        raise ContentError("a font is missing")

    ledger, delivery = owed()
    Channel(Options(), desk=replace(desk(tmp_path), draw=broken)).deliver_all(iter([delivery]), ledger)
    outcome = ledger.outcome(delivery.key)
    assert outcome is not None
    assert (outcome.state, files(tmp_path)) == (State.FAILED, [])
    assert "a font is missing" in outcome.reason


def test_a_disk_that_fails_stops_everything(tmp_path: Path) -> None:
    def broken(card: Card) -> bytes:
        raise DiskFailure("no")

    ledger, delivery = owed()
    with pytest.raises(DiskFailure):
        Channel(Options(), desk=replace(desk(tmp_path), draw=broken)).deliver_all(iter([delivery]), ledger)
    assert ledger.outcome(delivery.key) is None


def test_a_rehearsal_names_folder_and_files_and_writes_nothing(tmp_path: Path) -> None:
    (call,) = Channel(Options(), desk=desk(tmp_path)).rehearse(POST)
    assert (call.method, call.url) == ("WRITE", f"{FOLDER}/")
    assert sorted(call.body.split()) == ["alt.txt", "card.png", "index.html", "post.txt"]
    assert files(tmp_path) == []


@settings(deadline=None, max_examples=40)
@given(slug=st.text(), lang=st.text(max_size=12), name=st.text(max_size=40), frozen=st.text())
def test_no_slug_language_or_channel_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, slug: str, lang: str, name: str, frozen: str
) -> None:
    site = tmp_path_factory.mktemp("site")
    ledger, delivery = owed(replace(POST, slug=slug, lang=lang, text="Hi"))
    strange = replace(delivery, message=replace(delivery.message, subject=frozen))
    Channel(Options(), desk=desk(site, name=name)).deliver_all(iter([strange]), ledger)
    for path in files(site):
        top, _, folder, _ = path.split("/")
        assert top == "outbox"
        assert not folder.startswith(".")


@pytest.mark.parametrize("folder", ["", "..", "../x", "/tmp", "a/../b", ".hidden", "a b", "a\\b"])
def test_a_folder_outside_the_site_is_refused(folder: str) -> None:
    with pytest.raises(UserError, match="not a folder of the site"):
        Options(folder=folder)
