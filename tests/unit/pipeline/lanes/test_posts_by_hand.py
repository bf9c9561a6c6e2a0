"""Posts that a person began to publish, and what is said of those that nobody knows of."""

from collections.abc import Iterator

import pytest
from tests.unit.pipeline.lanes.poster import MINUTE, START, TEN, Site, nouns_message

from vesicle.model.delivery import Delivery, Frozen, Outcome, State
from vesicle.model.errors import TemporaryFailure
from vesicle.ports import Ledger
from vesicle.testing.recording import RecordingChannel


@pytest.fixture
def site() -> Site:
    made = Site()
    made.at(START)
    return made


def test_what_a_person_began_to_publish_goes_on_without_a_slot_and_uses_none(site: Site) -> None:
    frozen = Frozen(
        slug="by-hand-1/a/bluesky",
        channel="bluesky",
        hash="h",
        messages={"en": nouns_message("bluesky", "a")},
    )
    site.ledger.freeze(frozen, None)
    site.at(START + MINUTE)
    assert site.out() == ["by-hand-1/a/bluesky"]
    site.freeze("one", "b")
    site.at(TEN)
    assert site.out() == ["by-hand-1/a/bluesky", "one/b/bluesky"]


def test_where_the_channel_is_away_what_a_person_began_is_tried_again_after_a_while(site: Site) -> None:
    class Away:
        def __init__(self) -> None:
            self.asked = 0

        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            ledger.release([next(feed)])
            self.asked += 1
            raise TemporaryFailure("it is away")

    away = Away()
    site.bluesky = away  # type: ignore[assignment]  # another channel
    site.restarted()
    post = nouns_message("bluesky", "a")
    frozen = Frozen(slug="by-hand-1/a/bluesky", channel="bluesky", hash="h", messages={"en": post})
    site.ledger.freeze(frozen, None)
    for minute in range(8):
        site.at(START + minute * MINUTE)
    assert away.asked == 2


def test_the_editor_is_told_what_the_channel_said_of_a_post_that_nobody_knows_of(site: Site) -> None:
    class Printed(RecordingChannel):
        def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
            for one in feed:
                ledger.begin(one, now=site.clock()).result()
                ledger.end(one, Outcome(state=State.UNKNOWN, at=site.clock()))

    site.bluesky = Printed(clock=site.clock)
    site.restarted()
    site.freeze("one", "a")
    site.reasons["one/a/bluesky"] = "waits for a person: outbox/a/index.html"
    site.at(TEN)
    (word,) = site.words.untold()
    assert "outbox/a/index.html" in word.text


def test_at_each_look_it_may_be_asked_how_posts_were_taken_but_not_in_a_rehearsal(site: Site) -> None:
    site.at(START + MINUTE)
    assert site.counted == [START, START + MINUTE]
    site.is_rehearsal = True
    site.restarted()
    site.at(START + 2 * MINUTE)
    assert len(site.counted) == 2
