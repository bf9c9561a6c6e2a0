"""What one connection does: one mail after the other, each begun before its final dot."""

from dataclasses import dataclass
from datetime import datetime

from vesicle.deliver.email import endings
from vesicle.deliver.email.belt import Belt
from vesicle.deliver.email.endings import Ending
from vesicle.deliver.email.limits import Limits
from vesicle.deliver.email.picker import Book, Job, Picker
from vesicle.deliver.email.relay import Relay
from vesicle.deliver.email.replies import Reply, Step
from vesicle.deliver.email.session import Session
from vesicle.deliver.email.strands import elsewhere, kept
from vesicle.model.errors import OutsideError, TemporaryFailure
from vesicle.ports import Clock, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What all connections of one run share."""

    belt: Belt
    ledger: Ledger
    book: Book
    limits: Limits
    clock: Clock


class Worker:
    """Sends over one connection, which is opened at the first mail and anew when it ends."""

    def __init__(self, relay: Relay, round_: Round, picker: Picker) -> None:
        self.relay = relay
        self._round = round_
        self._picker = picker
        self._session: Session | None = None
        self._job: Job | None = None
        self._following: Job | None = None
        self._is_retired = False
        self._cut_reason = ""

    def run(self) -> None:
        """Send until there is no more, or this server takes no more; raise what makes the run end."""
        try:
            while not self._is_retired:
                self._job = self._job or self._picker.wait()
                if self._job is None:
                    break
                self._step(self._job)
                self._job, self._following = self._following, None
            self._leave()
        finally:
            for job in (self._job, self._following):
                if job:
                    self._round.belt.give_back(job.delivery)
            self._picker.close()
            self._leave(abruptly=True)

    def cut(self, reason: str) -> None:
        """End whatever this worker waits for, from another thread."""
        self._cut_reason = reason
        if session := self._session:
            session.cut()

    def _step(self, job: Job) -> None:
        """Send one mail; what was picked to follow it, or has to be tried again, becomes *following*."""
        session = self._asked(job)
        if session is None:
            return
        try:
            refusal = session.answer()
        except OSError as error:
            self._lost(job, session, error)
            return
        if refusal:
            self._refused(job, session, *refusal)
        else:
            self._hand_over(job, session)

    def _asked(self, job: Job) -> Session | None:
        """Give a session that was asked to take *job*; None where *job* is out of hand instead."""
        if self.relay.is_tripped or self._cut_reason:
            self._give_back(job)
            return None
        if (session := self._open(job)) is None:
            return None
        if job.letter.needs_utf8 and not session.terms.offers_utf8:
            reason = "the mail server does not offer SMTPUTF8, which the address needs"
            self._end(job, endings.failed(reason, at=self._now()))
            return None
        if not session.has_asked(job.letter):
            try:
                session.ask(job.letter)
            except OSError as error:
                self._lost(job, session, error)
                return None
        return session

    def _open(self, job: Job) -> Session | None:
        """Give an open session; where none can be opened, this worker retires."""
        session = self._session
        if session and session.is_open and (session.has_asked(job.letter) or self._has_room(session)):
            return session
        self._leave()
        try:
            self._session = elsewhere(self.relay.open)
        except OutsideError:
            self._give_back(job)
            return None
        return self._session

    def _has_room(self, session: Session) -> bool:
        most = self.relay.server.mails_per_connection
        return not most or session.mails < most

    def _hand_over(self, job: Job, session: Session) -> None:
        """Send the mail while its beginning is written down, and the final dot only once that is done."""
        begun = self._round.ledger.begin(job.delivery, now=self._now())
        lost: OSError | None = None
        try:
            session.body(job.letter.mail)
        except OSError as error:
            lost = error
        self._following = self._next_for(session)
        if not kept(begun):
            session.drop()
            self._job = None
            self._round.ledger.release([job.delivery])
            self._round.belt.done()
            return
        try:
            session.ready()
        except OSError as error:
            lost = lost or error
        if lost:
            self._fault(f"the connection was lost: {lost}")
            self._end(job, endings.deferred(job.delivery, f"the connection was lost: {lost}", at=self._now()))
            return
        self._finish(job, session)

    def _next_for(self, session: Session) -> Job | None:
        """Pick the mail that can be asked for behind the final dot, where one may be."""
        is_full = session.is_open and session.terms.pipelining == "full"
        most = self.relay.server.mails_per_connection
        if not is_full or self.relay.is_tripped or (most and session.mails + 1 >= most):
            return None
        return self._picker.poll()

    def _finish(self, job: Job, session: Session) -> None:
        """Send the final dot, and say what came of it."""
        following = self._following
        behind = following.letter if following and self._can_take(following, session) else None
        try:
            reply = session.finish(behind)
        except OSError as error:
            why = self._cut_reason or str(error)
            reason = f"no answer came after the whole mail was handed over: {why}"
            self._fault(reason)
            self._end(job, endings.unknown(reason, at=self._now()))
            return
        if reply.accepts(Step.DOT):
            self.relay.worked()
            self._end(job, endings.sent(reply, at=self._now()))
        else:
            self._judge(job, session, Step.DOT, reply)

    def _can_take(self, job: Job, session: Session) -> bool:
        return session.terms.offers_utf8 or not job.letter.needs_utf8

    def _refused(self, job: Job, session: Session, step: Step, reply: Reply) -> None:
        if reply.is_last and self._tries_again(job, session):
            return
        self._judge(job, session, step, reply)

    def _judge(self, job: Job, session: Session, step: Step, reply: Reply) -> None:
        """End a mail that was refused, and draw what follows for the server."""
        ending = endings.refused(job.delivery, step, reply, at=self._now())
        if reply.is_throttle:
            self._round.limits.slower(self.relay.name)
        if reply.is_last:
            self._fault(f"the server closed the connection: {reply}")
        if isinstance(ending.stop, OutsideError):
            self.relay.trip(ending.stop)
            self._round.belt.shut(self.relay)
            session.drop()
            if step is Step.MAIL:
                self._give_back(job)
                return
        self._end(job, ending)

    def _lost(self, job: Job, session: Session, error: OSError) -> None:
        """Try a mail again whose connection was lost before it was begun, or put it off."""
        if session.is_suspect and self.relay.plainer(session.terms.pipelining):
            self._following = job
        elif not self._tries_again(job, session):
            reason = f"the connection was lost: {self._cut_reason or error}"
            self._fault(reason)
            self._end(job, endings.deferred(job.delivery, reason, at=self._now()))

    def _tries_again(self, job: Job, session: Session) -> bool:
        """Keep a mail for one more try where its connection had been good for others.

        Servers close a connection after so many mails or so long a pause: that is no error.
        """
        if job.is_retry or not session.was_used or self._cut_reason:
            return False
        job.is_retry = True
        self._following = job
        return True

    def _fault(self, reason: str) -> None:
        if self._cut_reason:
            return
        server = self.relay.server
        self.relay.fault(TemporaryFailure(f"the mail server {server.host}:{server.port}: {reason}"))
        if self.relay.error:
            self._round.belt.shut(self.relay)

    def _end(self, job: Job, ending: Ending) -> None:
        if self._job is job:
            self._job = None
        self._round.book.end(job.delivery, ending)

    def _give_back(self, job: Job) -> None:
        """Leave *job* to whichever server works, and retire where this one does not."""
        self._is_retired = True
        self._job = None
        self._round.limits.unused(self.relay.name)
        self._round.belt.give_back(job.delivery)
        if self.relay.error:
            self._round.belt.shut(self.relay)

    def _leave(self, *, abruptly: bool = False) -> None:
        """Close the connection: with a word of leave where it is between two mails."""
        session, self._session = self._session, None
        if session is None:
            return
        if session.is_open and not abruptly and session.is_idle:
            session.quit()
        session.drop()
        self.relay.closed()

    def _now(self) -> datetime:
        return self._round.clock()
