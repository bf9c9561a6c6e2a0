import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.model.errors import DiskFailure
from vesicle.model.limits import Frame
from vesicle.model.message import Card
from vesicle.store.cards import Cards

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


def a_card(title: str) -> Card:
    return Card(source="#title", data=f'{{"title": "{title}"}}', frame=Frame(width=1600, height=900))


class Drawing:
    """Draws the data of a card, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, card: Card) -> bytes:
        self.count += 1
        return card.data.encode()


@pytest.fixture
def draw() -> Drawing:
    return Drawing()


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    return Cards(tmp_path / ".vesicle" / "cards")


def use(cards: Cards, title: str, draw: Callable[[Card], bytes], when: datetime) -> None:
    card = a_card(title)
    cards.picture(card, draw)
    os.utime(cards.path(card), (when.timestamp(), when.timestamp()))


def test_a_card_is_drawn_once(cards: Cards, draw: Drawing) -> None:
    first, second = cards.picture(a_card("Moss"), draw), cards.picture(a_card("Moss"), draw)
    assert first == second == b'{"title": "Moss"}'
    assert draw.count == 1


def test_another_card_is_another_picture(cards: Cards, draw: Drawing) -> None:
    assert cards.picture(a_card("Moss"), draw) != cards.picture(a_card("Dust"), draw)
    assert draw.count == 2


def test_a_picture_is_kept_under_the_name_of_its_card(cards: Cards, draw: Drawing, tmp_path: Path) -> None:
    card = a_card("Moss")
    cards.picture(card, draw)
    assert cards.path(card) == tmp_path / ".vesicle" / "cards" / card.name
    assert cards.path(card).read_bytes() == draw(card)
    assert [path.name for path in cards.path(card).parent.iterdir()] == [card.name]


def test_a_picture_that_was_lost_is_drawn_again(cards: Cards, draw: Drawing) -> None:
    cards.picture(a_card("Moss"), draw)
    cards.path(a_card("Moss")).unlink()
    assert cards.picture(a_card("Moss"), draw)
    assert draw.count == 2


def test_nothing_is_kept_of_a_card_that_cannot_be_drawn(cards: Cards) -> None:
    def fail(card: Card) -> bytes:
        raise ValueError(card.name)

    with pytest.raises(ValueError, match=a_card("Moss").name):
        cards.picture(a_card("Moss"), fail)
    assert not cards.path(a_card("Moss")).exists()


def test_a_disk_that_keeps_nothing_is_told(tmp_path: Path, draw: Drawing) -> None:
    (tmp_path / "file").write_text("")
    cards = Cards(tmp_path / "file" / "cards")
    with pytest.raises(DiskFailure, match=a_card("Moss").name):
        cards.picture(a_card("Moss"), draw)


def test_a_folder_in_place_of_a_picture_is_told(cards: Cards, draw: Drawing) -> None:
    cards.path(a_card("Moss")).mkdir(parents=True)
    with pytest.raises(DiskFailure, match="cannot be read"):
        cards.picture(a_card("Moss"), draw)


def test_what_was_not_used_for_long_is_tidied_but_for_what_is_to_be_kept(cards: Cards, draw: Drawing) -> None:
    for title, days in (("Moss", 40), ("Dust", 40), ("Rain", 1)):
        use(cards, title, draw, NOW - timedelta(days=days))
    assert cards.tidy(NOW - timedelta(days=30), keep={a_card("Dust").name}) == 1
    left = {title for title in ("Moss", "Dust", "Rain") if cards.path(a_card(title)).exists()}
    assert left == {"Dust", "Rain"}


def test_a_picture_that_is_used_is_not_tidied(cards: Cards, draw: Drawing) -> None:
    use(cards, "Moss", draw, NOW - timedelta(days=4000))
    cards.picture(a_card("Moss"), draw)
    assert cards.tidy(NOW - timedelta(days=3000)) == 0


def test_what_a_killed_process_left_half_written_is_tidied_and_not_counted(cards: Cards) -> None:
    draft = cards.path(a_card("Moss")).with_name(".card.x1y2")
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"ha")
    os.utime(draft, (0, 0))
    assert cards.tidy(NOW) == 0
    assert not draft.exists()


def test_there_is_nothing_to_tidy_before_the_first_card(cards: Cards) -> None:
    assert cards.tidy(NOW) == 0
