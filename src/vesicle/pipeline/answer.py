"""Answer by mail what readers asked for on the public pages."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from vesicle.model.reader import Ask, AskPurpose, Settled, Settlement, Standing
from vesicle.model.subscriber import SubscriberStatus
from vesicle.pipeline.notices import Notices
from vesicle.ports import Clock, Readers
from vesicle.store.identity import address_key
from vesicle.text.hints import PROVIDERS

MOST_ASKED = 3
"""How many confirmation mails somebody has before they confirm or leave; then they hear nothing more."""

AT_ONCE = 100
"""How many asks are answered in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """What is decided about an ask.

    In an hour at most *per_network* mails are owed because of asks from one network, and *per_domain* for
    addresses of one domain, other than the large providers of mailboxes: theirs belong to everybody.
    """

    notices: Notices
    new_id: Callable[[], str]
    clock: Clock
    per_network: int
    per_domain: int

    def judge(self, ask: Ask, standing: Standing) -> Settlement:
        """Decide; whatever the decision, nobody is told but the owner of the address, by mail.

        Raises ContentError where the templates of a notice are broken.
        """
        if standing.suppression is not None:
            return Settlement()
        if ask.purpose is AskPurpose.DATA:
            return self._data(ask, standing)
        if standing.person and standing.person.status is SubscriberStatus.CONFIRMED:
            return self._limited(ask, standing, Settlement(notice=self.notices.already(self.clock())))
        if standing.asked >= MOST_ASKED:
            return Settlement(refusal="address")
        notice = self.notices.confirm(standing.number)
        return self._limited(ask, standing, Settlement(enrols=True, new_id=self.new_id(), notice=notice))

    def _data(self, ask: Ask, standing: Standing) -> Settlement:
        if standing.person is None:
            return Settlement()
        return self._limited(ask, standing, Settlement(notice=self.notices.data(self.clock())))

    def _limited(self, ask: Ask, standing: Standing, settlement: Settlement) -> Settlement:
        if standing.from_network >= self.per_network:
            return Settlement(refusal="network")
        domain = address_key(ask.email).rpartition("@")[2]
        is_full = standing.from_domain >= self.per_domain and domain not in PROVIDERS
        return Settlement(refusal="domain") if is_full else settlement


def answer(readers: Readers, clerk: Clerk, *, stopping: Callable[[], bool]) -> Settled:
    """Settle all that was asked for, some at a time; tell how many there were, and the refusals.

    Raises ContentError where the templates of a notice are broken: the asks wait until they are mended.
    """
    count, refusals = 0, Counter[str]()
    while not stopping():
        settled = readers.settle(clerk.judge, now=clerk.clock(), limit=AT_ONCE)
        count += settled.count
        refusals.update(settled.refusals)
        if settled.count < AT_ONCE:
            break
    return Settled(count=count, refusals=refusals)
