"""What readers do on the public pages, in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vesicle.model.delivery import Frozen
from vesicle.model.notice import CONFIRM, notice_parts
from vesicle.model.reader import Ask, Confirmation, Settled, Settlement, Standing, Wishes
from vesicle.model.subscriber import Consent, Subscriber, SubscriberStatus
from vesicle.ports import Judge
from vesicle.store.identity import address_key
from vesicle.testing.memory.ledger import MemoryLedger
from vesicle.testing.memory.subscribers import MemorySubscribers

_HOUR = timedelta(hours=1)
_ON_THE_LIST = (SubscriberStatus.PENDING, SubscriberStatus.CONFIRMED)


@dataclass(slots=True, kw_only=True)
class _Kept:
    ask: Ask
    settled: datetime | None = None
    is_owed: bool = False


class MemoryReaders:
    """A `ports.Readers` in memory for the people of *subscribers*, whose notices *ledger* owes.

    *asks*, *reasons* and *texts* (by hash) are for tests to look at.
    """

    def __init__(self, subscribers: MemorySubscribers, ledger: MemoryLedger) -> None:
        self.reasons: list[str] = []
        self.texts: dict[str, str] = {}
        self._subscribers = subscribers
        self._ledger = ledger
        self._kept: list[_Kept] = []
        self._asked: Counter[str] = Counter()
        self._done: Counter[str] = Counter()

    @property
    def asks(self) -> list[Ask]:
        """Give what was asked for and is not settled, oldest first."""
        return [kept.ask for kept in self._kept if kept.settled is None]

    def ask(self, ask: Ask, *, wording: str = "") -> None:
        """Keep *ask* for `settle`."""
        self._kept.append(_Kept(ask=ask))
        if wording:
            self.texts[ask.consent.wording] = wording

    def settle(self, judge: Judge, *, now: datetime, limit: int) -> Settled:
        """Answer the oldest asks, at most *limit*, as *judge* decides; tell how many, and the refusals."""
        refusals: Counter[str] = Counter()
        found = [kept for kept in self._kept if kept.settled is None][:limit]
        for kept in found:
            decided = judge(kept.ask, self._standing(kept.ask, now))
            refusals[decided.refusal] += bool(decided.refusal)
            self._carry_out(kept, decided, now)
        return Settled(count=len(found), refusals=+refusals)

    def confirm(
        self,
        person_id: str,
        number: int,
        consent: Consent,
        *,
        series: Sequence[tuple[datetime, Frozen]] = (),
    ) -> Confirmation:
        """Put a pending person on the list, by the confirmation mail with *number*, once."""
        person = self._subscribers.with_id(person_id)
        if person is not None and person.status is SubscriberStatus.CONFIRMED:
            return Confirmation.ALREADY
        if person is None or not self._may_confirm(person, number):
            return Confirmation.VOID
        confirmed = replace(person, status=SubscriberStatus.CONFIRMED, since=consent.at.date())
        self._subscribers.change(confirmed, consent)
        self._done[person_id] = self._asked[person_id]
        for due, notice in series:
            self._ledger.owe(notice, confirmed, due=due)
        return Confirmation.CONFIRMED

    def leave(self, person_id: str, consent: Consent, *, reason: str = "") -> bool:
        """Take a person off the list; tell whether they were on it."""
        person = self._on_the_list(person_id)
        if person is None:
            return False
        self._subscribers.set_status(person_id, SubscriberStatus.UNSUBSCRIBED, consent)
        self._done[person_id] = self._asked[person_id]
        if reason:
            self.reasons.append(reason)
        return True

    def prefer(self, person_id: str, wishes: Wishes, consent: Consent) -> bool:
        """Keep how a person wants the newsletter; tell whether they are there and have not left."""
        person = self._on_the_list(person_id)
        if person is None:
            return False
        self._subscribers.change(_wishing(person, wishes), consent)
        return True

    def wishes(self, person_id: str) -> Wishes | None:
        """Give how a person wants the newsletter; None where they are not there or have left."""
        person = self._on_the_list(person_id)
        if person is None:
            return None
        return Wishes(
            language=person.language,
            topics=person.topics,
            frequency=person.frequency,
            paused_until=person.paused_until,
        )

    def wording(self, digest: str) -> str:
        """Give the text whose SHA-256 (hex) is *digest*, as `ask` kept it; empty where it did not."""
        return self.texts.get(digest, "")

    def _on_the_list(self, person_id: str) -> Subscriber | None:
        person = self._subscribers.with_id(person_id)
        return person if person and person.status in _ON_THE_LIST else None

    def _standing(self, ask: Ask, now: datetime) -> Standing:
        person = self._subscribers.find(ask.email)
        lately = [one.ask for one in self._kept if one.is_owed and one.settled and one.settled > now - _HOUR]
        asked, done = (self._asked[person.id], self._done[person.id]) if person else (0, 0)
        return Standing(
            person=person,
            suppression=self._subscribers.suppression(ask.email),
            number=asked + 1,
            asked=asked - done,
            from_network=sum(bool(ask.network) and one.network == ask.network for one in lately),
            from_domain=sum(_domain(one) == _domain(ask) for one in lately),
        )

    def _carry_out(self, kept: _Kept, decided: Settlement, now: datetime) -> None:
        if decided.enrols:
            self._enrol(kept.ask, decided.new_id)
        person = self._subscribers.find(kept.ask.email)
        if decided.notice is not None and person is not None:
            self._ledger.owe(decided.notice, person, due=now)
            kept.is_owed = True
            parts = notice_parts(decided.notice.slug)
            if parts and parts[0] == CONFIRM:
                self._asked[person.id] = int(parts[1])
        kept.settled = now

    def _enrol(self, ask: Ask, new_id: str) -> None:
        known = self._subscribers.find(ask.email)
        if known is not None:
            pending = replace(_wishing(known, ask.wishes), status=SubscriberStatus.PENDING)
            self._subscribers.change(pending, ask.consent)
            return
        blank = Subscriber(
            id=new_id, email=ask.email, status=SubscriberStatus.PENDING, language=ask.wishes.language
        )
        self._subscribers.add([(_wishing(blank, ask.wishes), ask.consent)])

    def _may_confirm(self, person: Subscriber, number: int) -> bool:
        is_theirs = self._done[person.id] < number <= self._asked[person.id]
        is_pending = person.status is SubscriberStatus.PENDING
        return is_theirs and is_pending and not self._subscribers.suppression(person.email)


def _wishing(person: Subscriber, wishes: Wishes) -> Subscriber:
    return replace(
        person,
        language=wishes.language,
        topics=wishes.topics,
        frequency=wishes.frequency,
        paused_until=wishes.paused_until,
    )


def _domain(ask: Ask) -> str:
    return address_key(ask.email).rpartition("@")[2]
