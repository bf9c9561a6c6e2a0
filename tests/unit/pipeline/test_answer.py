from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.model.errors import ContentError
from vesicle.model.notice import notice_parts
from vesicle.model.reader import Ask, AskPurpose, Confirmation, Settled, Wishes
from vesicle.model.subscriber import Consent, ConsentEvent, SubscriberStatus, SuppressionReason
from vesicle.pipeline.answer import MOST_ASKED, Clerk, answer
from vesicle.pipeline.notices import Notices
from vesicle.ports import never
from vesicle.store import packaged
from vesicle.testing import nouns
from vesicle.testing.clock import FixedClock
from vesicle.testing.memory import MemoryLedger, MemoryReaders, MemorySubscribers

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ASKED = Consent(event=ConsentEvent.ASKED, at=NOW, source="form sign-up")
CONFIRMED = replace(ASKED, event=ConsentEvent.CONFIRMED)
LEFT = replace(ASKED, event=ConsentEvent.WITHDRAWN)
TEMPLATES = packaged.templates(packaged.site())
NOTICES = Notices(nouns.newsletter(languages=("en",)), TEMPLATES)


class Desk:
    """The list of a site, whoever asks, and what is mailed to them."""

    def __init__(self, notices: Notices = NOTICES) -> None:
        self.subscribers = MemorySubscribers()
        self.ledger = MemoryLedger(self.subscribers)
        self.readers = MemoryReaders(self.subscribers, self.ledger)
        self.clock = FixedClock(NOW)
        ids = count(1)
        self.clerk = Clerk(
            notices=notices,
            new_id=lambda: f"{next(ids):032x}",
            clock=self.clock,
            per_network=10,
            per_domain=20,
        )

    def ask(
        self, email: str, *, purpose: AskPurpose = AskPurpose.SIGN_UP, network: bytes = b"network"
    ) -> None:
        wishes = Wishes(language="en")
        self.readers.ask(Ask(purpose=purpose, email=email, wishes=wishes, consent=ASKED, network=network))

    def answer(self) -> Settled:
        return answer(self.readers, self.clerk, stopping=never)

    def mails(self) -> Iterator[tuple[str, str]]:
        """Yield the purpose of each mail that is due, and to whom it goes."""
        taken = self.ledger.take("email", limit=100_000, now=self.clock(), lease=timedelta(days=9))
        for one in taken:
            parts = notice_parts(one.frozen)
            assert parts
            assert one.to
            yield parts[0], one.to.email

    def asked(self, email: str, *, purpose: AskPurpose = AskPurpose.SIGN_UP) -> list[str]:
        """Ask, answer, and give the purposes of what is mailed."""
        self.ask(email, purpose=purpose)
        self.answer()
        return [purpose for purpose, _ in self.mails()]

    def person_id(self, email: str) -> str:
        person = self.subscribers.find(email)
        assert person
        return person.id


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_whoever_signs_up_is_asked_to_confirm(desk: Desk) -> None:
    desk.ask("ann@x.example")
    assert desk.answer() == Settled(count=1, refusals={})
    assert list(desk.mails()) == [("confirm", "ann@x.example")]


def test_nobody_is_asked_more_than_three_times_until_they_answer(desk: Desk) -> None:
    sent = [desk.asked("ann@x.example") for _ in range(MOST_ASKED + 2)]
    assert sent == [["confirm"]] * MOST_ASKED + [[], []]
    assert desk.readers.confirm(desk.person_id("ann@x.example"), 1, CONFIRMED) is Confirmation.CONFIRMED
    desk.readers.leave(desk.person_id("ann@x.example"), LEFT)
    assert desk.asked("ann@x.example") == ["confirm"]


def test_whoever_is_on_the_list_is_told_so_once_a_month(desk: Desk) -> None:
    desk.asked("ann@x.example")
    desk.readers.confirm(desk.person_id("ann@x.example"), 1, CONFIRMED)
    assert [desk.asked("ann@x.example") for _ in range(3)] == [["already"], [], []]
    person = desk.subscribers.find("ann@x.example")
    assert person
    assert person.status is SubscriberStatus.CONFIRMED


@pytest.mark.parametrize("purpose", list(AskPurpose))
@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_a_suppressed_address_is_never_written_to(
    desk: Desk, reason: SuppressionReason, purpose: AskPurpose
) -> None:
    desk.subscribers.suppress("ann@x.example", reason, now=NOW)
    assert desk.asked("ann@x.example", purpose=purpose) == []
    assert desk.subscribers.find("ann@x.example") is None


def test_a_link_to_ones_data_comes_once_a_day_to_whoever_is_there(desk: Desk) -> None:
    assert desk.asked("ann@x.example", purpose=AskPurpose.DATA) == []
    desk.asked("ann@x.example")
    assert [desk.asked("ann@x.example", purpose=AskPurpose.DATA) for _ in range(2)] == [["data"], []]
    assert desk.subscribers.find("bob@x.example") is None


def test_ten_thousand_sign_ups_from_one_network_bring_the_allowed_mails(desk: Desk) -> None:
    for number in range(10_000):
        desk.ask(f"reader{number}@domain{number}.example")
    assert desk.answer() == Settled(count=10_000, refusals={"network": 9_990})
    assert len(list(desk.mails())) == 10
    assert sum(1 for _ in desk.subscribers.all()) == 10


def test_so_do_ten_thousand_for_one_domain(desk: Desk) -> None:
    for number in range(10_000):
        desk.ask(f"reader{number}@clinic.example", network=number.to_bytes(16))
    assert desk.answer().refusals == {"domain": 9_980}
    assert len(list(desk.mails())) == 20


def test_a_provider_of_mailboxes_is_no_one_domain(desk: Desk) -> None:
    for number in range(100):
        desk.ask(f"reader{number}@gmail.com", network=number.to_bytes(16))
    assert desk.answer().refusals == {}


def test_an_hour_later_there_are_mails_again(desk: Desk) -> None:
    for number in range(11):
        desk.ask(f"reader{number}@x.example")
    assert desk.answer().refusals == {"network": 1}
    desk.clock.forward(timedelta(minutes=61))
    desk.ask("reader99@x.example")
    assert desk.answer().refusals == {}


def test_with_a_broken_template_every_ask_waits(desk: Desk) -> None:
    broken = Desk(Notices(nouns.newsletter(languages=("en",)), {**TEMPLATES, "notice/confirm.mjml.j2": "{{"}))
    broken.ask("ann@x.example")
    with pytest.raises(ContentError):
        broken.answer()
    assert [ask.email for ask in broken.readers.asks] == ["ann@x.example"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(AskPurpose)), max_size=60))
def test_no_order_of_asks_brings_anybody_more_than_allowed(
    asks: list[tuple[int, int, AskPurpose]],
) -> None:
    desk = Desk()
    for reader, network, purpose in asks:
        desk.ask(f"reader{reader}@x.example", purpose=purpose, network=bytes([network]))
    done = desk.answer()
    mails = Counter(desk.mails())
    assert done.count == len(asks)
    assert all(number <= MOST_ASKED for number in mails.values())
    assert sum(mails.values()) <= 20
