"""Posts at the slots of their channels: the next that waits, a pinned one, or an evergreen explainer."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from vesicle.model.content import Content
from vesicle.model.delivery import Frozen, State
from vesicle.model.errors import UserError
from vesicle.model.issue import IssueStatus
from vesicle.model.item import Item, Kind, Status
from vesicle.model.message import Message
from vesicle.model.slot import Job, Slot, SlotState
from vesicle.model.word import Word
from vesicle.pipeline import words
from vesicle.pipeline.book import Book, Found
from vesicle.pipeline.send import Dispatch, Report, send_post
from vesicle.ports import Posts, WaitingPost, Words

_AGAIN = timedelta(minutes=5)
_NOTHING = "nothing waits"
_TAKEN_BACK = "the post was given another time, or held"
_EVERGREEN = "evergreen-"
_DOUBTFUL = "the database was put back after it, and does not know what went out"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDesk:
    """What posts need to be published by themselves.

    *rests* gives for each channel how long an explainer rests before it is posted there again; one that is
    not there never is. *content* gives what the files say, None while one of them is being written;
    *rendered* renders an item for a channel; *obstacle* says why an item may not go out today, as when its
    paper was retracted since; *hold* holds a post until a person lets it go on; *reason* says why one did
    not go out, or who has to do what; *count* asks how posts were taken, when it is time. Where the database
    is a copy that was put back *doubtful_until* then (UTC), slots before that may have been used.
    """

    posts: Posts
    rests: Mapping[str, timedelta]
    content: Callable[[datetime], Content | None]
    rendered: Callable[[Item, str, Content], Message]
    obstacle: Callable[[str, Content], str]
    hold: Callable[[str], None]
    words: Words
    doubtful_until: datetime | None = None
    reason: Callable[[str], str] = lambda slug: ""
    count: Callable[[datetime], None] = lambda now: None


class PostLane:
    """Publishes posts. A slot is bound to its post before that is sent, so that a kill changes nothing."""

    def __init__(self, book: Book, desk: PostDesk, dispatch: Dispatch) -> None:
        self._book = book
        self._desk = desk
        self._dispatch = dispatch
        self._rests_until: datetime | None = None

    def tick(self, now: datetime) -> list[Report]:
        """Publish what is due at *now*; in a rehearsal nothing is."""
        if self._dispatch.is_rehearsal:
            return []
        reports = [*self._by_hand(now), *(self._at_slots(now) if self._book.timetables else ())]
        self._desk.count(now)
        return reports

    def _at_slots(self, now: datetime) -> list[Report]:
        content = self._desk.content(now)
        if content is None:
            return []
        pinned = self._desk.posts.pinned(until=now)
        self._book.add([slot for post in pinned if (slot := self._pin(post))])
        self._close_done(now)
        found = self._book.look(now)
        self._tell_over(found, now)
        self._book.settle(found.over)
        reports: list[Report] = []
        for slot in found.ready:
            bound = self._bound(slot, content, now)
            reports += [self._published(bound, now)] if bound else []
        return reports

    def _by_hand(self, now: datetime) -> list[Report]:
        """Go on with what a person began to publish by `vesicle post` and the outside world kept back."""
        if self._rests_until is not None and now < self._rests_until:
            return []
        reports = [self._sent(post.slug, post.channel) for post in self._desk.posts.by_hand()]
        self._rests_until = now + _AGAIN if any(report.has_failed for report in reports) else None
        return reports

    def _sent(self, slug: str, channel: str) -> Report:
        failure = send_post(slug, channel, self._dispatch)
        tally = self._dispatch.ledger.tally(slug)
        return Report(slug=slug, channel=channel, tally=tally, held=failure, has_failed=bool(failure))

    def _pin(self, post: WaitingPost) -> Slot | None:
        is_due = post.pinned is not None and not post.is_held
        name = f"{Job.PIN.value}/{post.channel}"
        if not is_due or post.pinned is None or name not in self._book.timetables:
            return None
        # Several may be pinned to one moment.
        return Slot(name=f"{name}#{post.slug}", due=post.pinned, what=post.slug)

    def _bound(self, slot: Slot, content: Content, now: datetime) -> Slot | None:
        """Bind *slot* to the post that goes out at it, the same after a kill; None where there is none."""
        waiting = {post.slug: post for post in self._desk.posts.waiting(slot.about)}
        known = waiting.get(slot.what)
        if slot.what and not _is_taken_back(slot, known):
            return None if known and self._is_held(known, content, now) else slot
        if slot.job is Job.PIN:
            self._book.close(slot, SlotState.SKIPPED, why=_TAKEN_BACK)
            return None
        if self._desk.doubtful_until is not None and slot.due <= self._desk.doubtful_until:
            self._book.close(slot, SlotState.SKIPPED, why=_DOUBTFUL)
            return None
        slot = self._book.keep(slot, what="")
        free = (post for post in waiting.values() if _is_in_turn(post) and _is_wanted(post, content))
        slug = next((post.slug for post in free if not self._is_held(post, content, now)), "")
        slug = slug or self._evergreen(slot, content, now)
        if slug:
            return self._book.bind(slot, slug)
        self._book.close(slot, SlotState.SKIPPED, why=_NOTHING)
        return None

    def _is_held(self, post: WaitingPost, content: Content, now: datetime) -> bool:
        """Hold a post that may not go out as things stand today, and tell of it."""
        why = self._desk.obstacle(post.item, content)
        if why:
            self._desk.words.note([words.was_held(post.slug, why)], now=now)
            self._desk.hold(post.slug)
        return bool(why)

    def _evergreen(self, slot: Slot, content: Content, now: datetime) -> str:
        """Freeze the post of the explainer that rested longest on the channel, and give its slug.

        Only what went out with an issue before, which a person approved, and reads the same today.
        """
        rest = self._desk.rests.get(slot.about)
        if rest is None:
            return ""
        names = {item.slug for item in content.items.values() if _is_evergreen(item)}
        last = self._desk.posts.last(slot.about, names)
        for name, one in sorted(last.items(), key=lambda pair: pair[1].at):
            item = content.items.get((name, one.message.lang))
            if item is None or not _is_evergreen(item) or now - one.at < rest:
                continue
            if self._desk.obstacle(name, content):
                continue
            if self._desk.rendered(item, slot.about, content) == one.message:
                return self._frozen(slot, one.message)
        return ""

    def _frozen(self, slot: Slot, message: Message) -> str:
        slug = f"{_EVERGREEN}{slot.due:%Y%m%d-%H%M}/{message.slug}/{slot.about}"
        frozen = Frozen(
            slug=slug,
            channel=slot.about,
            hash=f"evergreen:{message.slug}",
            messages={message.lang: message},
            policy=self._dispatch.policy(slot.about),
        )
        self._dispatch.ledger.freeze(frozen, None)
        return slug

    def _published(self, slot: Slot, now: datetime) -> Report:
        report = self._sent(slot.what, slot.about)
        if not self._dispatch.ledger.owed(slot.what):
            self._tell_ending(slot.what, now)
            self._book.close(slot, SlotState.DONE)
        else:
            why = report.held or "it could not be delivered yet"
            self._book.keep(slot, what=slot.what, why=why, attempts=slot.attempts + 1, retry_at=now + _AGAIN)
        return report

    def _close_done(self, now: datetime) -> None:
        """Close what a kill left open although its post is out, however late that is seen."""
        ledger = self._dispatch.ledger
        for slot in self._book.waiting():
            if slot.what and ledger.is_frozen(slot.what) and not ledger.owed(slot.what):
                self._tell_ending(slot.what, now)
                self._book.close(slot, SlotState.DONE)

    def _tell_ending(self, slug: str, now: datetime) -> None:
        """Tell of a post that did not go out, or of which nobody knows."""
        tally = self._dispatch.ledger.tally(slug)
        if tally[State.FAILED] or tally[State.UNKNOWN]:
            why = "the channel refused it" if tally[State.FAILED] else "it is not known whether it went out"
            self._desk.words.note([words.post_failed(slug, self._desk.reason(slug) or why)], now=now)

    def _tell_over(self, found: Found, now: datetime) -> None:
        missed = [slot for slot in found.over if slot.state is SlotState.MISSED]
        self._desk.words.note([self._missed(slot) for slot in missed], now=now)
        for slot in missed:
            if slot.job is Job.PIN:
                # Its time was a person's wish: when it is to go out now is theirs to say. One that was
                # cancelled or went out meanwhile is no concern of anybody.
                with suppress(UserError):
                    self._desk.posts.pin(slot.what, None)
                    self._desk.hold(slot.what)

    def _missed(self, slot: Slot) -> Word:
        zone = self._book.timetables[slot.timetable].zone
        mend = "The post waits for the next slot; `vesicle posts` shows them all."
        if slot.job is Job.PIN:
            mend = f"It is held. `vesicle posts pin {slot.what} --at …` or `vesicle resume {slot.what}`."
        why = slot.why or "nothing ran when it was due"
        return words.was_missed(slot.what or slot.timetable, slot.due, zone, why, mend=mend)


def _is_in_turn(post: WaitingPost) -> bool:
    return post.pinned is None and not post.is_held


def _is_wanted(post: WaitingPost, content: Content) -> bool:
    """Tell whether the issue of a post has its file, and was not cancelled in it."""
    name = post.slug.partition("/")[0]
    issue = content.issues.get(name)
    return name.startswith(_EVERGREEN) or (issue is not None and issue.status is not IssueStatus.CANCELLED)


def _is_taken_back(slot: Slot, waiting: WaitingPost | None) -> bool:
    """Tell whether a person has pinned, freed or held the post of *slot* since; what is in hand stays."""
    if waiting is None:
        return False
    if slot.job is Job.PIN:
        return waiting.is_held or waiting.pinned != slot.due
    return not _is_in_turn(waiting)


def _is_evergreen(item: Item) -> bool:
    return item.kind is Kind.EXPLAINER and item.status is Status.READY
