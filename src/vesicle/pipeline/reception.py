"""What readers do on the public pages: sign up, confirm, choose, pause, leave, see and erase their data.

Nothing here tells a stranger whether an address is on the list: whatever depends on that is done later, in
`Readers.settle`, and answered by mail.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from vesicle.model.delivery import Frozen
from vesicle.model.errors import UserError
from vesicle.model.reader import Ask, AskPurpose, Confirmation, Wishes
from vesicle.model.subscriber import Consent, ConsentEvent
from vesicle.pipeline.own_data import OwnData
from vesicle.pipeline.sign_up import Form, IsThrowaway, Offer, Verdict, address_error, judge, wishes
from vesicle.ports import Clock, Readers, Subscribers
from vesicle.text import doors, stamps
from vesicle.text.agents import looks_like_scanner
from vesicle.text.doors import Door, Visitor
from vesicle.text.networks import network

Welcome = Callable[[int, datetime], Sequence[tuple[datetime, Frozen]]]
"""Give what a reader is owed who confirms now by the mail of that number: each notice with its moment."""

REASONS = ("too many", "not for me", "no time", "never asked", "other")
"""Why people leave, as the page offers it."""

PAUSES = (30, 90)
"""For how many days people can pause."""

YOUNGEST, OLDEST = timedelta(seconds=2), timedelta(days=1)
"""How long after it was shown a form is sent by a person."""

SECOND_LOOK = timedelta(seconds=1.5)
"""Sooner after the page, only programs press the button that confirms."""

_FIRST, _AGAIN = "confirm", "confirm again"


class Pressed(StrEnum):
    """What became of a press on the button that confirms; `again`: it is asked for once more."""

    CONFIRMED = "confirmed"
    ALREADY = "already"
    VOID = "void"
    AGAIN = "again"


def _no_series(number: int, now: datetime) -> Sequence[tuple[datetime, Frozen]]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """The rules of the public pages, on what a site offers and keeps."""

    readers: Readers
    subscribers: Subscribers
    key: bytes = field(repr=False)
    clock: Clock
    offer: Offer
    is_throwaway: IsThrowaway
    welcome: Welcome = _no_series

    def stamp(self, form: str) -> str:
        """Give the stamp of the form called *form*, shown now."""
        return stamps.seal(self.key, form, now=self.clock())

    def wording(self, language: str) -> str:
        """Give what readers agree to, in *language* or the first there is."""
        return self.offer.wordings.get(language, next(iter(self.offer.wordings.values())))

    def sign_up(self, form: Form, *, shown: str, host: str) -> Verdict:
        """Keep what somebody asks for; where the verdict stops, nothing is kept and the form shown again.

        *shown* is the language of the page, *host* the address that it was sent from. What a program wrote
        is let go without a word.
        """
        if form.trap or (form.stamp and not self._is_in_time("sign up", form.stamp)):
            return Verdict()
        verdict = judge(form, self.offer, is_throwaway=self.is_throwaway)
        if not form.stamp:
            return replace(verdict, stamp=self._earlier_stamp("sign up"), is_unstamped=True)
        if verdict.stops:
            return replace(verdict, stamp=form.stamp)
        consent = self._consent(ConsentEvent.ASKED, "form sign-up", shown)
        wished = wishes(form, self.offer)
        self._ask(AskPurpose.SIGN_UP, form.email, wished, consent, host=host, wording=self.wording(shown))
        return verdict

    def ask_for_data(self, form: Form, *, shown: str, host: str) -> Verdict:
        """Keep that somebody wants the link to their data, as `sign_up` does."""
        if form.trap or (form.stamp and not self._is_in_time("data", form.stamp)):
            return Verdict()
        error = address_error(form.email)
        verdict = Verdict(errors={"email": error} if error else {}, is_unstamped=not form.stamp)
        if verdict.stops:
            return replace(verdict, stamp=form.stamp or self._earlier_stamp("data"))
        consent = Consent(event=ConsentEvent.ASKED, at=self.clock(), source="form data", language=shown)
        self._ask(AskPurpose.DATA, form.email, Wishes(language=shown), consent, host=host)
        return verdict

    def confirm_stamp(self, *, is_again: bool = False) -> str:
        """Give the stamp of the button that confirms, shown for the first time or once more."""
        return self.stamp(_AGAIN if is_again else _FIRST)

    def confirm(self, token: str, *, stamp: str, agent: str, shown: str) -> Pressed:
        """Put whoever holds *token* on the list.

        A press that comes too soon, or from a program that calls itself one, is asked for once more: who
        presses the second button in their own time is let in, whatever the name of their program is.
        """
        visitor = self.visitor(Door.CONFIRM, token)
        if visitor is None or not visitor.about.isdecimal() or len(visitor.about) > 9:
            return Pressed.VOID
        if not self._is_by_person(stamp, agent):
            return Pressed.AGAIN
        number = int(visitor.about)
        series = self.welcome(number, self.clock())
        consent = self._consent(ConsentEvent.CONFIRMED, "page confirm", shown)
        return _PRESSED[self.readers.confirm(visitor.person_id, number, consent, series=series)]

    def leave(self, token: str, *, source: str, shown: str, reason: str = "") -> bool:
        """Take whoever holds *token* off the list; tell whether it is a link to leave by.

        A person who has left, or is erased, leaves again without a difference.
        """
        visitor = self.visitor(Door.LEAVE, token)
        if visitor is not None:
            self._leave(visitor, source=source, shown=shown, reason=reason)
        return visitor is not None

    def pause(self, token: str, days: int, *, shown: str) -> Wishes | None:
        """Give whoever holds *token* to leave a break instead; None where they are not on the list."""
        visitor = self.visitor(Door.LEAVE, token)
        wished = self.readers.wishes(visitor.person_id) if visitor and days in PAUSES else None
        if visitor is None or wished is None:
            return None
        paused = replace(wished, paused_until=self.until(days))
        return paused if self._prefer(visitor, paused, source="page leave", shown=shown) else None

    def until(self, days: int) -> date:
        """Give the day on which a break of *days* from today (UTC) ends."""
        return self.clock().date() + timedelta(days=days)

    def wishes(self, door: Door, token: str) -> Wishes | None:
        """Give how whoever holds *token* wants the newsletter; None for nobody, and who has left."""
        visitor = self.visitor(door, token)
        return self.readers.wishes(visitor.person_id) if visitor else None

    def choose(self, token: str, wished: Wishes, *, shown: str) -> bool:
        """Keep how whoever holds *token* wants the newsletter; tell whether they are on the list."""
        visitor = self.visitor(Door.CHOOSE, token)
        return visitor is not None and self._prefer(visitor, wished, source="page choose", shown=shown)

    def choose_to_leave(self, token: str, *, shown: str) -> bool:
        """Take whoever holds *token* to choose off the list; tell whether it is such a link."""
        visitor = self.visitor(Door.CHOOSE, token)
        if visitor is not None:
            self._leave(visitor, source="page choose", shown=shown)
        return visitor is not None

    def own_data(self, token: str) -> OwnData | None:
        """Give all that is kept of whoever holds *token*; None for nobody."""
        visitor = self.visitor(Door.DATA, token)
        person = self.subscribers.with_id(visitor.person_id) if visitor else None
        if person is None:
            return None
        log = self.subscribers.consents(person.id)
        return OwnData(
            person=person,
            consents=tuple(log),
            wordings={one.wording: self.readers.wording(one.wording) for one in log if one.wording},
            suppression=self.subscribers.suppression(person.email),
        )

    def erase(self, token: str) -> bool:
        """Forget whoever holds *token*; tell whether it is a link to one's data."""
        visitor = self.visitor(Door.DATA, token)
        if visitor is None:
            return False
        try:
            self.subscribers.erase(visitor.person_id, now=self.clock())
        except UserError:  # nobody has that id, or not any more
            return True
        return True

    def visitor(self, door: Door, token: str) -> Visitor | None:
        """Give who holds *token*; None where it opens another door, or none any more."""
        return doors.visitor(self.key, door, token, now=self.clock())

    def check(self) -> None:
        """See that the store answers; raises TemporaryFailure or DiskFailure where it does not."""
        self.subscribers.with_id("0" * 32)

    def _is_in_time(self, form: str, stamp: str) -> bool:
        found = stamps.age(self.key, form, stamp, now=self.clock())
        return found is not None and YOUNGEST <= found <= OLDEST

    def _earlier_stamp(self, form: str) -> str:
        """Give a stamp that counts at once: whoever sees the form a second time need not wait."""
        return stamps.seal(self.key, form, now=self.clock() - YOUNGEST)

    def _is_by_person(self, stamp: str, agent: str) -> bool:
        now = self.clock()
        again = stamps.age(self.key, _AGAIN, stamp, now=now)
        if again is not None:
            return again >= SECOND_LOOK
        first = stamps.age(self.key, _FIRST, stamp, now=now)
        return first is not None and first >= SECOND_LOOK and not looks_like_scanner(agent)

    def _ask(
        self,
        purpose: AskPurpose,
        email: str,
        wished: Wishes,
        consent: Consent,
        *,
        host: str,
        wording: str = "",
    ) -> None:
        ask = Ask(
            purpose=purpose, email=email, wishes=wished, consent=consent, network=self._network_hash(host)
        )
        self.readers.ask(ask, wording=wording)

    def _leave(self, visitor: Visitor, *, source: str, shown: str, reason: str = "") -> None:
        consent = Consent(event=ConsentEvent.WITHDRAWN, at=self.clock(), source=source, language=shown)
        self.readers.leave(visitor.person_id, consent, reason=reason if reason in REASONS else "")

    def _prefer(self, visitor: Visitor, wished: Wishes, *, source: str, shown: str) -> bool:
        consent = Consent(event=ConsentEvent.CHANGED, at=self.clock(), source=source, language=shown)
        return self.readers.prefer(visitor.person_id, wished, consent)

    def _consent(self, event: ConsentEvent, source: str, shown: str) -> Consent:
        """Give the line of the log for words that were shown in the language *shown*."""
        return Consent(
            event=event,
            at=self.clock(),
            source=source,
            wording=sha256(self.wording(shown).encode()).hexdigest(),
            version=self.offer.version,
            language=shown,
        )

    def _network_hash(self, host: str) -> bytes:
        named = network(host)
        digest = hmac.digest(self.key, b"vesicle network " + named.encode(), "sha256")
        return digest[:16] if named else b""


_PRESSED = {
    Confirmation.CONFIRMED: Pressed.CONFIRMED,
    Confirmation.ALREADY: Pressed.ALREADY,
    Confirmation.VOID: Pressed.VOID,
}
