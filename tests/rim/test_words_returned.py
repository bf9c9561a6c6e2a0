"""What comes back of mails to the editor is about nobody on the list, even where they are on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from tests.rim.returned import COMPLAINT, HARD, KEY, LEASE, LEAVES, NOW, Site

from vesicle.deliver.email import verp
from vesicle.model.delivery import Delivery, Outcome, State
from vesicle.model.event import Effect, Event
from vesicle.model.subscriber import SubscriberStatus
from vesicle.model.word import Pace
from vesicle.pipeline.returned import effect
from vesicle.store.database import Database
from vesicle.store.words import SqlWords
from vesicle.testing import nouns


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def told(site: Site, *, state: State = State.SENT) -> Delivery:
    """Send a mail to the editor, who has the address of the first reader."""
    mail = nouns.notice("word", "1", address=site.people[0].email)
    site.ledger.freeze(mail, None)
    (delivery,) = site.ledger.take("email", limit=9, now=NOW, lease=LEASE)
    assert site.ledger.begin(delivery, now=NOW).result()
    site.ledger.end(delivery, Outcome(state=state, at=NOW, reason="550 5.1.1 no such user"))
    site.ledger.flush()
    return delivery


def by_token(delivery: Delivery, event: Event, *, purpose: str = verp.BOUNCE) -> Event:
    assert delivery.to
    token = verp.make(KEY, purpose, slug=delivery.frozen, person_id=delivery.to.id)
    return replace(event, token=token, recipient=delivery.to.email)


def by_message_id(delivery: Delivery, event: Event) -> Event:
    assert delivery.to
    seal = verp.message_seal(KEY, delivery.key)
    return replace(event, message_id=f"notice-word.{seal}@example.org", recipient=delivery.to.email)


@pytest.mark.parametrize("event", [HARD, COMPLAINT, LEAVES], ids=["bounce", "complaint", "leaves"])
@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("of", [by_token, by_message_id])
def test_it_touches_no_reader(site: Site, event: Event, is_signed: bool, of: object) -> None:
    delivery = told(site)
    about = by_token(delivery, event) if of is by_token else by_message_id(delivery, event)
    (noted,) = site.noted(about, is_signed=is_signed)
    assert (noted.is_matched, noted.effect) == (False, Effect.NONE)
    assert (site.status(), site.suppression(), site.count()) == (SubscriberStatus.CONFIRMED, None, 0)


def test_what_came_back_of_an_issue_still_does(site: Site) -> None:
    told(site)
    site.send("one")
    assert site.take(site.about(HARD, "one")) == [Effect.BOUNCED]


def test_what_failed_at_once_is_no_event(site: Site) -> None:
    told(site, state=State.FAILED)
    assert site.returns.take_refusals(effect, now=NOW) == 0
    assert site.status() is SubscriberStatus.CONFIRMED


def test_one_that_was_sent_can_be_compacted_like_all_others(site: Site) -> None:
    delivery = told(site)
    assert site.deliveries.compact(delivery.frozen) == 1
    assert site.ledger.tally(delivery.frozen)[State.SENT] == 1


@contextmanager
def plans(database: Database, table: str) -> Iterator[list[str]]:
    """Give how the database goes about each question about *table*."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT") and f"FROM {table} " in " ".join(statement.split()):
            explained = connection.connection.cursor()
            explained.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            found.append("; ".join(str(step[3]) for step in explained.fetchall()))

    with database.reading() as connection:
        engine = connection.engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", note)
    yield found
    sqlalchemy.event.remove(engine, "before_cursor_execute", note)


def test_the_last_mails_to_addresses_are_found_by_an_index(site: Site) -> None:
    told(site)
    unknown = replace(HARD, message_id=f"x.{'0' * 32}@x.org", recipient=site.people[0].email)
    with plans(site.database, "frozen") as found:
        site.noted(unknown, is_signed=True)
    assert any("frozen_to_address" in plan for plan in found)


def test_where_nothing_waits_telling_is_one_question_to_an_index(site: Site) -> None:
    with plans(site.database, "words") as found:
        SqlWords(site.database).tell(lambda _: (), now=NOW, pace=Pace())
    assert len(found) == 1
    assert "words_untold" in found[0]
