"""Issues at their slots: composed, watched over until they are due, sent, and told of."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.delivery import Gate
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

_LOOK_EVERY = timedelta(seconds=1)
_RECENT = timedelta(days=30)
"""How old an issue may be that is new to us: what nobody sent for longer is nobody's concern."""

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
        self._begun: set[str] = set()

    def tick(self, now: datetime) -> list[Report]:
        """Do what is due at *now*: compose, send, tell. Notices go out too, due or not."""
        found = self._look(now)
        reports = [self._composed(slot, now) for slot in found.of(Job.COMPOSE)]
        due = self._due(found, now)
        self._opened_at = now
        issues = [issue for one in due for issue in one.issues]
        sent = send_due(issues, self._prepared, self._dispatch)
        self._keep(due, {report.slug: report.held for report in sent if report.held})
        self._drafts.look(self._content, self._prepared, frozen=self._is_frozen, now=now)
        return [*reports, *sent]

    def _open_more(self) -> Collection[str]:
        """Open what has become due while something is being sent; give the names of all that is open."""
        now = self._dispatch.clock()
        if self._opened_at is not None and abs(now - self._opened_at) < _LOOK_EVERY:
            return ()
        self._opened_at = now
        due = self._due(self._look(now), now)
        opened = (open_issue(issue, self._prepared, self._dispatch) for one in due for issue in one.issues)
        return [one.name for one in opened if isinstance(one, Opened)]

    def _look(self, now: datetime) -> Found:
        before, self._content = self._content, self._desk.content(now) or self._content
        is_back = self._looked is not None and now < self._looked
        if self._content is not before or is_back:
            # After a clock was put back, what had not been done is forgotten, and comes again.
            self._ahead = sorted(self._of_files(), key=lambda slot: slot.due)
        self._looked = now
        come = [slot for slot in self._ahead if slot.due <= now]
        self._ahead = self._ahead[len(come) :]
        self._book.add([slot for slot in come if slot.due > now - _RECENT])
        found = self._book.look(now)
        self._tell_over(found)
        return found

    def _due(self, found: Found, now: datetime) -> list[_Due]:
        """Give what is to be sent now, and settle every slot of which nothing is."""
        due = [due for slot in found.of(Job.ISSUE) if (due := self._at(slot, now))]
        for one in due:
            for issue in one.issues:
                self._hold_if_stale(issue, one.newsletter, now)
        return due

    def _hold_if_stale(self, issue: Issue, newsletter: Newsletter, now: datetime) -> None:
        """Hold an issue that was begun, where nothing was sent for so long that the rest is too late."""
        ledger, name = self._dispatch.ledger, self._dispatch.name(issue)
        if ledger.gate(name) is not Gate.OPEN:
            return
        if late := ledger.late(name, before=now - newsletter.grace):
            ledger.hold(name, f"the time of {late} readers went by while nothing was sent")
        elif name not in self._begun:
            self._begun.add(name)
            last = ledger.last(name)
            if last is not None and now - last > max(newsletter.grace, _STALE):
                ledger.hold(name, f"nothing was sent of it since {last:%Y-%m-%d %H:%M} UTC")

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
            self._without_issue(slot, newsletter, here, mine, now=now)
            return None
        zones = self._desk.zones(newsletter) if newsletter.readers_time else ()
        first = min(first_moment(one, newsletter, zones) for one in issues)
        if now < first:
            return None
        if now - first > newsletter.grace and not any(self._is_frozen(one) for one in issues):
            self._missed(slot, newsletter, issues[0].slug, first)
            return None
        return _Due(slot=slot, newsletter=newsletter, issues=issues)

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
        elif now - slot.due > newsletter.grace:
            slot = self._book.keep(slot, why=slot.why or "there is no issue for it")
            self._missed(slot, newsletter, newsletter.slug, slot.due)

    def _missed(self, slot: Slot, newsletter: Newsletter, what: str, due: datetime) -> None:
        why = slot.why or "nothing ran when it was due"
        if self._book.close(slot, SlotState.MISSED, what=what, why=why):
            self._desk.words.note(
                [words.was_missed(what, due, newsletter.zone, why)], now=self._dispatch.clock()
            )

    def _tell_over(self, found: Found) -> None:
        """Tell of a slot to compose at which nothing was done."""
        missed = [slot for slot in found.over if slot.state is SlotState.MISSED]
        told = [
            words.was_missed(
                slot.name, slot.due, self._book.timetables[slot.name].zone, slot.why or "nothing ran"
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
            changed = self._book.keep(one.slot, what=", ".join(names), why=why)
            if changed.why != one.slot.why:
                self._tell_held(one, held)

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
        if not self._book.close(due.slot, SlotState.DONE, what=", ".join(names)):
            return
        told: list[Word] = []
        for issue, name in zip(due.issues, names, strict=True):
            self._desk.words.resolve(Cause.HELD, issue.slug)
            if self._dispatch.ledger.gate(name) is not Gate.CANCELLED:
                told.append(
                    words.was_sent(issue.slug, self._dispatch.ledger.tally(name), title=issue.subject)
                )
        self._desk.words.note(told, now=self._dispatch.clock())

    def _composed(self, slot: Slot, now: datetime) -> Report:
        newsletter = self._desk.newsletters[slot.about]
        due = slot.due + self._book.timetables[slot.name].ahead
        made = draft(newsletter, self._desk.store, self._content, due=due, least=newsletter.min_items)
        if made.is_new or made.is_there:
            self._book.close(slot, SlotState.DONE, what=made.slug)
            return Report(
                slug=made.slug, channel=EMAIL, said="composed" if made.is_new else "is there already"
            )
        items, least = len(made.items), newsletter.min_items
        self._book.close(slot, SlotState.SKIPPED, why=f"{items} of at least {least} items are ready")
        word = words.was_skipped(newsletter.slug, due, newsletter.zone, items=items, least=least)
        self._desk.words.note([word], now=now)
        return Report(
            slug=newsletter.slug, channel=EMAIL, said=f"not composed: {items} of {least} items are ready"
        )

    def _prepared(self, issue: Issue) -> Prepared:
        return self._desk.prepared(issue, self._content)

    def _is_frozen(self, issue: Issue) -> bool:
        return self._dispatch.ledger.is_frozen(self._dispatch.name(issue))

    def _is_finished(self, name: str) -> bool:
        """Tell whether all of it is done, but for posts that wait for slots of their own."""
        ledger = self._dispatch.ledger
        return ledger.is_frozen(name) and not set(ledger.owed(name)) - self._dispatch.slots
