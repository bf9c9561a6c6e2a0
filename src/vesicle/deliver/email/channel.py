"""Sends newsletters through a mail server."""

import logging
from collections.abc import Callable, Iterator

from vesicle.deliver.email import endings
from vesicle.deliver.email.endings import Ending
from vesicle.deliver.email.letter import Letter, Letters
from vesicle.deliver.email.options import Options
from vesicle.deliver.email.replies import Step
from vesicle.deliver.email.session import FINAL_REPLY_SECONDS, Session
from vesicle.model.delivery import Delivery
from vesicle.model.errors import ContentError, OutsideError
from vesicle.ports import Desk, Ledger

_log = logging.getLogger(__name__)


class Channel:
    """Delivers by SMTP over one connection, which is opened at the first mail and used again.

    The point of no return is the final dot: without it a server must forget a mail, with it the mail is
    the server's, and an answer that never comes leaves the outcome unknown (RFC 1047).
    """

    def __init__(self, options: Options, *, desk: Desk, final_timeout: float = FINAL_REPLY_SECONDS) -> None:
        """Open nothing yet; raise UserError when *desk* cannot serve for newsletters."""
        self._options = options
        self._name = desk.name
        self._clock = desk.clock
        self._letters = Letters(desk)
        self._final_timeout = final_timeout
        self._session: Session | None = None

    def deliver_all(self, feed: Iterator[Delivery], ledger: Ledger) -> None:
        """Deliver each once.

        Raises TemporaryFailure when the server is away, PermanentFailure when it refuses us (login,
        certificate, sender, policy), ContentError when a newsletter cannot be written. The delivery in
        hand is then deferred and the rest of *feed* untouched.
        """
        try:
            for delivery in feed:
                self._deliver(delivery, ledger)
            self._close(Session.quit)
        finally:
            self._close(Session.drop)

    def _close(self, how: Callable[[Session], None]) -> None:
        if self._session is not None and self._session.is_open:
            how(self._session)
        self._session = None

    def _deliver(self, delivery: Delivery, ledger: Ledger) -> None:
        offered = self._offered(delivery)
        if isinstance(offered, Ending):
            ending = offered
        elif ledger.begin(delivery, now=self._clock()).result():
            ending = self._finished(delivery, *offered)
        else:
            offered[0].drop()
            return
        ledger.end(delivery, ending.outcome)
        _log.info("deliver.%s channel=%s key=%s", ending.outcome.state, self._name, delivery.key)
        if ending.stop is not None:
            raise ending.stop

    def _offered(self, delivery: Delivery) -> tuple[Session, Letter] | Ending:
        """Hand a mail over but for its final dot: the session that waits for it, or how it ended before."""
        letter = self._written(delivery)
        if isinstance(letter, Ending):
            return letter
        before = self._session
        was_used = before is not None and before.is_open
        tried = self._tried(delivery, letter)
        # Servers close a connection after so many mails or so long a pause. That is no error: the mail was
        # not handed over whole, so it goes out once more on a new connection.
        if was_used and before is not None and not before.is_open:
            tried = self._tried(delivery, letter)
        return tried if isinstance(tried, Ending) else (tried, letter)

    def _written(self, delivery: Delivery) -> Letter | Ending:
        try:
            letter = self._letters.write(delivery)
        except ContentError as error:
            return endings.deferred(delivery, str(error), at=self._clock(), stop=error)
        return endings.failed(letter, at=self._clock()) if isinstance(letter, str) else letter

    def _tried(self, delivery: Delivery, letter: Letter) -> Session | Ending:
        try:
            session = self._connected()
        except OutsideError as stop:
            return endings.deferred(delivery, str(stop), at=self._clock(), stop=stop)
        if letter.needs_utf8 and not session.offers_utf8:
            reason = "the mail server does not offer SMTPUTF8, which the address needs"
            return endings.failed(reason, at=self._clock())
        try:
            refusal = session.hand_over(letter)
        except OSError as error:
            return endings.deferred(delivery, f"the connection was lost: {error}", at=self._clock())
        return endings.refused(delivery, *refusal, at=self._clock()) if refusal else session

    def _connected(self) -> Session:
        if self._session is None or not self._session.is_open:
            self._session = Session(self._options, final_timeout=self._final_timeout)
        return self._session

    def _finished(self, delivery: Delivery, session: Session, letter: Letter) -> Ending:
        """Send the final dot and say what came of it."""
        try:
            reply = session.finish()
        except OSError as error:
            reason = f"no answer came after the whole mail was handed over: {error}"
            return endings.unknown(reason, at=self._clock())
        if reply.accepts(Step.DOT):
            return endings.sent(reply, message_id=letter.message_id, at=self._clock())
        return endings.refused(delivery, Step.DOT, reply, at=self._clock())
