"""A channel whose account stands on a token, and which tells so: one of a site's own, in one file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.checkup import Line, good, warning
from vesicle.model.delivery import Delivery
from vesicle.model.errors import TemporaryFailure
from vesicle.ports import Desk, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*days* is for how long the token is good; 0 is a network that does not answer."""

    days: int


class Channel:
    """Delivers nothing."""

    def __init__(self, options: Options, *, desk: Desk) -> None:
        self._name, self._days = desk.name, options.days

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        ledger.release(list(feed))

    def standing(self, now: datetime) -> Iterator[Line]:
        if not self._days:
            raise TemporaryFailure("the birds do not answer")
        text = f"the token ends on {now + timedelta(days=self._days):%Y-%m-%d}"
        if self._days < 14:
            why, mend = "no post is published without it", "make a new one"
            yield warning("birds.token-ends", f"channel {self._name}", text, why=why, mend=mend)
        else:
            yield good("birds.token", f"channel {self._name}", text)
