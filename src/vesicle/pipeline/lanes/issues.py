"""Issues at their slots: composed, watched over until they are due, sent, and told of."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.delivery import Gate
from vesicle.model.errors import OutsideError
from vesicle.model.issue import Issue, IssueStatus, Newsletter
from vesicle.model.rates import is_of_rates
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.word import Cause, Word
from vesicle.pipeline import words
from vesicle.pipeline.book import Book, Found
from vesicle.pipeline.draft import draft
from vesicle.pipeline.lanes.drafts import Drafts
from vesicle.pipeline.prepare import Prepared
from vesicle.pipeline.send import EMAIL, Dispatch, Opened, Report, open_issue, send_due
from vesicle.ports import ContentStore, Words
from vesicle.schedule.due import first_moment, is_moved, slot_of
from vesicle.schedule.plan import is_late

_LOOK_EVERY = timedelta(seconds=10)
_RECENT = timedelta(days=30)
"""How old an issue may be that is new to us: what nobody sent for longer is nobody's concern."""

_AWAY = "nothing ran when it was due"
_COMPOSE_AGAIN = timedelta(minutes=10)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CHECK_EVERY = timedelta(hours=1)
_STALE = timedelta(hours=26)  # a cap of mails a day may let a send rest for nearly a day


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDesk:
    """What issues need to be sent by themselves.

    *content* gives what the files say, None while one of them is being written; *prepared* renders and
    judges an issue of it; *zones* gives the time zones of a newsletter's readers.
    """

    newsletters: Mapping[str, Newsletter]
    content: Callable[[datetime], Content | None]
    prepared: Callable[[Issue, Content], Prepared]
    zones: Callable[[Newsletter], Collection[str]]
    store: ContentStore
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A slot with the issues that are sent at it."""

    slot: Slot
    newsletter: Newsletter
    issues: tuple[Issue, ...]


class IssueLane:
    """Sends issues. Everything that `tick` does it does again after a kill, and each thing happens once."""

    def __init__(self, book: Book, desk: IssueDesk, dispatch: Dispatch) -> None:
        self._book = book
        self._desk = desk
        self._dispatch = dispatch.beside(self._open_more)
        self._drafts = Drafts(desk.newsletters, desk.words)
        self._content = Content()
        self._ahead: Sequence[Slot] = ()
        self._looked: datetime | None = None
        self._opened_at: datetime | None = None
        self._opened: set[str] = set()
        self._checked: dict[str, datetime] = {}

    def tick(self, now: datetime) -> list[Report]:
        """Do what is due at *now*: compose, send, tell. Notices go out too, due or not."""
        found = self._look(now)
        reports = [self._composed(slot, now) for slot in found.of(Job.COMPOSE)]
        due = self._due(found, now)
        self._opened_at = now
        issues = [issue for one in due for issue in one.issues]
        self._opened = {issue.slug for issue in issues}
        sent = send_due(issues, self._prepared, self._dispatch)
        # Of a rehearsal the slots know nothing: the issue itself is still to be sent.
        if not self._dispatch.is_rehearsal:
            self._keep(due, {report.slug: report.held for report in sent if report.held})
            self._drafts.look(
                self._content, self._prepared, zones=self._zones, frozen=self._is_frozen, now=now
            )
        return [*reports, *sent]

    def _open_more(self) -> Collection[str]:
        """Open what has become due while something is being sent, and give the names of that."""
        now = self._dispatch.clock()
        if self._opened_at is not None and abs(now - self._opened_at) < _LOOK_EVERY:
            return ()
        self._opened_at = now
        due = self._due(self._look(now), now)
        new = [issue for one in due for issue in one.issues if issue.slug not in self._opened]
        self._opened |= {issue.slug for issue in new}
        opened = (open_issue(issue, self._prepared, self._dispatch) for issue in new)
        return [one.name for one in opened if isinstance(one, Opened)]

    def _look(self, now: datetime) -> Found:
        before, self._content = self._content, self._desk.content(now) or self._content
        is_back = self._looked is not None and now < self._looked
        if self._content is not before or is_back:
            # After a clock was put back, what had not been done is forgotten, and comes again.
            self._ahead = sorted(self._of_files(), key=lambda slot: slot.due)
        self._looked = now
        come = [slot for slot in self._ahead if slot.due <= now]
        self._book.add([slot for slot in come if slot.due > now - _RECENT])
        self._ahead = self._ahead[len(come) :]
        found = self._book.look(now)
        self._tell_over(found)
        self._book.settle(found.over)
        return found

    def _due(self, found: Found, now: datetime) -> list[_Due]:
        """Give what is to be sent now, and settle every slot of which nothing is."""
        due = [due for slot in found.of(Job.ISSUE) if (due := self._at(slot, now))]
        if self._dispatch.is_rehearsal:
            return due
        for one in due:
            for issue in one.issues:
                self._hold_if_stale(issue, one.newsletter, now)
        return [bound for one in due if (bound := self._bound(one, now))]

    def _bound(self, due: _Due, now: datetime) -> _Due | None:
        """Bind a slot to its issues before any of them is begun, or hold it for one that was begun before."""
        names = [self._dispatch.name(issue) for issue in due.issues]
        if self._has_other(due.slot, names, now):
            return None
        return replace(due, slot=self._book.keep(due.slot, what=", ".join(names)))

    def _has_other(self, slot: Slot, names: Sequence[str], now: datetime) -> bool:
        """Tell whether an issue that is none of *names* was begun at *slot* and not ended, and tell of it.

        An issue whose file was renamed would else go out twice, under two names.
        """
        ledger = self._dispatch.ledger
        for name in (one for one in slot.what.split(", ") if one and one not in names):
            if ledger.is_frozen(name) and ledger.gate(name) is not Gate.CANCELLED:
                why = f"{name} was begun at this time, and its file has another name or is gone: "
                why += f"put that right, or `vesicle cancel {name}`"
                self._desk.words.note([words.was_held(name, why)], now=now)
                self._book.keep(slot, why=why)
                return True
        return False

    def _hold_if_stale(self, issue: Issue, newsletter: Newsletter, now: datetime) -> None:
        """Hold an issue that was begun, where nothing was sent for so long that the rest is too late."""
        ledger, name = self._dispatch.ledger, self._dispatch.name(issue)
        if ledger.gate(name) is not Gate.OPEN:
            return
        if late := ledger.late(name, before=now - newsletter.grace):
            ledger.hold(name, f"the time of {late} readers went by while nothing was sent")
        elif abs(now - self._checked.get(name, _LONG_AGO)) > _CHECK_EVERY and ledger.is_frozen(name):
            last = ledger.last(name)
            if last is not None and now - last > max(newsletter.grace, _STALE) and EMAIL in ledger.owed(name):
                ledger.hold(name, f"nothing was sent of it since {last:%Y-%m-%d %H:%M} UTC")
            self._checked = {one: at for one, at in self._checked.items() if now - at < _STALE} | {name: now}

    def _of_files(self) -> Iterator[Slot]:
        """Yield the slots of issues by what their files say, whether a calendar says the same or not."""
        for issue in self._content.issues.values():
            newsletter = self._desk.newsletters.get(issue.newsletter)
            if newsletter and issue.status is not IssueStatus.CANCELLED:
                yield slot_of(issue, newsletter)

    def _at(self, slot: Slot, now: datetime) -> _Due | None:
        newsletter = self._desk.newsletters[slot.about]
        mine = [one for one in self._content.issues.values() if one.newsletter == newsletter.slug]
        here = [one for one in mine if slot_of(one, newsletter).due == slot.due]
        issues = tuple(one for one in here if one.status is not IssueStatus.CANCELLED)
        if not issues:
            if here or not self._has_other(slot, (), now):
                self._without_issue(slot, newsletter, here, mine, now=now)
            return None
        first = min(first_moment(one, newsletter, self._zones(newsletter)) for one in issues)
        if now < first:
            return None
        late = is_late(first, newsletter.grace, now=now)
        kept = tuple(one for one in issues if not late or self._is_frozen(one))
        for one in issues:
            if one not in kept:
                self._tell_missed(slot, newsletter, one.slug, first, send=one.slug)
        if not kept:
            self._close_missed(slot, what=", ".join(one.slug for one in issues))
            return None
        return _Due(slot=slot, newsletter=newsletter, issues=kept)

    def _without_issue(
        self,
        slot: Slot,
        newsletter: Newsletter,
        here: Sequence[Issue],
        mine: Sequence[Issue],
        *,
        now: datetime,
    ) -> None:
        if here:
            self._book.close(slot, SlotState.SKIPPED, what=here[0].slug, why="cancelled")
        elif is_moved(slot, newsletter, mine):
            self._book.close(slot, SlotState.SKIPPED, why="its issue has another time")
        elif not is_late(slot.due, newsletter.grace, now=now):
            return
        elif self._was_not_composed(slot, newsletter):
            self._book.close(slot, SlotState.SKIPPED, why="too few items were ready")
        else:
            slot = self._book.keep(slot, why=slot.why or "there is no issue for it")
            self._tell_missed(slot, newsletter, newsletter.slug, slot.due)
            self._close_missed(slot, what=newsletter.slug)

    def _was_not_composed(self, slot: Slot, newsletter: Newsletter) -> bool:
        """Tell whether there is no issue because too few items were ready, which the editor knows."""
        if not newsletter.compose_ahead:
            return False
        due = slot.due + self._book.timetables[slot.timetable].ahead - newsletter.compose_ahead
        return self._book.state_at(f"{Job.COMPOSE.value}/{newsletter.slug}", due) is SlotState.SKIPPED

    def _tell_missed(
        self, slot: Slot, newsletter: Newsletter, what: str, due: datetime, *, send: str = ""
    ) -> None:
        """Tell of it before it is written down: what is told twice is told once."""
        mend = f"`vesicle compose {newsletter.slug}` makes the next one."
        if send:
            mend = f"Give it another `due`, then `vesicle approve {send}`. While `vesicle run` is stopped, "
            mend += f"`vesicle send {send}` says how to send it now."
        word = words.was_missed(what, due, newsletter.zone, slot.why or _AWAY, mend=mend)
        self._desk.words.note([word], now=self._dispatch.clock())

    def _close_missed(self, slot: Slot, *, what: str) -> None:
        self._book.close(slot, SlotState.MISSED, what=what, why=slot.why or _AWAY)

    def _tell_over(self, found: Found) -> None:
        """Tell of a slot to compose at which nothing was done."""
        missed = [slot for slot in found.over if slot.state is SlotState.MISSED]
        told = [
            words.was_missed(
                slot.name,
                slot.due,
                self._book.timetables[slot.timetable].zone,
                slot.why or _AWAY,
                mend=f"`vesicle compose {slot.about}` makes the issue.",
            )
            for slot in missed
        ]
        if told:
            self._desk.words.note(told, now=self._dispatch.clock())

    def _keep(self, due: Iterable[_Due], held: Mapping[str, str]) -> None:
        """Note what stands in the way of each slot, and which are done."""
        for one in due:
            names = [self._dispatch.name(issue) for issue in one.issues]
            if all(self._is_finished(name) for name in names):
                self._done(one, names)
                continue
            why = "; ".join(dict.fromkeys(held[issue.slug] for issue in one.issues if issue.slug in held))
            if why != one.slot.why:
                self._tell_held(one, held)
            self._book.keep(one.slot, why=why)

    def _tell_held(self, due: _Due, held: Mapping[str, str]) -> None:
        now, ledger = self._dispatch.clock(), self._dispatch.ledger
        for issue in due.issues:
            if issue.slug not in held:
                self._desk.words.resolve(Cause.HELD, issue.slug)
                self._desk.words.resolve(Cause.RATE, issue.slug)
                continue
            why = ledger.why(self._dispatch.name(issue))
            tell = words.rate_too_high if is_of_rates(why) else words.was_held
            self._desk.words.note([tell(issue.slug, why or held[issue.slug], title=issue.subject)], now=now)

    def _done(self, due: _Due, names: Sequence[str]) -> None:
        told: list[Word] = []
        for issue, name in zip(due.issues, names, strict=True):
            self._desk.words.resolve(Cause.HELD, issue.slug)
            if self._dispatch.ledger.gate(name) is not Gate.CANCELLED:
                told.append(
                    words.was_sent(issue.slug, self._dispatch.ledger.tally(name), title=issue.subject)
                )
        self._desk.words.note(told, now=self._dispatch.clock())
        self._book.close(due.slot, SlotState.DONE, what=", ".join(names))

    def _composed(self, slot: Slot, now: datetime) -> Report:
        newsletter = self._desk.newsletters[slot.about]
        due = slot.due + self._book.timetables[slot.timetable].ahead
        try:
            made = draft(newsletter, self._desk.store, self._content, due=due, least=newsletter.min_items)
        except OutsideError as error:
            self._book.keep(slot, why=str(error), attempts=slot.attempts + 1, retry_at=now + _COMPOSE_AGAIN)
            return Report(slug=newsletter.slug, channel=EMAIL, held=str(error), has_failed=True)
        if made.is_new or made.is_there:
            self._book.close(slot, SlotState.DONE, what=made.slug)
            return Report(
                slug=made.slug, channel=EMAIL, said="composed" if made.is_new else "is there already"
            )
        items, least = len(made.items), newsletter.min_items
        word = words.was_skipped(newsletter.slug, due, newsletter.zone, items=items, least=least)
        self._desk.words.note([word], now=now)
        self._book.close(slot, SlotState.SKIPPED, why=f"{items} of at least {least} items are ready")
        return Report(
            slug=newsletter.slug, channel=EMAIL, said=f"not composed: {items} of {least} items are ready"
        )

    def _prepared(self, issue: Issue) -> Prepared:
        return self._desk.prepared(issue, self._content)

    def _zones(self, newsletter: Newsletter) -> Collection[str]:
        return self._desk.zones(newsletter) if newsletter.readers_time else ()

    def _is_frozen(self, issue: Issue) -> bool:
        return self._dispatch.ledger.is_frozen(self._dispatch.name(issue))

    def _is_finished(self, name: str) -> bool:
        """Tell whether all of it is done, but for posts that wait for slots of their own."""
        ledger, dispatch = self._dispatch.ledger, self._dispatch
        # A channel that is no longer in the settings keeps nothing open.
        waited_for = dispatch.channels.keys() - dispatch.slots
        return ledger.is_frozen(name) and not waited_for.intersection(ledger.owed(name))
