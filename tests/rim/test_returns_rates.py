"""An issue of which too much comes back is held."""

from pathlib import Path

from tests.rim.returned import BOUNCE, COMPLAINT, HARD, KEY, LEASE, NOW, Site

from vesicle.model.delivery import Frozen, Gate, Outcome, State
from vesicle.model.message import Message
from vesicle.model.rates import Rate, Rates
from vesicle.model.subscriber import (
    Audience,
)
from vesicle.store.returns import SqlReturns


def sending(folder: Path, *, people: int, most: Rates) -> Site:
    """Send an issue to all but the last, who is still to get it."""
    site = Site(folder, people=people, most=most)
    text = Message(channel="email", slug="one", lang="en", text="Hello")
    frozen = Frozen(slug="one", channel="email", hash="h", messages={"en": text}, series="a", at=NOW)
    site.ledger.freeze(frozen, Audience())
    for one in site.ledger.take("email", limit=people - 1, now=NOW, lease=LEASE):
        assert site.ledger.begin(one, now=NOW).result()
        site.ledger.end(one, Outcome(state=State.SENT, at=NOW))
    site.ledger.flush()
    return site


def test_too_many_complaints_hold_an_issue_and_say_so(tmp_path: Path) -> None:
    site = sending(tmp_path, people=101, most=Rates(complaints=Rate(share=0.02, least=2)))
    site.take(site.about(COMPLAINT, "one", person=0))
    assert site.ledger.gate("one") is Gate.OPEN
    site.take(site.about(COMPLAINT, "one", person=1))
    assert site.ledger.gate("one") is Gate.HELD
    assert site.ledger.why("one") == "2 complained of 100 accepted; the limit is 2.00%"
    site.close()


def test_too_many_permanent_bounces_do_and_passing_ones_do_not(tmp_path: Path) -> None:
    site = sending(tmp_path, people=101, most=Rates(bounces=Rate(share=0.05, least=5)))
    site.take(*(site.about(BOUNCE, "one", person=number) for number in range(50)))
    assert site.ledger.gate("one") is Gate.OPEN
    site.take(*(site.about(HARD, "one", person=number) for number in range(50, 55)))
    assert site.ledger.gate("one") is Gate.HELD
    site.close()


def test_after_a_person_let_it_go_on_only_what_came_since_counts(tmp_path: Path) -> None:
    site = sending(tmp_path, people=101, most=Rates(complaints=Rate(share=0.02, least=2)))
    site.take(*(site.about(COMPLAINT, "one", person=number) for number in range(2)))
    site.deliveries.resume("one", now=NOW)
    assert site.ledger.why("one") == ""
    site.take(site.about(COMPLAINT, "one", person=2))
    assert site.ledger.gate("one") is Gate.OPEN
    site.take(site.about(COMPLAINT, "one", person=3))
    assert site.ledger.gate("one") is Gate.HELD
    site.close()


def test_what_a_person_holds_has_no_reason_of_ours(tmp_path: Path) -> None:
    site = sending(tmp_path, people=11, most=Rates())
    site.ledger.hold("one")
    assert site.ledger.why("one") == ""
    site.close()


def test_a_short_list_is_not_stopped_by_one_reader(tmp_path: Path) -> None:
    site = sending(tmp_path, people=11, most=Rates())
    site.take(site.about(COMPLAINT, "one"))
    assert site.ledger.gate("one") is Gate.OPEN
    site.close()


def test_an_issue_that_is_done_is_not_held(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.send("one")
    site.returns = SqlReturns(site.database, key=KEY, most=Rates(complaints=Rate(share=1e-6, least=1)))
    site.ledger.take("email", limit=1, now=NOW, lease=LEASE)  # finds that nothing is owed any more
    site.take(site.about(COMPLAINT, "one"))
    assert site.ledger.gate("one") is Gate.OPEN
    site.close()


def test_whoever_was_erased_since_has_complained_all_the_same(tmp_path: Path) -> None:
    site = sending(tmp_path, people=101, most=Rates(complaints=Rate(share=0.02, least=2)))
    site.take(site.about(COMPLAINT, "one", person=0))
    site.subscribers.erase(site.people[0].id, now=NOW)
    site.take(site.about(COMPLAINT, "one", person=1))
    assert site.ledger.gate("one") is Gate.HELD
    site.close()
